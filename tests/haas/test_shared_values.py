"""Values that several processes change through a real Valkey."""

import asyncio
from itertools import count
from uuid import uuid4

import pytest
import redis

import haas.shared_values
from haas.shared_values import NAMESPACE, TRIES, SharedValues


def _next(stored: bytes | None) -> bytes:
    return str(int(stored or b"0") + 1).encode()


async def test_no_change_of_several_processes_is_lost(valkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(haas.shared_values, "TRIES", 1_000)
    key, processes = uuid4().hex, [SharedValues(valkey) for _ in range(3)]
    assert all(await asyncio.gather(*(each.update(key, _next) for each in processes for _ in range(20))))
    seen: list[bytes | None] = []

    def look(stored: bytes | None) -> bytes:
        seen.append(stored)
        return stored or b"0"

    assert await processes[0].update(key, look)
    assert seen == [b"60"]
    for each in processes:
        await each.close()


async def test_a_change_that_always_comes_too_late_is_given_up(valkey: str, caplog: pytest.LogCaptureFixture) -> None:
    key, shared, numbers = uuid4().hex, SharedValues(valkey), count()
    with redis.Redis.from_url(valkey) as other:

        def change(_: bytes | None) -> bytes:
            other.set(NAMESPACE + key, next(numbers))
            return b"mine"

        assert not await shared.update(key, change)
        assert other.get(NAMESPACE + key) != b"mine"
    assert next(numbers) == TRIES
    assert caplog.messages == ["shared_values.lost"]
    await shared.close()


async def test_a_server_that_does_not_answer_is_logged_once_and_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    shared, asked = SharedValues("redis://user:secret@127.0.0.1:1/0"), list[bytes | None]()

    def change(stored: bytes | None) -> bytes:
        asked.append(stored)
        return b"x"

    for _ in range(3):
        assert not await shared.update("k", change)
    assert caplog.messages == ["shared_values.lost"]
    assert "secret" not in caplog.text
    assert asked == []
    await shared.close()


async def test_without_a_server_nothing_is_shared() -> None:
    assert not await SharedValues(None).update("k", _next)
