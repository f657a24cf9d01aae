"""Disclosures are counted in memory with a limit, beside the calls and in the same batches."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from haas.clock import SystemClock
from haas.database import Database
from haas.settings import Settings
from tenants.calls import CalledTenant, CallRecord, Flusher, store
from tenants.calls.counter import CallCounter
from tenants.calls.disclosures import EntryLimit
from tenants.calls.models import DisclosedData, DisclosureDay
from tenants.registry.models import Tenant
from tenants.registry.names import control_namespace
from tests.support.rows import run

AT = datetime(2026, 11, 24, 10, 30, 15, tzinfo=UTC)
CLUSTER = "energy:billing:read"
ARRANGEMENT = uuid4()
FIRST, SECOND, THIRD = sorted(uuid4() for _ in range(3))


def call(tenant: Tenant, *accounts: object, at: datetime = AT) -> CallRecord:
    return CallRecord(
        tenant=CalledTenant(tenant.namespace, tenant.id),
        at=at,
        operation="listEnergyAccounts",
        tier="unattended",
        status=200,
        latency=12_000,
        interaction_id=str(uuid4()),
        disclosed=DisclosedData(ARRANGEMENT, CLUSTER, date(2026, 11, 24), [str(each) for each in accounts]),
    )


async def test_disclosures_without_room_are_reported_and_written_ones_make_room(
    database: Database, tenant: Tenant, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    limit = EntryLimit(2)
    counter = CallCounter(maximum_keys=1, disclosure_limit=limit)
    flusher = Flusher(database, control_namespace(settings), SystemClock(), counter)
    later = AT + timedelta(seconds=30)
    for accounts, at in (((FIRST,), later), ((FIRST, SECOND), AT), ((FIRST, SECOND, THIRD), AT)):
        counter.count(call(tenant, *accounts, at=at))
    assert (limit.free, limit.lost) == (0, 1)
    assert await flusher.flush() == 1
    assert (limit.free, limit.lost) == (2, 0)
    [dropped] = [record for record in caplog.records if record.message == "disclosures.dropped"]
    assert vars(dropped)["disclosures"] == 1
    counter.count(call(tenant, THIRD))
    await flusher.flush()
    key = {"arrangement_id": ARRANGEMENT, "cluster": CLUSTER, "day": date(2026, 11, 24)}
    assert await run(database, tenant, store.disclosures, ARRANGEMENT) == [
        DisclosureDay(**key, account_id=FIRST, calls=3, last_at=later),
        DisclosureDay(**key, account_id=SECOND, calls=2, last_at=AT),
        DisclosureDay(**key, account_id=THIRD, calls=1, last_at=AT),
    ]


async def test_a_call_whose_key_has_no_room_is_still_a_disclosure(tenant: Tenant) -> None:
    counter = CallCounter(maximum_keys=0)
    counter.count(call(tenant, FIRST))
    calls = counter.take(CalledTenant(tenant.namespace, tenant.id))
    assert counter.combined == 1
    assert calls is not None
    assert [day.account_id for day in calls.disclosures.days()] == [FIRST]
