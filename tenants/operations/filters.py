"""The query parameters that select items of a resource by one of their fields (CDS, Energy APIs)."""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from operator import eq, ge, le
from typing import Any, ClassVar, Final, NamedTuple

import msgspec

from tenants.cds.errors import FIELD_INVALID, FIELD_INVALID_DATE_TIME, CdsError

NEWEST_DATE: Final = "newest-date"
OLDEST_DATE: Final = "oldest-date"
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_PLUS_AS_SPACE: Final = re.compile(r" (?=[0-9]{2}:[0-9]{2}\Z)")
_MONTHS_OF_YEAR: Final = 12
_FIRST_MOMENT: Final = datetime.min.replace(tzinfo=UTC)
_LAST_MOMENT: Final = datetime.max.replace(tzinfo=UTC)


class FilterContext(NamedTuple):
    """What the default of a filter can depend on."""

    now: datetime
    """The time of the call, in the tenant's time zone."""
    earlier: Mapping[str, Any]
    """The values of the filters that were read before, by their parameters."""
    market_day: date
    """The day of the call in the market's time zone."""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """A query parameter that selects the items whose field fulfils a comparison."""

    selects_items: ClassVar[bool] = True
    """Whether the value selects items. Otherwise it says in which form they are given."""

    parameter: str
    field: str
    compare: Callable[[Any, Any], Any] = eq
    """The comparison of the field, on the left, with the value."""

    def value(self, given: str | None, context: FilterContext) -> Any:
        """Return the value to which the field is compared. None selects every item.

        `given` is the value of the parameter, or None if the request does not have it. Raises CdsError: Field/Invalid
        or Field/InvalidDateTime.
        """
        raise NotImplementedError

    def written(self, given: str) -> str:
        """Return the value as the links of the response contain it. It selects the same items as `given`."""
        return given


class ChoiceFilter(Filter, frozen=True, kw_only=True):
    """A parameter with a value of an enumeration."""

    values: Mapping[str, str | None]
    """The values of the enumeration, each with the value to which the field is compared. None: every item."""
    default: str

    def value(self, given: str | None, _: FilterContext) -> str | None:
        """Return the value to which the field is compared. See `Filter.value`."""
        value = self.default if given is None else given
        if value not in self.values:
            raise CdsError(FIELD_INVALID, f"{self.parameter} must be one of {', '.join(self.values)}")
        return self.values[value]


class FormChoice(ChoiceFilter, frozen=True, kw_only=True):
    """A parameter that chooses the form in which a field is given. Its value is compared to nothing."""

    selects_items: ClassVar[bool] = False


class DateFilter(Filter, frozen=True, kw_only=True):
    """A day of a period. The standards do not name the time zone of today (C-Q4)."""

    is_market_day: bool = False
    """Whether the days are those of the market's time zone. Otherwise they are those of the tenant's time zone."""

    def today(self, context: FilterContext) -> date:
        """Return the day of the call."""
        return context.market_day if self.is_market_day else context.now.date()


class NewestDateFilter(DateFilter, frozen=True, kw_only=True):
    """The last day of a period, which belongs to the period. The default is today."""

    def value(self, given: str | None, context: FilterContext) -> date:
        """Return the last day. See `Filter.value`."""
        return self.today(context) if given is None else _date(self.parameter, given)


class OldestDateFilter(DateFilter, frozen=True, kw_only=True):
    """The first day of a period, which belongs to the period.

    The default is a number of months before the last day of the period, or before today if that is earlier: a request
    that names a last day in the future gets the same items as without it.
    """

    newest: str
    """The parameter with the last day, which is read before."""
    months: int

    def value(self, given: str | None, context: FilterContext) -> date:
        """Return the first day. Raises Field/InvalidDateTime also if it is after the last one. See `Filter.value`."""
        newest: date = context.earlier[self.newest]
        if given is None:
            return months_before(min(newest, self.today(context)), self.months)
        oldest = _date(self.parameter, given)
        if oldest > newest:
            raise CdsError(FIELD_INVALID_DATE_TIME, f"{self.parameter} is after {self.newest}")
        return oldest


