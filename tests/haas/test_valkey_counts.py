"""Valkey as the store of shared limits: losing it is logged once, and calls do not wait for it."""

import asyncio
from pathlib import Path

import pytest

from haas.shared_limits import Asked, CountLimit, NotShared
from haas.valkey_counts import ValkeyCounts
from tests.support.own_valkey import own_valkey

LIMIT = CountLimit("customer", ("one",), 10, 0.0, 3600.0)


async def ask(counts: ValkeyCounts) -> bool:
    """Ask about one call; return whether the server has answered."""
    try:
        await counts.ask([Asked(LIMIT, 0)], 0.0)
    except NotShared:
        return False
    return True


async def test_a_server_that_is_not_there_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    counts = ValkeyCounts("redis://:secret@127.0.0.1:1/0")
    assert not any([await ask(counts) for _ in range(5)])
    await counts.close()
    assert [record.message for record in caplog.records] == ["limits.not_shared"]
    assert "secret" not in caplog.text


async def test_a_killed_server_is_used_again_when_it_is_back(
    state_folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with own_valkey(state_folder / "counts") as server:
        counts = ValkeyCounts(server.url, seconds=30)
        assert await ask(counts)
    monkeypatch.setattr("haas.valkey_counts.SECONDS_BETWEEN_TRIES", 0.0)
    assert not any([await ask(counts) for _ in range(2)])
    async with own_valkey(state_folder / "counts"):
        assert await ask(counts), "a new server does not know the script yet"
    await counts.close()
    assert [record.message for record in caplog.records] == ["limits.not_shared", "limits.shared_again"]
    assert caplog.records[1].__dict__["calls"] == 2


async def test_a_server_that_does_not_answer_is_tried_by_one_call_in_some_time(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = 0

    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.read()
        writer.close()

    server = await asyncio.start_server(nothing, "127.0.0.1", 0)
    counts = ValkeyCounts(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    monkeypatch.setattr("haas.valkey_counts.SECONDS_BETWEEN_TRIES", 3600.0)
    assert not any([await ask(counts) for _ in range(50)])
    assert connections <= 2, "the first call, which may connect again once"
    await counts.close()
    server.close()
    await server.wait_closed()
    assert [record.message for record in caplog.records] == ["limits.not_shared"]
