"""Does the time that something takes grow with its input no faster than the input? Ratios are judged, never seconds."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import process_time
from types import FrameType
from typing import Any, Final

Work = Callable[[int], Callable[[], object]]
"""Given a size, returns what is to be timed: making the input is not part of it."""

MEASURABLE: Final = 0.002
"""Seconds of processor time that can be told from noise."""
LARGEST: Final = 1 << 15
"""A size at which quadratic work takes far longer than MEASURABLE: what is not measurable there is not quadratic."""
GROWTH: Final = 4
TOLERATED: Final = 9.0
"""For inputs four times as long, linear work takes about 4 times as long, quadratic work 16 times."""
HOPELESS: Final = 5
"""Seconds after which one piece of work is given up: it is exponential."""


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
        if ratio <= TOLERATED:
            return
        ratio = min(ratio, _ratio(work, size, described))
    raise TooSlow(f"{described}: {GROWTH} times the input takes {ratio:.1f} times as long, at {size} characters")


def _ratio(work: Work, size: int, described: str) -> float:
    small, large = work(size), work(size * GROWTH)
    short = min(_seconds(small, described) for _ in range(3))
    return min(_seconds(large, described) for _ in range(2)) / short


def _seconds(work: Callable[[], Any], described: str) -> float:
    with _given_up(described):
        begun = process_time()
        work()
        return process_time() - begun


@contextmanager
def _given_up(described: str) -> Iterator[None]:
    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlow(f"{described}: no end after {HOPELESS} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, HOPELESS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def slowest(inputs: Iterable[Any], run: Callable[[Any], object], described: str, *, number: int) -> list[Any]:
    """Return the inputs on which `run` takes longest. Raises TooSlow where it does not end."""
    timed = [(_seconds(lambda one=one: run(one), described), position, one) for position, one in enumerate(inputs)]
    return [one for _, _, one in sorted(timed, key=lambda entry: entry[:2], reverse=True)[:number]]
