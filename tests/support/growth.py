"""Checks that the time of an operation grows at most linearly with its input, by ratios of times."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import process_time
from types import FrameType
from typing import Any, Final

Work = Callable[[int], Callable[[], object]]
"""Given a size, makes an input and returns the function to measure."""

MEASURABLE: Final = 0.002
"""Seconds of processor time that can be measured reliably."""
LARGEST: Final = 1 << 15
"""At this size quadratic work takes far longer than MEASURABLE, so faster work is not quadratic."""
GROWTH: Final = 4
MAXIMUM_RATIO: Final = 9.0
"""For inputs four times as long, linear work takes about 4 times as long, quadratic work 16 times."""
GIVE_UP_AFTER: Final = 2
"""Seconds of processor time after which one call is stopped: its time is exponential."""


class TooSlow(AssertionError):
    """The time grows faster than the input."""


def assert_linear(work: Work, described: str, *, largest: int = LARGEST) -> None:
    """Find a size at which `work` can be timed, and compare it with one four times as large. Raises TooSlow."""
    size = 64
    while _seconds(work(size), described) < MEASURABLE:
        size *= 2
        if size > largest:
            return
    ratio = _ratio(work, size, described)
    for _ in range(4):
        if ratio <= MAXIMUM_RATIO:
            return
        ratio = min(ratio, _ratio(work, size, described))
    raise TooSlow(f"{described}: {GROWTH} times the input takes {ratio:.1f} times as long, at {size} characters")


def _ratio(work: Work, size: int, described: str) -> float:
    small, large = work(size), work(size * GROWTH)
    short = min(_seconds(small, described) for _ in range(3))
    return min(_seconds(large, described) for _ in range(2)) / short


def _seconds(work: Callable[[], Any], described: str) -> float:
    begun = process_time()
    with _stopped_after_limit(begun, described):
        work()
    return process_time() - begun


@contextmanager
def _stopped_after_limit(begun: float, described: str) -> Iterator[None]:
    """The timer is a real one, because the kernel measures processor time in coarse steps while it has a limit."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        left = GIVE_UP_AFTER - (process_time() - begun)
        if left <= 0:
            raise TooSlow(f"{described}: no end after {GIVE_UP_AFTER} seconds of processor time")
        signal.setitimer(signal.ITIMER_REAL, left)

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, GIVE_UP_AFTER)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def slowest(inputs: Iterable[Any], run: Callable[[Any], object], described: str, *, number: int) -> list[Any]:
    """Return the inputs on which `run` takes longest. Raises TooSlow if a call does not end."""
    timed = [(_seconds(lambda one=one: run(one), described), position, one) for position, one in enumerate(inputs)]
    return [one for _, _, one in sorted(timed, key=lambda entry: entry[:2], reverse=True)[:number]]
