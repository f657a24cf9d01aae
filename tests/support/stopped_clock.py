"""A clock that stands still, for limits of a second that no test may exceed by chance."""

from datetime import UTC, datetime, timedelta


class StoppedClock:
    """A clock at a time that only `move` changes."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def timestamp(self) -> float:
        return self._now.timestamp()

    def move(self, by: timedelta) -> None:
        self._now += by

    @classmethod
    def at(cls, text: str) -> "StoppedClock":
        """Return a clock at a time in ISO 8601 form, in UTC unless it has an offset."""
        return cls(datetime.fromisoformat(text).astimezone(UTC))
