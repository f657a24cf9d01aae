"""Limits that processes share: counted in memory, and in Valkey past half of a process's share."""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
import redis.asyncio

from haas.clock import MovableClock
from haas.shared_limits import Asked, CountLimit, EventLimit, Limit, LimitExceeded, NotShared, Refusal, SharedLimits
from haas.valkey_counts import ValkeyCounts
from ops.deployment_settings import DeploymentSettings
from tests.support.processes import python

Open = Callable[..., SharedLimits]


class Silent:
    """A store that never answers."""

    def __init__(self) -> None:
        self.asked = 0

    async def ask(self, asked: Sequence[Asked], now: float) -> Refusal | None:
        self.asked += 1
        raise NotShared(f"{len(asked)} limits were not told at {now}")


class Counting:
    """Valkey, and the limits that it was asked about."""

    def __init__(self, counts: ValkeyCounts) -> None:
        self.counts = counts
        self.names: list[tuple[str, ...]] = []

    async def ask(self, asked: Sequence[Asked], now: float) -> Refusal | None:
        self.names.append(tuple(each.limit.name for each in asked))
        return await self.counts.ask(asked, now)


@pytest.fixture
def own_clock(tmp_path: Path) -> MovableClock:
    return MovableClock(tmp_path / "clock")


@pytest.fixture
async def counts(valkey: str) -> AsyncIterator[Counting]:
    counts = ValkeyCounts(valkey, seconds=30)
    yield Counting(counts)
    await counts.close()


def second(clock: MovableClock, most: int, key: str = "", name: str = "customer") -> CountLimit:
    """A limit whose window does not end during a test, because it is an hour of the clock and not a second."""
    begins = clock.timestamp() // 86_400 * 86_400
    return CountLimit(name, (key or "one",), most, begins, begins + 86_400)


async def admitted(limits: SharedLimits, *used: Limit) -> bool:
    try:
        asking = limits.admit(used)
        if asking is not None:
            await asking
    except LimitExceeded:
        return False
    return True


async def test_half_of_a_share_is_counted_in_memory_only(own_clock: MovableClock, counts: Counting) -> None:
    limits = SharedLimits(own_clock, counts, processes=2)
    limit = second(own_clock, 12, str(uuid4()))
    for number in range(1, 13):
        assert await admitted(limits, limit)
        assert len(counts.names) == max(0, number - 3), "a share is 6 calls, and half of it 3"
    assert not await admitted(limits, limit)


async def test_two_processes_share_one_limit_exactly(own_clock: MovableClock, counts: Counting) -> None:
    processes = [SharedLimits(own_clock, counts, processes=2) for _ in range(2)]
    limit = second(own_clock, 20, str(uuid4()))
    passed = [await admitted(processes[number % 2], limit) for number in range(40)]
    assert passed == [True] * 20 + [False] * 20


async def test_a_process_that_tells_nothing_adds_at_most_half_of_its_share(
    own_clock: MovableClock, counts: Counting
) -> None:
    quiet, busy = (SharedLimits(own_clock, counts, processes=2) for _ in range(2))
    limit = second(own_clock, 20, str(uuid4()))
    assert all([await admitted(quiet, limit) for _ in range(5)])
    assert counts.names == []
    assert sum([await admitted(busy, limit) for _ in range(40)]) == 20


async def test_concurrent_calls_are_counted_once_each(own_clock: MovableClock, counts: Counting) -> None:
    processes = [SharedLimits(own_clock, counts, processes=2) for _ in range(2)]
    limit = second(own_clock, 20, str(uuid4()))
    passed = await asyncio.gather(*(admitted(processes[number % 2], limit) for number in range(60)))
    assert sum(passed) == 20


async def test_a_call_that_one_limit_refuses_is_counted_in_no_other(own_clock: MovableClock, counts: Counting) -> None:
    limits = SharedLimits(own_clock, counts, processes=1)
    key = str(uuid4())
    narrow, wide = second(own_clock, 2, key), second(own_clock, 4, key, "product")
    assert [await admitted(limits, narrow, wide) for _ in range(6)] == [True] * 2 + [False] * 4
    assert [await admitted(limits, wide) for _ in range(3)] == [True, True, False]


