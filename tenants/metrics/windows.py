"""The hours, days and months of a time zone for which figures are computed (CDS, Get Metrics).

A day begins at midnight of the zone. Where daylight saving begins or ends, it has 23 or 25 hours, and so many elements
in the lists of hours. Where the clock is moved by half an hour, the last of them is half an hour.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

PREVIOUS_DAYS: Final = 7
PREVIOUS_MONTHS: Final = 12
_HOUR: Final = timedelta(hours=1)


class Span(NamedTuple):
    """A period from its beginning up to, and not including, its end. Both are in UTC."""

    begins: datetime
    ends: datetime

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return (self.ends - self.begins).total_seconds()


class Day(NamedTuple):
    """A day: its period, and those of its hours."""

    period: Span
    hours: tuple[Span, ...]


class ReportedDays(NamedTuple):
    """The current day up to now, and the days before it, newest first."""

    current: Day
    previous: tuple[Day, ...]


class ReportedMonths(NamedTuple):
    """The current month up to now, and the months before it, newest first."""

    current: Span
    previous: tuple[Span, ...]


def days(now: datetime, zone: ZoneInfo, since: datetime) -> ReportedDays:
    """Return the current day and at most seven days before it, none of which has ended before `since`.

    The current day ends now, and its last hour is the one that has begun.
    """
    today = now.astimezone(zone).date()
    first = since.astimezone(zone).date()
    before = [today - timedelta(days=number) for number in range(1, PREVIOUS_DAYS + 1)]
    begins = _midnight(today, zone)
    current = Span(begins, max(now, begins + timedelta(seconds=1)))
    previous = [Span(_midnight(day, zone), _midnight(day + timedelta(days=1), zone)) for day in before if day >= first]
    return ReportedDays(
        Day(current, tuple(_hours(current))),
        tuple(
            Day(day, tuple(hour._replace(ends=min(hour.ends, day.ends)) for hour in _hours(day))) for day in previous
        ),
    )


def months(now: datetime, zone: ZoneInfo, since: datetime) -> ReportedMonths:
    """Return the current month and at most twelve months before it. The first one begins at `since`."""
    found: list[Span] = []
    first, ends = now.astimezone(zone).date().replace(day=1), now
    while len(found) <= PREVIOUS_MONTHS and (not found or ends > since):
        begins = _midnight(first, zone)
        found.append(Span(max(begins, since) if since < ends else begins, ends))
        first, ends = (first - timedelta(days=1)).replace(day=1), begins
    return ReportedMonths(found[0], tuple(found[1:]))


def _hours(period: Span) -> Iterator[Span]:
    """Yield the hours that begin in a period, each of full length."""
    begins = period.begins
    while begins < period.ends:
        yield Span(begins, begins + _HOUR)
        begins += _HOUR


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
