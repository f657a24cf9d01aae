"""Days of the electricity market: AEST, which has no daylight saving (C-U1)."""

from calendar import monthrange
from datetime import date, datetime, timedelta, timezone
from typing import Final

AEST: Final = timezone(timedelta(hours=10))
MONTHS_OF_DATA: Final = 24


def market_day(moment: datetime) -> date:
    """Return the AEST day of a moment."""
    return moment.astimezone(AEST).date()


def months_before(day: date, months: int) -> date:
    """Return the same day of an earlier month, or the last day of that month if it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def quarter_begin(day: date) -> date:
    """Return the first day of the calendar quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def next_quarter(begin: date) -> date:
    """Return the first day of the quarter after the one that begins on `begin`."""
    return months_before(begin, -3)
