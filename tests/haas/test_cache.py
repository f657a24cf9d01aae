"""Cached values: how long they are used, how many are stored, and how often they are loaded."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from haas.cache import CachedValue, CacheLimits, TimedCache
from haas.clock import MovableClock
from haas.errors import HaasError, Unavailable

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
LIMITS = CacheLimits(fresh_for=MINUTE)
WITH_INTERVALS = CacheLimits(
    fresh_for=MINUTE,
    usable_for=60 * MINUTE,
    reload_after=5 * SECOND,
    retry_after=10 * SECOND,
    first_retry_after=2 * SECOND,
)


class Source:
    """Counts its loads. Each load waits until `gate` is set; then it returns its number, or raises `error`."""

    def __init__(self) -> None:
        self.loads = 0
        self.last: list[int | None] = []
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self, last: int | None) -> int:
        self.loads += 1
        number = self.loads
        self.last.append(last)
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return number


@pytest.fixture
def clock(tmp_path: Path) -> MovableClock:
    return MovableClock(tmp_path / "clock")


@pytest.fixture
def source() -> Source:
    return Source()


def wants(number: int) -> Callable[[int], bool]:
    return lambda value: value >= number


async def until_waiting(*tasks: "asyncio.Task[int]") -> None:
    """Let every task run until it waits for something."""
    for _ in range(10):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


async def test_a_value_is_loaded_again_when_it_is_no_longer_fresh(clock: MovableClock, source: Source) -> None:
    value: CachedValue[int] = CachedValue(clock, LIMITS)
    assert value.fresh() is None
    assert await value.get(source.load) == 1
    clock.move(MINUTE - SECOND)
    assert (value.fresh(), await value.get(source.load)) == (1, 1)
    clock.move(SECOND)
    assert value.fresh() is None
    assert await value.get(source.load) == 2
    assert source.last == [None, 1], "a load receives the last value"


async def test_a_value_is_loaded_again_after_the_clock_was_moved_back(clock: MovableClock, source: Source) -> None:
    for limits in (LIMITS, WITH_INTERVALS):
        value: CachedValue[int] = CachedValue(clock, limits)
        first = await value.get(source.load)
        clock.move(-SECOND)
        assert value.fresh() is None
        assert await value.get(source.load) == first + 1


async def test_concurrent_callers_share_one_load(clock: MovableClock, source: Source) -> None:
    cache: TimedCache[str, int] = TimedCache(clock, LIMITS, maximum=10)
    source.gate.clear()
    tasks = [asyncio.create_task(cache.get("key", source.load)) for _ in range(20)]
    await until_waiting(*tasks)
    assert source.loads == 1
    source.gate.set()
    assert await asyncio.gather(*tasks) == [1] * 20
    assert source.loads == 1


async def test_loads_of_different_keys_do_not_wait_for_each_other(clock: MovableClock, source: Source) -> None:
    cache: TimedCache[str, int] = TimedCache(clock, LIMITS, maximum=10)
    source.gate.clear()
    held_up = asyncio.create_task(cache.get("one", source.load))
    await until_waiting(held_up)
    assert await cache.get("other", Source().load) == 1
    source.gate.set()
    assert await held_up == 1


async def test_after_a_cancelled_load_the_next_caller_loads(clock: MovableClock, source: Source) -> None:
    cache: TimedCache[str, int] = TimedCache(clock, WITH_INTERVALS, maximum=10)
    source.gate.clear()
    first, second = (asyncio.create_task(cache.get("key", source.load)) for _ in range(2))
    await until_waiting(first, second)
    source.gate.set()
    first.cancel()
    assert await second == 2
    assert first.cancelled()


async def test_a_value_that_is_not_accepted_is_loaded_again(clock: MovableClock, source: Source) -> None:
    value: CachedValue[int] = CachedValue(clock, LIMITS)
    assert await value.get(source.load) == 1
    assert await value.get(source.load, wants(1)) == 1
    assert await value.get(source.load, wants(2)) == 2
    assert await value.get(source.load, wants(9)) == 3, "the source has no other value"


async def test_concurrent_callers_who_do_not_accept_a_value_share_the_next_load(
    clock: MovableClock, source: Source
) -> None:
    """A load that already runs may have read the source before a change; a load that starts later has not."""
    value: CachedValue[int] = CachedValue(clock, LIMITS)
    source.gate.clear()
    tasks = [asyncio.create_task(value.get(source.load, wants(9))) for _ in range(20)]
    await until_waiting(*tasks)
    source.gate.set()
    assert await asyncio.gather(*tasks) == [1] + [2] * 19
    assert source.loads == 2


async def test_a_value_that_is_not_accepted_is_not_loaded_again_before_reload_after(
    clock: MovableClock, source: Source
) -> None:
    value: CachedValue[int] = CachedValue(clock, WITH_INTERVALS)
    assert await value.get(source.load) == 1
    for _ in range(5):
        assert await value.get(source.load, wants(9)) == 1
    clock.move(WITH_INTERVALS.reload_after)
    assert await value.get(source.load, wants(9)) == 2


async def test_a_value_is_used_until_usable_for_while_its_source_is_unavailable(
    clock: MovableClock, source: Source
) -> None:
    value: CachedValue[int] = CachedValue(clock, WITH_INTERVALS)
    await value.get(source.load)
    source.error = Unavailable("away")
    clock.move(MINUTE)
    for _ in range(5):
        assert await value.get(source.load) == 1
    assert source.loads == 2, "the source is not asked again before `retry_after`"
    clock.move(WITH_INTERVALS.retry_after)
    assert await value.get(source.load) == 1
    assert source.loads == 3
    clock.move(60 * MINUTE - MINUTE - WITH_INTERVALS.retry_after)
    with pytest.raises(Unavailable, match="away"):
        await value.get(source.load)
    source.error = None
    clock.move(WITH_INTERVALS.retry_after)
    assert await value.get(source.load) == 5


async def test_without_usable_for_only_a_fresh_value_is_returned(clock: MovableClock, source: Source) -> None:
    value: CachedValue[int] = CachedValue(clock, LIMITS)
    await value.get(source.load)
    source.error = Unavailable("away")
    with pytest.raises(Unavailable):
        await value.get(source.load, wants(2))
    assert await value.get(source.load) == 1, "still fresh"
    for move in (MINUTE, -2 * MINUTE):
        clock.move(move)
        with pytest.raises(Unavailable, match="away"):
            await value.get(source.load)


async def test_a_source_that_never_answered_is_asked_again_after_first_retry_after(
    clock: MovableClock, source: Source
) -> None:
    cache: TimedCache[str, int] = TimedCache(clock, WITH_INTERVALS, maximum=10)
    source.error = Unavailable("away")
    for _ in range(5):
        with pytest.raises(Unavailable, match="away"):
            await cache.get("key", source.load)
    assert source.loads == 1
    source.error = None
    clock.move(WITH_INTERVALS.first_retry_after)
    assert await cache.get("key", source.load) == 2


@pytest.mark.parametrize("limits", [LIMITS, WITH_INTERVALS], ids=["without intervals", "with intervals"])
async def test_concurrent_callers_share_one_failure(clock: MovableClock, source: Source, limits: CacheLimits) -> None:
    """A failing load takes as long as its time-out, so callers must not wait for one load after the other."""
    cache: TimedCache[str, int] = TimedCache(clock, limits, maximum=10)
    source.error = Unavailable("away")
    source.gate.clear()
    tasks = [asyncio.create_task(cache.get("key", source.load)) for _ in range(20)]
    await until_waiting(*tasks)
    source.gate.set()
    failures = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(failure) for failure in failures] == ["away"] * 20
    assert source.loads == 1


async def test_an_error_other_than_unavailable_is_raised_and_not_cached(clock: MovableClock, source: Source) -> None:
    cache: TimedCache[str, int] = TimedCache(clock, WITH_INTERVALS, maximum=1)
    assert await cache.get("real", source.load) == 1
    source.error = HaasError("there is no such thing")
    for name in ("invented", "made up", "invented"):
        with pytest.raises(HaasError, match="no such thing"):
            await cache.get(name, source.load)
    assert source.loads == 4
    assert cache.fresh("real") == 1, "a key without a value does not count towards the maximum"


async def test_the_oldest_key_is_removed_above_the_maximum(clock: MovableClock, source: Source) -> None:
    cache: TimedCache[str, int] = TimedCache(clock, LIMITS, maximum=2)
    for name in "abca":
        await cache.get(name, source.load)
    assert source.loads == 4
    assert [cache.fresh(name) for name in "abc"] == [4, None, 3]


async def test_a_forgotten_key_is_loaded_again(clock: MovableClock, source: Source) -> None:
    cache: TimedCache[str, int] = TimedCache(clock, LIMITS, maximum=2)
    await cache.get("key", source.load)
    cache.forget("key")
    cache.forget("unknown")
    assert cache.fresh("key") is None
    assert await cache.get("key", source.load) == 2


async def test_a_load_that_runs_while_its_key_is_forgotten_is_not_cached(clock: MovableClock, source: Source) -> None:
    cache: TimedCache[str, int] = TimedCache(clock, LIMITS, maximum=2)
    source.gate.clear()
    before = asyncio.create_task(cache.get("key", source.load))
    await until_waiting(before)
    cache.forget("key")
    source.gate.set()
    assert await before == 1
    assert cache.fresh("key") is None
    assert await cache.get("key", source.load) == 2


async def test_a_value_with_an_unchanged_revision_is_not_read_again(clock: MovableClock) -> None:
    """The load first reads the revision, and it reads the value only if the revision has changed."""
    value: CachedValue[tuple[int, object]] = CachedValue(clock, LIMITS)
    revision = 1

    async def load(last: tuple[int, object] | None) -> tuple[int, object]:
        return last if last is not None and last[0] == revision else (revision, object())

    first = await value.get(load)
    clock.move(MINUTE)
    assert await value.get(load) is first
    clock.move(MINUTE)
    revision = 2
    second = await value.get(load)
    assert second[0] == 2
    assert value.fresh() is second


WITH_PATIENCE = CacheLimits(fresh_for=SECOND, usable_for=timedelta.max, retry_after=SECOND, patience=timedelta(0))


async def test_the_last_value_is_returned_while_a_load_takes_longer_than_the_patience(
    clock: MovableClock, source: Source
) -> None:
    value: CachedValue[int] = CachedValue(clock, WITH_PATIENCE)
    assert await value.get(source.load) == 1
    clock.move(SECOND)
    source.gate.clear()
    assert [await value.get(source.load) for _ in range(3)] == [1, 1, 1]
    assert source.loads == 2, "one load runs, for all callers"
    source.gate.set()
    await until_waiting()
    assert (await value.get(source.load), source.loads) == (2, 2)


async def test_a_caller_with_patience_gets_the_new_value(clock: MovableClock, source: Source) -> None:
    value: CachedValue[int] = CachedValue(clock, msgspec.structs.replace(WITH_PATIENCE, patience=MINUTE))
    assert await value.get(source.load) == 1
    clock.move(SECOND)
    assert await value.get(source.load) == 2


async def test_after_a_failed_load_the_last_value_is_returned_at_once(clock: MovableClock, source: Source) -> None:
    value: CachedValue[int] = CachedValue(clock, msgspec.structs.replace(WITH_PATIENCE, patience=MINUTE))
    assert await value.get(source.load) == 1
    clock.move(SECOND)
    source.error = Unavailable("away")
    assert await value.get(source.load) == 1
    clock.move(SECOND)
    source.gate.clear()
    assert await value.get(source.load) == 1, "it does not wait for the load"
    source.error = None
    source.gate.set()
    await until_waiting()
    assert await value.get(source.load) == 3


async def test_patience_is_only_for_a_value_that_the_caller_can_use(clock: MovableClock, source: Source) -> None:
    value: CachedValue[int] = CachedValue(clock, WITH_PATIENCE)
    assert await value.get(source.load) == 1
    clock.move(SECOND)
    assert await value.get(source.load, wants(2)) == 2


async def test_an_unexpected_error_of_a_load_is_raised_to_callers_with_patience(
    clock: MovableClock, source: Source
) -> None:
    value: CachedValue[int] = CachedValue(clock, msgspec.structs.replace(WITH_PATIENCE, patience=MINUTE))
    assert await value.get(source.load) == 1
    clock.move(SECOND)
    source.error = HaasError("broken")
    with pytest.raises(HaasError, match="broken"):
        await value.get(source.load)
    source.error = None
    assert await value.get(source.load) == 3
