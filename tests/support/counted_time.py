"""A counter in place of `time.perf_counter_ns`, so that a test of measured times neither waits nor depends on load."""

MILLISECOND = 1_000_000


class CountedTime:
    """Nanoseconds that pass only when a test adds some."""

    def __init__(self) -> None:
        self._now = 1

    def __call__(self) -> int:
        return self._now

    def add(self, milliseconds: int) -> None:
        self._now += milliseconds * MILLISECOND
