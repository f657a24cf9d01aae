"""Stops requests to a server that does not answer, so that callers fail at once and the server can recover.

A circuit is closed while the server answers. After several failures in a row it opens, and requests are refused without
a connection. After some time one request is let through as a trial. If it succeeds the circuit closes, otherwise it
opens again. The time is that of the platform's clock.
"""

from typing import Final

from haas.clock import Clock

FAILURES_TO_OPEN: Final = 5
SECONDS_OPEN: Final = 10.0


class CircuitBreaker:
    """The circuit of one server. It is not thread-safe: only the event loop's thread may use it."""

    __slots__ = ("_clock", "_failures", "_opened_at", "_trial")

    def __init__(self, clock: Clock) -> None:
        """Begin with a closed circuit."""
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._trial = False

    @property
    def is_open(self) -> bool:
        """Whether requests are refused, except for trials."""
        return self._opened_at is not None

    def admit(self) -> bool:
        """Return whether a request may be sent now.

        The caller must call `record` or `abandon` after each request that was admitted.
        """
        if self._opened_at is None:
            return True
        # A clock that was set back must not keep the circuit open for longer.
        if self._trial or 0 <= self._clock.timestamp() - self._opened_at < SECONDS_OPEN:
            return False
        self._trial = True
        return True

    def record(self, *, success: bool) -> None:
        """Record the result of a request."""
        self._trial = False
        if success:
            self._failures, self._opened_at = 0, None
            return
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN:
            self._opened_at = self._clock.timestamp()

    def abandon(self) -> None:
        """Record that a request was cancelled, which says nothing about the server. The next request is a trial."""
        self._trial = False
