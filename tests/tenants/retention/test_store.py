"""Records are deleted six years after their end, unless a legal hold keeps them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, update

from haas.clock import MovableClock
from haas.database import Database
from tenants.accounts.tables import harm_flag, ineligibility, refusal, secondary_user_instruction, sharing_block
from tenants.arrangements.tables import arrangement, authorisation
from tenants.calls.tables import disclosure_day, refused_day
from tenants.clients.tables import client
from tenants.corrections.tables import affected_disclosure, disclosure_finding
from tenants.housekeeping.service import Housekeeping
from tenants.notices.tables import outbox
from tenants.records.tables import complaint, correction_request, record_request
from tenants.registry.models import Tenant
from tenants.retention import service, store
from tenants.retention.errors import HoldRefused
from tenants.retention.store import AFTER_SIX_YEARS
from tenants.retention.tables import legal_hold
from tests.support.clients import add_client
from tests.support.consents import add_arrangement
from tests.support.customers import CustomerData
from tests.support.rows import count, execute, one, run

SIX_YEARS = timedelta(days=6 * 365 + 2)
PURGED = {purge.table for purge in AFTER_SIX_YEARS}


class Records:
    """One row of each kind of record of one customer, which ended at a time."""

    def __init__(self, database: Database, tenant: Tenant) -> None:
        self._database, self._tenant = database, tenant
        self.customer_id = self.arrangement_id = UUID(int=0)

    async def add(self, ended: datetime) -> None:
        client_id = await add_client(self._database, self._tenant, ended)
        self.arrangement_id = await add_arrangement(self._database, self._tenant, client_id, ended)
        of_arrangement = arrangement.c.id == self.arrangement_id
        self.customer_id = (await one(self._database, self._tenant, arrangement, of_arrangement)).customer_id
        await self._run(update(arrangement).where(of_arrangement).values(ended_at=ended, ended_by="consumer"))
        await self._run(update(client).where(client.c.client_id == client_id).values(removed_at=ended))
        account_id = await CustomerData(self._database, self._tenant, lambda: ended).add_account("A", self.customer_id)
        self.account_id, finding_id = account_id, uuid4()
        by, of = (
            {"id": uuid4(), "since": ended, "until": ended + timedelta(seconds=1)},
            {"customer_id": self.customer_id},
        )
        received = {"id": uuid4(), "channel": "phone", "received_at": ended, "due_on": ended.date(), "recorded_by": "x"}
        about = {"arrangement_id": self.arrangement_id}
        rows: list[tuple[Any, dict[str, Any]]] = [
            (
                disclosure_day,
                {"id": uuid4(), "cluster": "c", "day": ended.date(), "calls": 1, "last_at": ended, **about},
            ),
            (
                outbox,
                {
                    "id": uuid4(),
                    "kind": "arrangement-revoked",
                    "payload": {},
                    "created_at": ended,
                    "due_at": ended,
                    "done_at": ended,
                    **about,
                },
            ),
            (refusal, {"reason": "harm", "rule": "4.7(1)(a)", "refused_by": "staff", **by, **of}),
            (
                complaint,
                {
                    "id": uuid4(),
                    "kind": "consumer",
                    "type": "t",
                    "received_at": ended,
                    "resolved_at": ended,
                    "outcome": "o",
                    "recorded_by": "x",
                    **of,
                },
            ),
            (
                correction_request,
                {
                    **received,
                    **of,
                    "data": "billing",
                    "acknowledged_at": ended,
                    "decision": "corrected",
                    "decided_at": ended,
                    "told_by": "email",
                },
            ),
            (
                record_request,
                {**received, **of, "delivered_at": ended, "delivery_channel": "post", "delivered_by": "x"},
            ),
            (
                refused_day,
                {
                    "id": uuid4(),
                    "day": ended.date(),
                    "request": "data",
                    "reason": "harm",
                    "rule": "4.7(1)(a)",
                    "calls": 1,
                    "last_at": ended,
                    **about,
                },
            ),
            (
                disclosure_finding,
                {
                    "id": finding_id,
                    "import_id": uuid4(),
                    "resource": "invoice",
                    "account_id": account_id,
                    "first_day": ended.date(),
                    "last_day": ended.date(),
                    "found_at": ended,
                    "due_at": ended,
                    "state": "confirmed",
                    "decided_at": ended,
                    "decided_by": "x",
                    "decision": "wrong",
                },
            ),
            (
                affected_disclosure,
                {
                    "id": uuid4(),
                    "finding_id": finding_id,
                    "account_id": account_id,
                    "cluster": "c",
                    "first_day": ended.date(),
                    "last_day": ended.date(),
                    "state": "unreachable",
                    **about,
                },
            ),
            (sharing_block, {"account_id": account_id, "set_by": "staff", **by, **of}),
            (harm_flag, {"account_id": account_id, "set_by": "s", "since": by["since"], "until": by["until"], **of}),
            (
                ineligibility,
                {
                    "id": uuid4(),
                    "reason": "other",
                    "valid_from": ended.date(),
                    "valid_to": ended.date(),
                    "set_by": "staff",
                    **of,
                },
            ),
        ]
        for table, row in rows:
            await self._run(insert(table).values(**row))

    async def left(self) -> set[str]:
        """Return the names of the tables that still have a row of the customer."""
        found = set()
        for table in PURGED - {client, legal_hold, secondary_user_instruction}:
            columns = {
                "arrangement_id": self.arrangement_id,
                "customer_id": self.customer_id,
                "proposed_by": self.customer_id,
                "account_id": self.account_id,
            }
            (column,) = [name for name in columns if name in table.c][:1]
            if await count(self._database, self._tenant, table, table.c[column] == columns[column]):
                found.add(table.name)
        return found

    async def _run(self, statement: Any) -> None:
        await execute(self._database, self._tenant, statement)


ADDED = {
    *("arrangement", "disclosure_day", "outbox", "refusal", "complaint", "correction_request", "record_request"),
    *("sharing_block", "harm_flag", "ineligibility", "refused_day", "disclosure_finding"),
}


async def test_records_are_deleted_after_six_years_unless_a_hold_keeps_them(
    database: Database, tenant: Tenant, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, free, young = [Records(database, tenant) for _ in range(3)]
    old = clock.now() - SIX_YEARS - timedelta(days=1)
    for records in (held, free):
        await records.add(old)
    await young.add(clock.now() - SIX_YEARS + timedelta(days=5))
    by = {"actor": "operator:ada", "now": clock.now()}
    kept = await run(database, tenant, service.hold, reason="A proceeding.", customer_id=held.customer_id, **by)
    again = await run(database, tenant, service.hold, reason="Again.", customer_id=held.customer_id, **by)
    assert again == kept
    everything = await run(database, tenant, service.hold, reason="An audit.", **by)
    housekeeping = Housekeeping(database, clock)
    await housekeeping.sweep(tenant)
    assert await free.left() == ADDED, "a hold of the tenant keeps everything"

    await run(database, tenant, service.release, everything.id, reason="It is over.", **by)
    monkeypatch.setattr(store, "BATCH", 1)
    await housekeeping.sweep(tenant)
    assert (await free.left(), await held.left(), await young.left()) == (set(), ADDED, ADDED)
    assert await count(database, tenant, authorisation) == 2
    assert await count(database, tenant, client, client.c.kind == "software-product") == 2, "records name it"

    await run(database, tenant, service.release, kept.id, reason="It is over.", **by)
    of_arrangement = await run(
        database, tenant, service.hold, reason="One consent.", arrangement_id=held.arrangement_id, **by
    )
    await housekeeping.sweep(tenant)
    of_the_arrangement = {"arrangement", "disclosure_day", "refused_day", "disclosure_finding", "outbox"}
    assert await held.left() == of_the_arrangement
    with pytest.raises(HoldRefused):
        await run(database, tenant, service.release, kept.id, reason="Again.", **by)
    with pytest.raises(HoldRefused):
        await run(database, tenant, service.hold, reason="Nobody.", customer_id=uuid4(), **by)
    listed = await run(database, tenant, service.holds)
    assert [each.until is None for each in listed if each.id == of_arrangement.id] == [True]
    clock.move(SIX_YEARS + timedelta(days=1))
    for left in (2, 1, 1):  # a purge deletes one batch at a time, here of one row
        await housekeeping.sweep(tenant)
        assert await count(database, tenant, legal_hold) == left
    assert await count(database, tenant, refusal) == 0
    await run(
        database, tenant, service.release, of_arrangement.id, reason="The tenant is removed after the test.", **by
    )
