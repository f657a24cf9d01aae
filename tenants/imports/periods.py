"""Periods of days, for example in which a customer holds an account, and how an import changes them.

A date that a record omits is not changed. In particular, a record without an end does not reopen an ended period.
The periods of one pair (customer and account, or login and customer) never overlap, and neither do those in which
somebody is not eligible for the same reason.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET, UnsetType

Pair = tuple[UUID, UUID]
"""The ids of a customer and an account, or of a login and a customer."""
Ineligible = tuple[UUID | None, UUID | None, str]
"""The ids of a customer and an account, one of which may be None, and why they are not eligible."""


class DatedPeriod(NamedTuple):
    """A period from `first` to `last`, both included. `last` is None if no end is known.

    `role` is that of a holding or a representation, and the reason of an ineligibility. `scope` is that of a
    representation.
    """

    first: date
    last: date | None
    role: str
    scope: str | None = None

    def overlaps(self, other: "DatedPeriod") -> bool:
        """Return whether the two periods have a day in common."""
        return self.first <= (other.last or date.max) and other.first <= (self.last or date.max)


def with_period(
    periods: Iterable[DatedPeriod],
    first: date | UnsetType,
    last: date | UnsetType | None,
    role: str,
    scope: str | UnsetType | None = UNSET,
) -> list[DatedPeriod]:
    """Return `periods` with a new period, which replaces the periods that it overlaps.

    Without `first`, the new period begins when the latest period begins, or at `date.min` if there is none. Without
    `last`, the new period ends when the latest period that it replaces ends. Without `scope`, it has the scope of the
    latest period, also if it does not replace it: a limit never disappears because a record does not name it. Raises
    ValueError if the new period would end before it begins.
    """
    stored = sorted(periods, key=lambda period: period.first)
    if first is UNSET:
        first = stored[-1].first if stored else date.min
    if last is UNSET:
        replaced = [period for period in stored if period.overlaps(DatedPeriod(first, None, role))]
        last = replaced[-1].last if replaced else None
    if last is not None and last < first:
        raise ValueError("the period would end before it begins")
    if scope is UNSET:
        scope = stored[-1].scope if stored else None
    new = DatedPeriod(first, last, role, scope)
    return [*(period for period in stored if not period.overlaps(new)), new]


def ended(periods: Iterable[DatedPeriod], last: date) -> list[DatedPeriod]:
    """Return `periods`, each ending on the day `last` at the latest. Omit periods that begin after that day."""
    return [
        period._replace(last=last) if period.last is None or period.last > last else period
        for period in periods
        if period.first <= last
    ]
