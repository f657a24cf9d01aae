"""Answers in memory: for a short time, up to a number of bytes, and loaded once for all calls that wait."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from haas.clock import MovableClock
from tenants.aemo.answer_cache import SECONDS, AnswerCache

Load = Callable[[], Awaitable[tuple[str, int]]]


def loading(value: str, size: int = 1) -> Load:
    async def load() -> tuple[str, int]:
        return value, size

    return load


async def test_a_value_is_kept_for_minutes_only(own_clock: MovableClock) -> None:
    """C-N12, K-42: the expiry is the deletion."""
    cache: AnswerCache[str] = AnswerCache(own_clock)
    assert await cache.get("k", loading("first")) == "first"
    own_clock.move(timedelta(seconds=SECONDS - 1))
    assert await cache.get("k", loading("second")) == "first"
    own_clock.move(timedelta(seconds=2))
    assert cache.peek("k") is None
    assert cache.size == 0
    assert await cache.get("k", loading("second")) == "second"


async def test_expired_values_are_deleted_although_nobody_asks_for_them_again(own_clock: MovableClock) -> None:
    """K-42: a timer runs while there are values, and only then."""
    cache: AnswerCache[str] = AnswerCache(own_clock)
    assert cache._timer is None
    for key in range(3):
        await cache.get(key, loading("x", 1_000))
    first = cache._timer
    assert first is not None
    assert first.when() - asyncio.get_running_loop().time() <= SECONDS
    own_clock.move(timedelta(seconds=SECONDS / 2))
    await cache.get("later", loading("y", 1_000))
    own_clock.move(timedelta(seconds=SECONDS / 2 + 1))
    cache.expire()
    assert list(cache._entries) == ["later"]
    assert cache._timer is not None
    own_clock.move(timedelta(seconds=SECONDS))
    cache.expire()
    assert (cache._entries, cache.size, cache._timer) == ({}, 0, None)
    first.cancel()
    await cache.get("last", loading("z"))
    await cache.close()
    assert cache._timer is None


async def test_the_memory_is_bounded_and_the_least_recently_used_value_is_dropped(own_clock: MovableClock) -> None:
    cache: AnswerCache[str] = AnswerCache(own_clock, maximum_bytes=10_000)
    for key in range(3):
        await cache.get(key, loading(str(key), 3_000))
        assert cache.peek(0) == "0"
    assert await cache.get("large", loading("large", 4_000)) == "large"
    assert cache.peek(0) == "0"
    assert cache.peek(1) is None
    assert cache.size <= 10_000
    assert await cache.get("too large", loading("too large", 20_000)) == "too large"
    assert cache.peek("too large") is None
    assert cache.peek(0) == "0"


async def test_calls_for_the_same_key_wait_for_one_load(own_clock: MovableClock) -> None:
    cache: AnswerCache[str] = AnswerCache(own_clock)
    begun, release, loads = asyncio.Event(), asyncio.Event(), []

    async def load() -> tuple[str, int]:
        loads.append(1)
        begun.set()
        await release.wait()
        return "value", 1

    first, second = (asyncio.create_task(cache.get("k", load)) for _ in range(2))
    await begun.wait()
    assert cache.is_loading("k")
    first.cancel()  # the call that began the load is gone; the other one still gets the value
    release.set()
    assert await second == "value"
    assert (len(loads), cache.is_loading("k")) == (1, False)
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_an_error_is_raised_for_every_call_and_is_not_kept(own_clock: MovableClock) -> None:
    cache: AnswerCache[str] = AnswerCache(own_clock)

    async def fail() -> tuple[str, int]:
        raise ValueError("no")

    found = await asyncio.gather(*(cache.get("k", fail) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in found] == [ValueError] * 3
    assert await cache.get("k", loading("value")) == "value"


async def test_closing_cancels_the_loads(own_clock: MovableClock) -> None:
    cache: AnswerCache[str] = AnswerCache(own_clock)
    begun = asyncio.Event()

    async def wait() -> tuple[str, int]:
        begun.set()
        await asyncio.Event().wait()
        return "never", 1

    waiting = asyncio.create_task(cache.get("k", wait))
    await begun.wait()
    await cache.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
