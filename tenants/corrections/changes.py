"""Finds data that was disclosed before and that an import is about to change (K-37; decision 0044).

Only statements about the past count: meter reads, invoices, billing transactions. A balance, a plan or an address is
current: to change it is an update, and no error. New items and equal ones are no change.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec.json import encode

from haas.business_days import end_of_business_days
from haas.database import Transaction
from tenants.corrections import store
from tenants.corrections.models import ChangedData
from tenants.operations.endpoints import ENDPOINTS
from tenants.operations.models import Resource
from tenants.operations.resources import BILLING, INVOICES, USAGE
from tenants.usage.store import changed_reads
from tenants.usage.stored_reads import StoredRead

BUSINESS_DAYS_TO_TELL: Final = 5
_SYDNEY: Final = ZoneInfo("Australia/Sydney")
CURRENT_MEMBERS: Final[Mapping[Resource, frozenset[str]]] = {
    INVOICES: frozenset({"paymentStatus"}),
    BILLING: frozenset(),
}
"""The resources of accounts that are statements about the past, with their members that are current."""
CLUSTERS: Final[Mapping[str, str]] = {
    each.resource.name: each.scope
    for each in ENDPOINTS
    if each.resource is not None and each.resource in {USAGE, INVOICES, BILLING} and each.scope is not None
}
"""The data cluster of each resource that can have findings, by the name of the resource."""


class ChangeFinder:
    """Finds the changes of one import. Call its methods before the changes are written, in the same transaction."""

    def __init__(self, import_id: UUID, now: datetime) -> None:
        """`import_id` is the same in all transactions of the import."""
        self._import_id = import_id
        self._now = now

    async def items(
        self,
        tx: Transaction,
        resource: Resource,
        replaced: Iterable[tuple[UUID, str | None]],
        written: Iterable[Mapping[str, Any]],
    ) -> int:
        """Add findings about items of accounts; return their number.

        `replaced` are the ids of the accounts, each with the retailer's reference of an item. `written` are the rows
        that replace them; an item without a row is removed.
        """
        ignored = CURRENT_MEMBERS.get(resource)
        if ignored is None:
            return 0
        named = {(owner, reference) for owner, reference in replaced if reference is not None}
        disclosed = await store.disclosed_accounts(tx, {owner for owner, _ in named}, CLUSTERS[resource.name])
        if not disclosed:
            return 0
        new = {(row["account_id"], row["reference"]): encode(row["detail"]).decode() for row in written}
        compared = [(*item, new.get(item), disclosed[item[0]]) for item in named if item[0] in disclosed]
        return await self._add(tx, await store.changed_items(tx, resource, compared, ignored))

    async def reads(self, tx: Transaction, reads: Sequence[StoredRead]) -> int:
        """Add findings about meter reads; return their number.

        Service points whose accounts were never disclosed cost one query for all reads together.
        """
        if not reads:
            return 0
        points = {read.service_point_id for read in reads}
        disclosed = await store.disclosed_points(tx, points, CLUSTERS[USAGE.name])
        if not disclosed:
            return 0
        compared = [
            read
            for read in reads
            if read.service_point_id in disclosed and read.read_start_date <= disclosed[read.service_point_id]
        ]
        found = await changed_reads(tx, compared)
        return await self._add(tx, (ChangedData(USAGE.name, None, *each) for each in found))

    async def _add(self, tx: Transaction, changes: Iterable[ChangedData]) -> int:
        found = list(changes)
        due_at = end_of_business_days(self._now, BUSINESS_DAYS_TO_TELL, _SYDNEY)
        await store.add_findings(tx, self._import_id, found, now=self._now, due_at=due_at)
        return len(found)
