"""Refused requests are counted in memory with the limit of the disclosures, and written with the calls."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import msgspec

from haas.clock import SystemClock
from haas.database import Database
from haas.settings import Settings
from tenants.accounts.models import RequestRefusal
from tenants.calls import CalledTenant, CallRecord, Flusher, store
from tenants.calls.counter import CallCounter
from tenants.calls.disclosures import EntryLimit
from tenants.registry.models import Tenant
from tenants.registry.names import control_namespace
from tests.support.rows import run

AT = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)  # half past midnight on the 25th in the market's time zone


async def test_refusals_without_room_are_lost_and_written_ones_make_room(
    database: Database, tenant: Tenant, settings: Settings
) -> None:
    limit = EntryLimit(2)
    counter = CallCounter(disclosure_limit=limit)
    flusher = Flusher(database, control_namespace(settings), SystemClock(), counter)
    arrangement_id = uuid4()

    def count(*reasons: RequestRefusal, at: datetime = AT) -> None:
        counter.count(
            CallRecord(
                tenant=CalledTenant(tenant.namespace, tenant.id),
                at=at,
                operation="listEnergyAccounts",
                tier="unattended",
                status=200,
                latency=12_000,
                interaction_id=str(uuid4()),
                arrangement_id=arrangement_id,
                refused=reasons,
            )
        )

    count("harm", "security")
    count("harm", at=AT + timedelta(seconds=1))
    count("harm", "data-standards")
    assert (limit.free, limit.lost) == (0, 1)
    await flusher.flush()
    assert (limit.free, limit.lost) == (2, 0)
    count("harm")
    await flusher.flush()
    found = await run(database, tenant, store.refusal_figures, date(2026, 11, 25), date(2026, 11, 25))
    assert [msgspec.structs.astuple(each) for each in found] == [
        ("4.7(1)(a)", "harm", "data", 4, 1),
        ("4.7(1)(b)", "security", "data", 1, 1),
    ]
