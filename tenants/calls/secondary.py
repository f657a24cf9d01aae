"""The time that a call waits for a secondary data holder, such as AEMO, and the results of the requests to it.

The performance of the data holder is measured without this time (CDS, Performance requirements). Requests that run at
the same time are counted once: the time is that in which at least one of them was not answered.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter_ns
from typing import Literal

RequestResult = Literal["answered", "error", "rejected"]
"""error: the answer was 5xx or did not arrive; rejected: it was 429."""


class SecondaryRequest:
    """One request to the secondary data holder. Set `result` before the block of `SecondaryCalls.request` ends."""

    __slots__ = ("result",)

    def __init__(self) -> None:
        """Assume an error until a result is set."""
        self.result: RequestResult = "error"


class SecondaryCalls:
    """The requests that one call made to the secondary data holder. Times are those of `perf_counter_ns`."""

    __slots__ = ("_intervals", "errors", "rejections", "requests")

    def __init__(self) -> None:
        """Begin without a request."""
        self._intervals: list[tuple[int, int]] = []
        self.requests = 0
        self.errors = 0
        self.rejections = 0

    @contextmanager
    def request(self) -> Iterator[SecondaryRequest]:
        """Measure the block as the time of one request. An exception, also a cancellation, makes it an error."""
        made, started = SecondaryRequest(), perf_counter_ns()
        try:
            yield made
        except BaseException:
            made.result = "error"
            raise
        finally:
            self.add(started, perf_counter_ns(), made.result)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Measure the block as time in which this call waits for a request that another call has made."""
        started = perf_counter_ns()
        try:
            yield
        finally:
            self._intervals.append((started, perf_counter_ns()))

    def add(self, started: int, ended: int, result: RequestResult = "answered") -> None:
        """Add a request with the times of its beginning and its end."""
        self._intervals.append((started, ended))
        self.requests += 1
        self.errors += result == "error"
        self.rejections += result == "rejected"

    def waited(self, since: int, until: int) -> int:
        """Return the nanoseconds between two times in which at least one request was not answered."""
        total, reached = 0, since
        for started, ended in sorted(self._intervals):
            first, last = max(started, reached), min(ended, until)
            if first < last:
                total += last - first
                reached = last
        return total
