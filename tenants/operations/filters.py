"""The query parameters that select items of a resource by one of their fields (CDS, Energy APIs)."""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date, datetime
from operator import eq, ge, le
from typing import Any, Final, NamedTuple

import msgspec

from tenants.cds.errors import FIELD_INVALID, FIELD_INVALID_DATE_TIME, CdsError

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTHS_OF_YEAR: Final = 12


class FilterContext(NamedTuple):
    """What the default of a filter can depend on."""

    now: datetime
    """The time of the call, in the tenant's time zone."""
    earlier: Mapping[str, Any]
    """The values of the filters that were read before, by their parameters."""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """A query parameter that selects the items whose field fulfils a comparison."""

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


class NewestDateFilter(Filter, frozen=True, kw_only=True):
    """The last day of a period, which belongs to the period. The default is today."""

    def value(self, given: str | None, context: FilterContext) -> date:
        """Return the last day. See `Filter.value`."""
        return context.now.date() if given is None else _date(self.parameter, given)


class OldestDateFilter(Filter, frozen=True, kw_only=True):
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
            return months_before(min(newest, context.now.date()), self.months)
        oldest = _date(self.parameter, given)
        if oldest > newest:
            raise CdsError(FIELD_INVALID_DATE_TIME, f"{self.parameter} is after {self.newest}")
        return oldest


def date_period(field: str, *, months: int) -> tuple[Filter, ...]:
    """Return the filters `newest-date` and `oldest-date` of a field, whose default period has a number of months."""
    return (
        NewestDateFilter(parameter="newest-date", field=field, compare=le),
        OldestDateFilter(parameter="oldest-date", field=field, compare=ge, newest="newest-date", months=months),
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
