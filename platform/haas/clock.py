"""The clock that decides whether something is valid.

Tests and the sandbox can move it. SQL `now()` and Valkey's expiry do not follow such a move, so nothing that depends on
time is decided by them.
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
    """Tells the time."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...

    def timestamp(self) -> float:
        """Return the current time as seconds since 1970-01-01T00:00:00Z: faster than `now`, for measuring ages."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return datetime.now(UTC)

    timestamp = staticmethod(time.time)


class MovableClock:
    """The machine's clock plus an offset that every process of one deployment shares.

    The offset is a signed number of microseconds in an eight-byte file. All processes map this file into memory, so
    that all of them see a move at once. Aligned eight-byte writes are atomic on the supported machines.
    """

    def __init__(self, path: Path) -> None:
        """Map the clock file at `path`. If it does not exist, it is made with an offset of zero."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # Only the length is set, nothing is written: another process may already have mapped the file.
            os.ftruncate(descriptor, _OFFSET_BYTES)
            # A memory view reads and writes the eight bytes as one word; `struct` with a byte order would not.
            self._offset = memoryview(mmap.mmap(descriptor, _OFFSET_BYTES)).cast("q")
        finally:
            os.close(descriptor)

    @property
    def offset(self) -> timedelta:
        """How far this clock is ahead of the machine's."""
        return timedelta(microseconds=self._offset[0])

    def now(self) -> datetime:
        """Return the time of the moved clock, aware, in UTC."""
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
    """Return the movable clock of the file `path`, or the machine's clock if there is no path."""
    return SystemClock() if path is None else MovableClock(path)


_END_OF_TIMES = 253_370_764_800
"""9999-01-01T00:00:00Z. A year before `datetime` ends, so that a duration can be added."""


def is_time(seconds: float) -> bool:
    """Return whether a number of seconds since 1970 can be a time: from 1970 to the year 9998.

    Ask before anything is computed with a number of another party: a `datetime` or a `float` cannot hold every number.
    """
    return 0 <= seconds < _END_OF_TIMES


def epoch(moment: datetime) -> int:
    """Return the whole seconds since 1970-01-01T00:00:00Z, as JWT and OAuth count time."""
    return int(moment.timestamp())


def end_of_second(seconds: float) -> datetime:
    """Return a time in seconds since 1970, rounded up to a whole second. A JWT may give fractions (RFC 7519 2).

    `epoch` rounds down, so whatever is valid until a fraction of a second stays valid until that second has ended.
    """
    return datetime.fromtimestamp(math.ceil(seconds), UTC)
