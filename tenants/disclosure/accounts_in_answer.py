"""Which accounts have data in the answer to a call, for the disclosure ledger (CDR Rules 7.9, 9.3(1)(d); K-30).

Only the items of the answer decide: an account that a filter, a page or the ids of the request leave out is not
recorded, and an empty list records nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from tenants.disclosure.models import SupplyPeriod
from tenants.operations.models import NAMED_OWNERS, Resource

Supplied = Mapping[UUID, Sequence[SupplyPeriod]]
"""The periods in which each service point supplied accounts."""


def supplied_by_point(periods: Iterable[SupplyPeriod]) -> Supplied:
    """Return periods by their service point."""
    found: dict[UUID, list[SupplyPeriod]] = {}
    for each in periods:
        found.setdefault(each.service_point_id, []).append(each)
    return found


class AccountsInAnswer:
    """Collects the accounts of the items of one answer, before an item is converted to another version."""

    __slots__ = ("_complete", "_field", "_owners", "_resource", "_supplied", "accounts")

    def __init__(self, resource: Resource, owners: Sequence[UUID], supplied: Supplied) -> None:
        """Take the owners of the query, and the periods of its service points if the owners are service points."""
        self._resource = resource
        self._owners = owners
        self._supplied = supplied
        self._field = resource.id_field
        self._complete: set[str] = set()
        self.accounts: set[str | None] = set()
        """The internal ids of the accounts, as text. None: the data is about the customer."""

    def add(self, item: Any) -> None:
        """Add the accounts that an item is about."""
        if self._resource.belongs_to not in NAMED_OWNERS:
            self.accounts.add(None)
        elif self._field is None:
            # Such items are given only for the account that the path names.
            self.accounts.update(str(owner) for owner in self._owners)
        elif self._resource.belongs_to == "account":
            self.accounts.add(getattr(item, self._field).value)
        else:
            self._add_supplied(getattr(item, self._field).value, item)

    def _add_supplied(self, point: str, item: Any) -> None:
        if point in self._complete:
            return
        periods = self._supplied.get(UUID(point), ())
        if len(periods) == 1:
            self._complete.add(point)
        for each in periods:
            if len(periods) == 1 or not self._resource.disclosed_by_day or _is_in(each, item):
                self.accounts.add(str(each.account_id))


def _is_in(period: SupplyPeriod, item: Any) -> bool:
    """Return whether the days of a read overlap a period. For a current supply the recipient may have every day."""
    first: date = item.readStartDate
    last: date = item.readEndDate or first
    return period.is_current or (last >= period.first and (period.last is None or first <= period.last))
