"""The time that a call waits for a secondary data holder: requests that overlap are counted once."""

import asyncio
from itertools import permutations

import pytest

from tenants.calls import secondary
from tenants.calls.secondary import SecondaryCalls
from tests.support.counted_time import MILLISECOND, CountedTime


@pytest.mark.parametrize(
    ("intervals", "waited"),
    [
        ([], 0),
        ([(10, 20)], 10),
        ([(10, 20), (30, 45)], 25),  # one after the other
        ([(10, 20), (10, 20)], 10),  # at the same time
        ([(10, 30), (20, 40)], 30),  # overlapping
        ([(10, 40), (15, 20), (25, 30)], 30),  # within another
        ([(10, 20), (20, 30)], 20),  # without a gap
        ([(0, 20), (90, 200)], 20),  # begun before the call, ended after the response
        ([(0, 5), (110, 120)], 0),  # outside
        ([(30, 20)], 0),
    ],
)
def test_the_time_waited_is_the_union_of_the_requests(intervals: list[tuple[int, int]], waited: int) -> None:
    for order in permutations(intervals):
        calls = SecondaryCalls()
        for started, ended in order:
            calls.add(started, ended)
        assert calls.waited(10, 100) == waited
        assert calls.requests == len(intervals)


def test_requests_at_the_same_time_are_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    time, calls = CountedTime(), SecondaryCalls()
    monkeypatch.setattr(secondary, "perf_counter_ns", time)
    with calls.request() as first, calls.request() as second:
        with calls.request() as third:
            time.add(100)
            third.result = "answered"
        time.add(100)
        first.result = second.result = "answered"
    assert calls.waited(0, 2**63) == 200 * MILLISECOND
    assert (calls.requests, calls.errors, calls.rejections) == (3, 0, 0)


async def test_the_results_of_requests_are_counted() -> None:
    calls = SecondaryCalls()
    with calls.request() as made:
        made.result = "rejected"
    with calls.request():
        pass  # no answer was noted
    with pytest.raises(TimeoutError), calls.request() as made:
        made.result = "answered"
        raise TimeoutError
    with pytest.raises(asyncio.CancelledError), calls.request():
        raise asyncio.CancelledError
    assert (calls.requests, calls.errors, calls.rejections) == (4, 3, 1)