async def test_a_refused_key_is_not_asked_for_again_in_its_window(own_clock: MovableClock, counts: Counting) -> None:
    other, limits = (SharedLimits(own_clock, counts, processes=2) for _ in range(2))
    limit = second(own_clock, 4, str(uuid4()))
    assert all([await admitted(other, limit) for _ in range(4)])
    assert await admitted(limits, limit), "a process does not ask for its first call of four"
    assert not await admitted(limits, limit)
    asked = len(counts.names)
    assert not await admitted(limits, limit)
    assert len(counts.names) == asked


async def test_a_lower_limit_of_the_same_key_does_not_refuse_calls_with_a_higher_one(
    own_clock: MovableClock, counts: Counting
) -> None:
    other, limits = (SharedLimits(own_clock, counts, processes=2) for _ in range(2))
    key = str(uuid4())
    low, high = second(own_clock, 4, key), second(own_clock, 6, key)
    assert [await admitted(other, low) for _ in range(5)] == [True] * 4 + [False]
    assert await admitted(limits, low)
    assert not await admitted(limits, low)
    assert await admitted(limits, high)


async def test_a_new_window_begins_with_nothing(own_clock: MovableClock, counts: Counting) -> None:
    limits = SharedLimits(own_clock, counts, processes=1)
    first = second(own_clock, 2, str(uuid4()))
    assert [await admitted(limits, first) for _ in range(3)] == [True, True, False]
    following = first._replace(begins=first.ends, ends=first.ends + 86_400)
    assert [await admitted(limits, following) for _ in range(3)] == [True, True, False]


async def test_an_event_is_counted_once_by_all_processes(own_clock: MovableClock, counts: Counting) -> None:
    processes = [SharedLimits(own_clock, counts, processes=2) for _ in range(2)]
    now = own_clock.timestamp()
    limit = EventLimit("sessions", (str(uuid4()),), 6, now - 60, now + 3600, "")
    used = [limit._replace(event=f"session {number}") for number in range(8)]
    for _ in range(3):
        for process in processes:
            assert [await admitted(process, each) for each in used[:6]] == [True] * 6
    for process in processes:
        assert [await admitted(process, each) for each in used[6:]] == [False] * 2
        assert await admitted(process, used[0])


async def test_an_event_that_another_limit_refuses_is_forgotten(own_clock: MovableClock, counts: Counting) -> None:
    limits = SharedLimits(own_clock, counts, processes=1)
    now, key = own_clock.timestamp(), str(uuid4())
    events = EventLimit("sessions", (key,), 2, now - 60, now + 3600, "refused")
    none = second(own_clock, 1, key)
    assert await admitted(limits, none)
    assert not await admitted(limits, events, none)
    assert [await admitted(limits, events._replace(event=event)) for event in "abc"] == [True, True, False]


async def test_the_oldest_event_of_a_refusal_is_stated(own_clock: MovableClock, counts: Counting) -> None:
    """In a sliding window it says when the next call is possible, also if another process has counted it."""
    first, second_process = (SharedLimits(own_clock, counts, processes=2) for _ in range(2))
    key = (str(uuid4()),)

    def limit(event: str) -> EventLimit:
        now = own_clock.timestamp()
        return EventLimit("velocity", key, 2, now - 3600, now + 3600, event)

    began = own_clock.timestamp()
    for event in "ab":
        assert await admitted(first, limit(event))
    with pytest.raises(LimitExceeded) as exceeded:
        await (second_process.admit([limit("c")]) or asyncio.sleep(0))
    assert exceeded.value.oldest == pytest.approx(began, abs=5)


async def test_without_the_store_a_process_applies_the_limit_to_its_own_calls(own_clock: MovableClock) -> None:
    silent = Silent()
    limits = SharedLimits(own_clock, silent, processes=2)
    limit = second(own_clock, 8)
    assert [await admitted(limits, limit) for _ in range(9)] == [True] * 8 + [False]
    assert (silent.asked, limits.unshared) == (6, 6)


