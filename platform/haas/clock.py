"""One clock for everything whose validity depends on time.

No SQL `now()` and no Valkey expiry decides whether something is valid: they would not follow a clock that tests and the
sandbox have moved.
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

    The offset is a signed count of microseconds in an eight-byte file that all processes map into memory, so that a
    move is seen by all of them at once. Aligned eight-byte writes are atomic on the platforms we run on.
    """

    def __init__(self, path: Path) -> None:
        """Map the clock file at `path`, made with no offset if it is not there yet."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # Lengthened rather than written: another process may have it mapped already.
            os.ftruncate(descriptor, _OFFSET_BYTES)
            # A memory view reads and writes the eight bytes as one word, `struct` with a byte order would not.
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
        """Bring the clock back to the machine's."""
        self._offset[0] = 0


def clock_from(path: Path | None) -> Clock:
    """Return the movable clock kept at `path`, or the machine's clock where there is no path."""
    return SystemClock() if path is None else MovableClock(path)


def epoch(moment: datetime) -> int:
    """Return the whole seconds since 1970-01-01T00:00:00Z, as JWT and OAuth count time."""
    return int(moment.timestamp())


def end_of_second(seconds: float) -> datetime:
    """Return the end of the second in which a moment lies that a JWT may give with a fraction (RFC 7519 2).

    Something that `epoch` counts as in time until a fraction of a second is in time until that second is over.
    """
    return datetime.fromtimestamp(math.ceil(seconds), UTC)
