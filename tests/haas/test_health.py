"""The health of a process: live, ready, and why it is not ready."""

import asyncio
import os
import socket
import stat
from pathlib import Path

import pytest

from haas.health import LIVE, READY, NotReady, ask_health, health_listener, process_at


async def met() -> None:
    """A check whose condition is met."""


async def unmet() -> None:
    raise NotReady("the broker does not answer")


async def broken() -> None:
    raise ConnectionError("postgresql://u:very-secret@h/d")


async def test_a_process_is_live_although_it_is_not_ready(tmp_path: Path) -> None:
    address = f"unix:{tmp_path / 'health'}"
    async with health_listener(address, {"database": met, "broker": unmet, "other": broken}):
        assert stat.S_IMODE((tmp_path / "health").stat().st_mode) == 0o600
        assert await ask_health(address, LIVE) == (200, {"status": "live"})
        failed = {"broker": "the broker does not answer", "other": "ConnectionError"}
        assert await ask_health(address, READY) == (503, {"status": "not ready", "failed": failed})
        assert (await ask_health(address, "/token"))[0] == 404
    assert not (tmp_path / "health").exists()
    with pytest.raises(OSError, match="No such file"):
        await ask_health(address, LIVE)


async def test_a_process_is_ready_if_the_conditions_of_all_checks_are_met(tmp_path: Path) -> None:
    address = f"unix:{tmp_path / 'health'}"
    (tmp_path / "health").touch()  # left over from a process that was killed
    async with health_listener(address, {"database": met}):
        assert await ask_health(address, READY) == (200, {"status": "ready"})


async def test_a_failure_is_logged_once_and_again_after_it_was_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    address, failing = f"unix:{tmp_path / 'health'}", [unmet]

    async def check() -> None:
        for each in failing:
            await each()

    async with health_listener(address, {"broker": check}):
        for _ in range(3):
            assert (await ask_health(address, READY))[0] == 503
        assert [record.message for record in caplog.records] == ["health.not_ready"]
        failing.clear()
        assert (await ask_health(address, READY))[0] == 200
        failing.append(unmet)
        assert (await ask_health(address, READY))[0] == 503
    assert [record.message for record in caplog.records] == ["health.not_ready"] * 2


async def test_the_process_at_an_address_is_known(tmp_path: Path) -> None:
    async with health_listener(f"unix:{tmp_path / 'health'}", {}):
        assert process_at(f"unix:{tmp_path / 'health'}") == os.getpid()
    with pytest.raises(FileNotFoundError):
        process_at(f"unix:{tmp_path / 'health'}")
    with pytest.raises(ValueError, match="only a unix socket"):
        process_at("127.0.0.1:1")


async def test_a_process_is_not_ready_if_a_check_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("haas.health.SECONDS_FOR_CHECKS", 0.05)
    address = f"unix:{tmp_path / 'health'}"
    async with health_listener(address, {"database": asyncio.Event().wait}):
        assert (await ask_health(address, READY))[0] == 503


async def test_the_health_can_be_served_at_a_port_of_this_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    async with health_listener(address, {}):
        assert await ask_health(address, READY) == (200, {"status": "ready"})


async def test_without_an_address_nothing_listens() -> None:
    async with health_listener(None, {}):
        pass


async def test_bytes_that_are_not_a_request_do_not_end_the_listener(tmp_path: Path) -> None:
    path = tmp_path / "health"
    async with health_listener(f"unix:{path}", {}):
        for sent in (b"", b"\r\n", b"x" * 100_000):
            _, writer = await asyncio.open_unix_connection(path)
            writer.write(sent)
            writer.close()
        assert (await ask_health(f"unix:{path}", LIVE))[0] == 200
