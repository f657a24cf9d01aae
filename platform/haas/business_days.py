"""Business days: Monday to Friday without the national public holidays of Australia.

Holidays of a single state are counted as business days. So a time limit that is counted here never ends later than the
one that the law of a state gives.
"""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


def add_business_days(day: date, number: int) -> date:
    """Return the business day that is `number` business days after `day`, which is not counted itself."""
    while number > 0:
        day += _DAY
        number -= is_business_day(day)
    return day


def end_of_business_days(since: datetime, number: int, zone: ZoneInfo) -> datetime:
    """Return the end of the business day that is `number` business days after the day of `since` in a time zone."""
    last = add_business_days(since.astimezone(zone).date(), number)
    return datetime.combine(last + _DAY, time.min, zone)


def is_business_day(day: date) -> bool:
    """Return whether a date is from Monday to Friday and no national public holiday."""
    return day.weekday() < _SATURDAY and day not in _holidays(day.year)


@lru_cache(maxsize=16)
def _holidays(year: int) -> frozenset[date]:
    """Return the national public holidays of a year, with the weekdays on which those of a weekend are observed."""
    easter = _easter(year)
    new_year, australia_day, christmas = date(year, 1, 1), date(year, 1, 26), date(year, 12, 25)
    observed = {_monday_after(new_year), _monday_after(australia_day)}
    if christmas.weekday() >= _SATURDAY:
        observed.add(date(year, 12, 27))
    if (christmas + _DAY).weekday() >= _SATURDAY:  # Boxing Day
        observed.add(date(year, 12, 28))
    fixed = {new_year, australia_day, date(year, 4, 25), christmas, christmas + _DAY}
    return frozenset(fixed | observed | {easter - 2 * _DAY, easter + _DAY})


def _monday_after(day: date) -> date:
    """Return the day, or the next Monday if it is on a weekend."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= _SATURDAY else day


def _easter(year: int) -> date:
    """Return Easter Sunday (the anonymous Gregorian algorithm)."""
    century, of_century = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (year % 19 + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
