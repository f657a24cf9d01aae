"""Counting of disclosures in memory: which accounts had data in the answers to a recipient (CDR Rules 7.9, 9.3(1)(d)).

An entry is an account of an arrangement with a data cluster and a day: the key of a row of the disclosure ledger.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from tenants.calls.models import DisclosedData, DisclosureDay

MAXIMUM_ENTRIES: Final = 100_000
"""Per process. An entry needs about 200 bytes. An arrangement can have thousands of accounts."""


class _Group(NamedTuple):
    """The part of the key that all accounts of one answer have in common."""

    arrangement_id: UUID
    cluster: str
    day: date


class DaySum(msgspec.Struct):
    """How often something happened on a day, and when last."""

    calls: int
    last_at: datetime

    def add(self, at: datetime) -> None:
        """Add a call that began at `at`."""
        self.calls += 1
        self.last_at = max(self.last_at, at)


class EntryLimit:
    """The number of entries that are in memory, for all tenants of the process."""

    def __init__(self, maximum: int = MAXIMUM_ENTRIES) -> None:
        """Permit `maximum` entries. `lost` counts the disclosures that would need more."""
        self.free = maximum
        self.lost = 0


class Disclosures:
    """The disclosures of one tenant since the last write."""

    __slots__ = ("_groups", "_limit", "number")

    def __init__(self, limit: EntryLimit) -> None:
        """Take the limit that all tenants share."""
        self._groups: dict[_Group, dict[str | None, DaySum]] = {}
        self._limit = limit
        self.number = 0
        """The number of entries."""

    def add(self, disclosed: DisclosedData, at: datetime) -> None:
        """Add the disclosures of one answer to a call that began at `at`."""
        group = _Group(disclosed.arrangement_id, disclosed.cluster, disclosed.day)
        sums = self._groups.get(group)
        if sums is None:
            sums = self._groups[group] = {}
        for account in disclosed.accounts:
            known = sums.get(account)
            if known is not None:
                known.add(at)
            elif self._limit.free:
                self._limit.free -= 1
                self.number += 1
                sums[account] = DaySum(1, at)
            else:
                self._limit.lost += 1

    def release(self) -> None:
        """Make room for other entries: these are no longer in memory."""
        self._limit.free += self.number

    def days(self) -> Iterator[DisclosureDay]:
        """Yield the entries as rows of the ledger."""
        for (arrangement_id, cluster, day), sums in self._groups.items():
            for account, each in sums.items():
                yield DisclosureDay(
                    arrangement_id=arrangement_id,
                    account_id=None if account is None else UUID(account),
                    cluster=cluster,
                    day=day,
                    calls=each.calls,
                    last_at=each.last_at,
                )