async def test_what_a_silent_store_was_not_told_is_told_later(own_clock: MovableClock, counts: Counting) -> None:
    limit = second(own_clock, 8, str(uuid4()))
    limits = SharedLimits(own_clock, Silent(), processes=2)
    for _ in range(6):
        assert await admitted(limits, limit)
    limits._counts = counts
    assert await admitted(limits, limit)
    other = SharedLimits(own_clock, counts, processes=2)
    passed = [await admitted(other, limit) for _ in range(4)]
    assert passed == [True, True, False, False], "two calls are below half of a share, and the store knows seven"


async def test_the_number_of_keys_in_memory_is_limited(own_clock: MovableClock) -> None:
    limits = SharedLimits(own_clock, Silent(), processes=1, maximum_keys=10)
    now = own_clock.timestamp()
    for number in range(50):
        assert await admitted(
            limits,
            second(own_clock, 100, str(number)),
            EventLimit("sessions", (str(number),), 100, now - 60, now + 3600, "one"),
        )
    assert limits.number_of_keys == 20


async def test_keys_whose_windows_are_over_are_dropped(own_clock: MovableClock) -> None:
    limits = SharedLimits(own_clock, Silent(), processes=1)
    now = own_clock.timestamp()
    for number in range(50):
        assert await admitted(limits, CountLimit("customer", (str(number),), 100, now - 2, now - 1))
    assert await admitted(limits, CountLimit("customer", ("last",), 100, now, now + 60))
    assert limits.number_of_keys == 1


async def test_valkey_forgets_keys_whose_windows_are_over(
    own_clock: MovableClock, counts: Counting, valkey: str
) -> None:
    limits = SharedLimits(own_clock, counts, processes=1)
    now, key = own_clock.timestamp(), str(uuid4())
    for _ in range(3):
        await admitted(limits, CountLimit("customer", (key,), 4, float(int(now)), now + 10))
    for event in ("one", "two"):
        await admitted(limits, EventLimit("sessions", (key,), 2, now - 60, now + 10, event))
    async with redis.asyncio.Redis.from_url(valkey) as client:
        keys = [found async for found in client.scan_iter(match=f"*{key}*")]
        kept = [await client.pttl(found) for found in keys]
    assert len(keys) == 2
    assert all(60_000 < left <= 70_000 for left in kept)


_PROCESS = """
import asyncio, sys
from haas.clock import SystemClock
from haas.shared_limits import CountLimit, LimitExceeded, SharedLimits
from haas.valkey_counts import ValkeyCounts

async def main():
    url, key = sys.argv[1:]
    counts = ValkeyCounts(url, seconds=30)
    limits = SharedLimits(SystemClock(), counts, processes=2)
    limit, number = CountLimit("customer", (key,), 20, 0.0, SystemClock().timestamp() + 3600), 0
    for _ in range(40):
        try:
            await (limits.admit([limit]) or asyncio.sleep(0))
            number += 1
        except LimitExceeded:
            pass
    await counts.close()
    print(number)

asyncio.run(main())
"""


async def test_processes_of_the_operating_system_share_a_limit(settings: DeploymentSettings, valkey: str) -> None:
    """If one begins when the other has used up the limit, it answers half of its share without asking."""
    key = str(uuid4())
    started = [await python(settings, "-c", _PROCESS, valkey, key, stdout=PIPE) for _ in range(2)]
    printed = [await process.communicate() for process in started]
    assert 20 <= sum(int(output) for output, _ in printed) <= 25


async def test_what_a_cancelled_call_has_told_is_told_again(own_clock: MovableClock, counts: Counting) -> None:
    """It is not known whether the store has counted it. So it may count twice, but is never missing."""
    limit, asked = second(own_clock, 4, str(uuid4())), asyncio.Event()

    class Waiting:
        async def ask(self, told: Sequence[Asked], now: float) -> Refusal | None:
            asked.set()
            await asyncio.Event().wait()
            raise AssertionError(told, now)

    limits = SharedLimits(own_clock, Waiting(), processes=1)
    assert await admitted(limits, limit)
    assert await admitted(limits, limit)
    call = asyncio.create_task(admitted(limits, limit))
    await asked.wait()
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    limits._counts = counts
    assert [await admitted(limits, limit) for _ in range(2)] == [True, False]
    assert not await admitted(SharedLimits(own_clock, counts, processes=4), limit)
