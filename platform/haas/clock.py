"""The clock that decides whether something is valid.

Tests and the sandbox can move this clock. SQL `now()` and the expiry of Valkey keys follow the machine's clock, so they
never decide whether something is valid.
"""

import math
import mmap
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

_OFFSET_BYTES = 8


class Clock(Protocol):
    """A source of the current time."""

    def now(self) -> datetime:
        """Return the current time as an aware datetime in UTC."""
        ...

    def timestamp(self) -> float:
        """Return the current time in seconds since 1970-01-01T00:00:00Z. This is faster than `now`."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current time as an aware datetime in UTC."""
        return datetime.now(UTC)

    timestamp = staticmethod(time.time)


class MovableClock:
    """The machine's clock plus an offset that every process of one deployment shares.

    The offset is a signed number of microseconds in an eight-byte file. All processes map this file into memory, so
    that all of them use a changed offset immediately. Aligned eight-byte writes are atomic on the supported machines.
    """

    def __init__(self, path: Path) -> None:
        """Map the clock file at `path` into memory. If the file does not exist, create it with offset zero."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # Only the length is set. Nothing is written, because another process may already have mapped the file.
            os.ftruncate(descriptor, _OFFSET_BYTES)
            # A memory view reads and writes the eight bytes in one access. `struct` with a byte order would not.
            self._offset = memoryview(mmap.mmap(descriptor, _OFFSET_BYTES)).cast("q")
        finally:
            os.close(descriptor)

    @property
    def offset(self) -> timedelta:
        """The difference between this clock and the machine's clock; positive if this clock is ahead."""
        return timedelta(microseconds=self._offset[0])

    def now(self) -> datetime:
        """Return the time of the moved clock as an aware datetime in UTC."""
        return datetime.now(UTC) + self.offset

    def timestamp(self) -> float:
        """Return the time of the moved clock as seconds since 1970-01-01T00:00:00Z."""
        return time.time() + self._offset[0] * 1e-6

    def move(self, by: timedelta) -> None:
        """Move the clock of every process by `by`, which may be negative."""
        self._offset[0] = (self.offset + by) // timedelta(microseconds=1)

    def reset(self) -> None:
        """Set the offset to zero."""
        self._offset[0] = 0


def clock_from(path: Path | None) -> Clock:
    """Return the movable clock of the file `path`, or the machine's clock if `path` is None."""
    return SystemClock() if path is None else MovableClock(path)


_FIRST_REFUSED_SECOND = 253_370_764_800
"""9999-01-01T00:00:00Z. It is one year before the greatest `datetime`, so that a duration can be added to any time."""


def is_time(seconds: float) -> bool:
    """Return whether a number of seconds since 1970 can be a time: from 1970 to the year 9998.

    Check a number of another party with this function first: some are too large for `datetime` or `float`.
    """
    return 0 <= seconds < _FIRST_REFUSED_SECOND


def epoch(moment: datetime) -> int:
    """Return the whole seconds since 1970-01-01T00:00:00Z, as JWT and OAuth count time."""
    return int(moment.timestamp())


def end_of_second(seconds: float) -> datetime:
    """Return the time `seconds` after 1970, rounded up to a whole second. A JWT may contain fractions (RFC 7519 2).

    `epoch` rounds the current time down, so a token whose `exp` has a fraction is accepted until that second has ended.
    """
    return datetime.fromtimestamp(math.ceil(seconds), UTC)
