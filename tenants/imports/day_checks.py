"""The checks of a day of interval reads that every format has in common."""

from datetime import date, datetime, timedelta
from typing import Final

from tenants.accounts.service import market_day
from tenants.usage.models import MAXIMUM_DIGITS, MAXIMUM_SUM, IntervalDay
from tenants.usage.stored_reads import market_moment

FIRST_DAY: Final = date(1998, 12, 13)
"""The first day of the National Electricity Market. An earlier date is a mistake."""
_MAXIMUM_AHEAD: Final = timedelta(days=1)


def period_problem(first: date, last: date, version: datetime, now: datetime) -> str | None:
    """Return why a read of these days cannot be, or None. `version` is when the data was made.

    A version in the future is refused: it would prevent every correction until that time.
    """
    if first < FIRST_DAY:
        return f"the read is of {first}, before the market began on {FIRST_DAY}"
    if last > market_day(now):
        return f"the read is of {last}, a day that has not begun"
    if version > now + _MAXIMUM_AHEAD:
        return f"the data was updated at {version.isoformat()}, which is in the future"
    return None


def day_problem(day: IntervalDay, now: datetime) -> str | None:
    """Return why a day cannot be stored, or None."""
    if sum(map(abs, day.values)) > MAXIMUM_SUM:
        return f"the sum of the day has more than {MAXIMUM_DIGITS} digits"
    return period_problem(day.read_date, day.read_date, market_moment(day.version), now)