class NewestTimeFilter(Filter, frozen=True, kw_only=True):
    """The last moment of a period, which belongs to the period. The default is the time of the call."""

    def value(self, given: str | None, context: FilterContext) -> datetime:
        """Return the last moment. See `Filter.value`."""
        return context.now if given is None else _date_time(self.parameter, given)

    def written(self, given: str) -> str:
        """Return the value with the `+` of its offset. See `Filter.written`."""
        return _with_plus(given)


class OldestTimeFilter(Filter, frozen=True, kw_only=True):
    """The first moment of a period, which belongs to the period.

    The default is a number of months before the last moment of the period, or before the call if that is earlier. The
    months are those of the calendar at the offset of that moment.
    """

    newest: str
    """The parameter with the last moment, which is read before."""
    months: int

    def value(self, given: str | None, context: FilterContext) -> datetime:
        """Return the first moment. Raises Field/InvalidDateTime also if it is after the last. See `Filter.value`."""
        newest: datetime = context.earlier[self.newest]
        if given is None:
            last = min(newest, context.now)
            day = months_before(last.date(), self.months)
            return _representable(datetime.combine(day, last.timetz()))
        oldest = _date_time(self.parameter, given)
        if oldest > newest:
            raise CdsError(FIELD_INVALID_DATE_TIME, f"{self.parameter} is after {self.newest}")
        return oldest

    def written(self, given: str) -> str:
        """Return the value with the `+` of its offset. See `Filter.written`."""
        return _with_plus(given)


def date_period(field: str, *, months: int, is_market_day: bool = False) -> tuple[Filter, ...]:
    """Return the filters `newest-date` and `oldest-date` of a field, whose default period has a number of months.

    With `is_market_day`, today is the day in the market's time zone, otherwise that in the tenant's time zone.
    """
    return (
        NewestDateFilter(parameter=NEWEST_DATE, field=field, compare=le, is_market_day=is_market_day),
        OldestDateFilter(
            parameter=OLDEST_DATE,
            field=field,
            compare=ge,
            newest=NEWEST_DATE,
            months=months,
            is_market_day=is_market_day,
        ),
    )


def time_period(field: str, *, months: int) -> tuple[Filter, ...]:
    """Return the filters `newest-time` and `oldest-time` of a field, whose default period has a number of months."""
    return (
        NewestTimeFilter(parameter="newest-time", field=field, compare=le),
        OldestTimeFilter(parameter="oldest-time", field=field, compare=ge, newest="newest-time", months=months),
    )


def months_before(day: date, months: int) -> date:
    """Return the same day some months before, or the last day of that month if it has no such day.

    The earliest day that is returned is `date.min`.
    """
    year, month = divmod(day.year * _MONTHS_OF_YEAR + day.month - 1 - months, _MONTHS_OF_YEAR)
    if year < date.min.year:
        return date.min
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _date(parameter: str, given: str) -> date:
    """Return a DateString. Raises Field/Invalid, or Field/InvalidDateTime if there is no such day."""
    if not _DATE.fullmatch(given):
        raise CdsError(FIELD_INVALID, f"{parameter} is not a date")
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise CdsError(FIELD_INVALID_DATE_TIME, f"{parameter} is a day that does not exist") from error


def _date_time(parameter: str, given: str) -> datetime:
    """Return a DateTimeString. Raises Field/Invalid, or Field/InvalidDateTime if there is no such moment.

    Digits beyond microseconds are ignored.
    """
    text = _with_plus(given)
    if not _DATE_TIME.fullmatch(text):
        raise CdsError(FIELD_INVALID, f"{parameter} is not a date-time with an offset")
    try:
        return _representable(datetime.fromisoformat(text.upper()))
    except ValueError as error:
        raise CdsError(FIELD_INVALID_DATE_TIME, f"{parameter} is a moment that does not exist") from error


def _with_plus(given: str) -> str:
    """Return a date-time with a `+` in place of a space before its offset.

    In a query, a `+` that is not encoded means a space, and many recipients forget to encode it (C-Q10).
    """
    return _PLUS_AS_SPACE.sub("+", given)


def _representable(moment: datetime) -> datetime:
    """Return the moment, or the nearest one in the years 1 to 9999 of UTC, which is all that can be compared."""
    try:
        moment.astimezone(UTC)
    except OverflowError:
        return _FIRST_MOMENT if moment.year == date.min.year else _LAST_MOMENT
    return moment
