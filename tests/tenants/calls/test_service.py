"""Calls are counted in memory and written every few seconds; a failed write loses none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from haas.clock import SystemClock
from haas.database import Database, Namespace, Transaction
from haas.settings import Settings
from ops.bench.call_records import differences, expected, made_up_log, replay
from ops.deployment import Deployment
from tenants.calls import CalledTenant, CallRecord, Flusher, store
from tenants.calls.counter import CallCounter
from tenants.calls.models import DisclosedData
from tenants.calls.tables import call as single_call
from tenants.calls.tables import call_batch, call_peak, call_rollup, call_second, disclosure_day, refused_day
from tenants.provisioning.owner import owner_transaction
from tenants.registry.models import Tenant
from tenants.registry.names import Roles, control_namespace

INTERACTION = "6f2b1d0c-4f4e-4bb7-8f8e-0d9b7c5a3e21"
CLOCK = SystemClock()
AT = datetime(2026, 11, 24, 10, 30, 15, 250_000, tzinfo=UTC)
WRITTEN = [table.name for table in (single_call, call_rollup, call_second, disclosure_day, call_batch, refused_day)]
"""The tables that a write of counted calls uses, in the order of their creation."""


@pytest.fixture
def control(settings: Settings) -> Namespace:
    """The control schema with the role of ordinary requests."""
    return control_namespace(settings)


def called_tenant(tenant: Tenant, **namespace: str) -> CalledTenant:
    return CalledTenant(tenant.namespace._replace(**namespace), tenant.id)


def call(tenant: CalledTenant, **changes: Any) -> CallRecord:
    values: dict[str, Any] = {
        "tenant": tenant,
        "at": AT,
        "operation": "listEnergyAccounts",
        "tier": "unattended",
        "status": 200,
        "latency": 12_000,
        "interaction_id": INTERACTION,
        **changes,
    }
    return CallRecord(**values)


async def rows(database: Database, tenant: Tenant, table: Any) -> list[dict[str, Any]]:
    async with database.transaction(tenant.namespace) as tx:
        result = await tx.execute(select(table).order_by(*table.primary_key.columns))
        return [dict(row) for row in result.mappings()]


async def test_calls_are_added_up_by_minute_operation_and_outcome(
    database: Database, tenant: Tenant, control: Namespace
) -> None:
    counter, own = CallCounter(), called_tenant(tenant)
    flusher = Flusher(database, control, CLOCK, counter)
    counter.count(call(own))
    counter.count(call(own, at=AT + timedelta(seconds=1), latency=24_000))
    counter.count(call(own, status=429, error="urn:x", throttled=True, latency=1_000))
    counter.count(call(own, operation="token", tier="other", token_issued=True, authenticated=False))
    assert await flusher.flush() == 1
    counter.count(call(own))
    assert await flusher.flush() == 1
    assert await flusher.flush() == 0

    written = await rows(database, tenant, call_rollup)
    counted = {(row["operation"], row["status"], row["latency_bucket"]): row for row in written}
    assert {key: row["calls"] for key, row in counted.items()} == {
        ("listEnergyAccounts", 200, 25): 3,
        ("listEnergyAccounts", 429, 5): 1,
        ("token", 200, 25): 1,
    }
    assert {row["minute"] for row in written} == {AT.replace(second=0, microsecond=0)}
    assert counted["listEnergyAccounts", 200, 25]["latency_total"] == 48_000
    assert counted["listEnergyAccounts", 429, 5]["throttled"] == 1
    assert counted["listEnergyAccounts", 429, 5]["error"] == "urn:x"
    assert counted["token", 200, 25]["tokens_issued"] == 1
    seconds = await rows(database, tenant, call_second)
    assert [(row["authenticated"], row["unauthenticated"]) for row in seconds] == [(3, 1), (1, 0)]


async def test_requests_to_a_secondary_data_holder_are_counted_separately(
    database: Database, tenant: Tenant, control: Namespace
) -> None:
    counter = CallCounter()
    for latency, calls, errors, rejections in (
        (1_500_000, 1, 0, 0),
        (1_500_001, 3, 1, 1),  # one call here with three calls there, of which one timed out and one was refused
        (7, 1, 0, 1),
    ):
        counter.count(
            call(
                called_tenant(tenant),
                tier="secondary",
                secondary_latency=latency,
                secondary_calls=calls,
                secondary_errors=errors,
                secondary_rejections=rejections,
            )
        )
    await Flusher(database, control, CLOCK, counter).flush()
    (row,) = await rows(database, tenant, call_rollup)
    assert (row["secondary_requests"], row["secondary_within_limit"]) == (3, 2)
    assert row["secondary_latency_total"] == 3_000_008
    assert (row["secondary_calls"], row["secondary_errors"], row["secondary_rejections"]) == (5, 1, 2)
    assert row["latency_total"] == 36_000


@pytest.mark.parametrize(("latency", "within"), [(4_500_000, 1), (4_500_001, 0)])
async def test_a_large_request_has_a_longer_limit_for_the_secondary_data_holder(
    database: Database, tenant: Tenant, control: Namespace, latency: int, within: int
) -> None:
    counter = CallCounter()
    counter.count(call(called_tenant(tenant), tier="largeSecondary", secondary_latency=latency, secondary_calls=1))
    await Flusher(database, control, CLOCK, counter).flush()
    (row,) = await rows(database, tenant, call_rollup)
    assert row["secondary_within_limit"] == within


@pytest.mark.parametrize(("latency", "bucket"), [(0, 5), (5_000, 5), (5_001, 10), (1_000_000, 1_000), (10_000_001, 0)])
async def test_a_latency_is_counted_in_the_bucket_of_its_threshold(
    database: Database, tenant: Tenant, control: Namespace, latency: int, bucket: int
) -> None:
    counter = CallCounter()
    counter.count(call(called_tenant(tenant), latency=latency))
    await Flusher(database, control, CLOCK, counter).flush()
    (row,) = await rows(database, tenant, call_rollup)
    assert row["latency_bucket"] == bucket


async def test_counts_that_cannot_be_written_are_kept_and_the_others_are_written(
    database: Database, tenant: Tenant, control: Namespace, caplog: pytest.LogCaptureFixture
) -> None:
    counter = CallCounter()
    gone = called_tenant(tenant, schema="tenant_that_is_gone")
    counter.count(call(gone))
    counter.count(call(called_tenant(tenant)))
    flusher = Flusher(database, control, CLOCK, counter)
    assert await flusher.flush() == 1
    counter.count(call(gone))
    assert await flusher.flush() == 0
    assert flusher.unwritten == 2
    assert [record.message for record in caplog.records] == ["calls.not_written"]  # once, not at each flush


async def test_the_calls_of_a_removed_tenant_are_dropped_and_its_successor_gets_none(
    deployment: Deployment, control: Namespace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    removed = await deployment.new_tenant("darter")
    counter = CallCounter()
    flusher = Flusher(deployment.database, control, CLOCK, counter)
    counter.count(call(called_tenant(removed)))
    await deployment.administration.remove("darter", actor="tests")
    assert await flusher.flush() == 0
    assert flusher.unwritten == 0

    successor = await deployment.new_tenant("darter")
    assert successor.namespace == removed.namespace
    counter.count(call(called_tenant(removed)))
    counter.count(call(called_tenant(successor), status=404))
    assert await flusher.flush() == 1
    assert flusher.unwritten == 0
    assert [row["status"] for row in await rows(deployment.database, successor, call_rollup)] == [404]
    assert [row["authenticated"] for row in await rows(deployment.database, successor, call_second)] == [1]
    await deployment.administration.remove("darter", actor="tests")
    assert [record.message for record in caplog.records if record.name == "tenants.calls.service"] == [
        "calls.tenant_removed"
    ]


async def test_a_flush_needs_one_connection_and_asks_the_registry_once(
    settings: Settings, two_tenants: tuple[Tenant, Tenant], control: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The only pool has one connection: a transaction inside another one could not begin."""
    database = Database.open(settings.database_urls, connections=1)
    begun: list[str] = []

    @asynccontextmanager
    async def counted(namespace: Namespace, *, begin: Any = database.transaction) -> AsyncIterator[Transaction]:
        begun.append(namespace.schema)
        async with begin(namespace) as tx:
            yield tx

    monkeypatch.setattr(database, "transaction", counted)
    counter = CallCounter()
    flusher = Flusher(database, control, CLOCK, counter)
    for _ in range(3):
        for tenant in two_tenants:
            counter.count(call(called_tenant(tenant)))
        assert await flusher.flush() == 2
    assert begun.count(control.schema) == 1  # the flusher remembers what it has learned
    for tenant in two_tenants:
        assert [row["calls"] for row in await rows(database, tenant, call_rollup)] == [3]
    await database.close()


async def test_calls_are_kept_while_the_registry_cannot_be_asked(
    settings: Settings, tenant: Tenant, control: Namespace
) -> None:
    """For a tenant whose schema is not known yet, and for one whose rows cannot be written."""
    counter, own = CallCounter(), called_tenant(tenant)
    database = Database.open(settings.database_urls)
    flusher = Flusher(database, control._replace(role="no_such_role"), CLOCK, counter)
    for called in (own, called_tenant(tenant, schema="tenant_that_is_gone")):
        counter.count(call(called))
    assert await flusher.flush() == 0
    await database.close()
    assert flusher.unwritten == 2


async def test_a_schema_that_was_restored_under_its_tenant_is_learned_again(
    deployment: Deployment, tenant: Tenant, control: Namespace, caplog: pytest.LogCaptureFixture
) -> None:
    """A restore from a backup makes another schema with the same name for the same tenant."""
    counter, own = CallCounter(), called_tenant(tenant)
    flusher = Flusher(deployment.database, control, CLOCK, counter)
    counter.count(call(own))
    assert await flusher.flush() == 1
    (schema, role, _), owner = tenant.namespace, Roles(deployment.settings.role_prefix).owner
    tables = [table.name for table in (single_call, call_rollup, call_second, disclosure_day, call_batch)]
    as_login, as_owner = "SET LOCAL ROLE NONE", f"SET LOCAL ROLE {owner}"
    statements = (
        as_login,
        f"CREATE SCHEMA aside AUTHORIZATION {owner}",
        as_owner,
        *(f"ALTER TABLE {schema}.{table} SET SCHEMA aside" for table in tables),
        f"DROP SCHEMA {schema} CASCADE",
        as_login,
        f"CREATE SCHEMA {schema} AUTHORIZATION {owner}",
        as_owner,
        *(f"ALTER TABLE aside.{table} SET SCHEMA {schema}" for table in tables),
        "DROP SCHEMA aside",
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
    )
    async with owner_transaction(deployment.owner, deployment.settings, tenant.namespace) as tx:
        await tx.driver.execute("; ".join(statements))
    counter.count(call(own))
    assert await flusher.flush() == 0
    assert "calls.not_written" in caplog.text
    assert await flusher.flush() == 1
    assert [row["calls"] for row in await rows(deployment.database, tenant, call_rollup)] == [2]


async def test_calls_are_written_while_another_database_node_is_unreachable(
    settings: Settings, tenant: Tenant, control: Namespace, caplog: pytest.LogCaptureFixture
) -> None:
    away = "postgresql://nobody:wrong@127.0.0.1:1/nothing"
    database = Database.open({**settings.database_urls, "away": away})
    counter = CallCounter()
    elsewhere = called_tenant(tenant, node="away")
    for called in (elsewhere, called_tenant(tenant)):
        counter.count(call(called))
    flusher = Flusher(database, control, CLOCK, counter)
    assert await flusher.flush() == 1
    await database.close()
    assert flusher.unwritten == 1
    assert "calls.not_written" in caplog.text


async def test_a_flush_that_is_cancelled_loses_no_calls(database: Database, tenant: Tenant, control: Namespace) -> None:
    """At whichever step it is cancelled, also between the commit and its answer."""
    for steps in range(60):
        counter = CallCounter()
        flusher = Flusher(database, control, CLOCK, counter)
        counter.count(call(called_tenant(tenant)))
        flushing = asyncio.create_task(flusher.flush())
        for _ in range(steps):
            await asyncio.sleep(0)
        flushing.cancel()
        await asyncio.gather(flushing, return_exceptions=True)
        await flusher.flush()
        assert [row["calls"] for row in await rows(database, tenant, call_rollup)] == [steps + 1]


async def test_no_call_is_lost_when_there_are_too_many_keys(
    database: Database, tenant: Tenant, control: Namespace, caplog: pytest.LogCaptureFixture
) -> None:
    """F-65: the error and the range of the latency are left out first, then the operation and the minute.

    The calls of a batch that could not be written still need their memory.
    """
    counter, gone = CallCounter(maximum_keys=4, maximum_rows=4), called_tenant(tenant, schema="tenant_that_is_gone")
    flusher = Flusher(database, control, CLOCK, counter)
    counter.count(call(gone))
    await flusher.flush()
    own = called_tenant(tenant)
    calls = [
        call(own, status=status, error=error, latency=micros, at=AT + timedelta(minutes=later), throttled=status == 429)
        for status in (200, 429)
        for error, micros in (("", 1_000), ("urn:x", 20_000), ("urn:y", 5_000_000))
        for later in range(20)
    ]
    for each in calls:
        counter.count(each)
    assert (counter.combined, counter.rows_lost) == (119, 117)
    assert await flusher.flush() == 1
    assert "calls.counted_with_less_detail" in caplog.text
    written = await rows(database, tenant, call_rollup)
    assert len(written) < 12
    assert {row["status"] for row in written} == {200, 429}
    assert sum(row["calls"] for row in written) == len(calls)
    assert sum(row["latency_total"] for row in written) == sum(each.latency for each in calls)
    assert sum(row["throttled"] for row in written) == 60
    assert sum(row["within_limit"] for row in written) == 40
    assert {row["minute"].minute % 15 for row in written if not row["operation"]} == {0}
    assert len(await rows(database, tenant, single_call)) == 3
    counter.count(call(own, status=500, at=AT + timedelta(hours=1)))
    assert (counter.combined, counter.rows_lost) == (0, 0)  # there is room again


async def test_a_log_is_counted_exactly_by_several_processes_that_are_restarted(
    database: Database, tenant: Tenant, control: Namespace
) -> None:
    """The smaller form of `python -m ops.bench.call_records`, with the same check of every figure."""
    log = list(made_up_log(4_000, called_tenant(tenant), AT))
    report = await replay(log, database, control, processes=3, restarts=4)
    async with database.transaction(tenant.namespace) as tx:
        await store.aggregate_minutes(tx, AT + timedelta(minutes=20))
        await store.aggregate_seconds(tx, AT + timedelta(minutes=20))
        assert await differences(tx, expected(log)) == []
        await tx.execute(call_rollup.delete().where(call_rollup.c.status == 503))
        assert await differences(tx, expected(log)) != []
    assert report.calls == 4_000


async def test_the_last_calls_are_written_when_the_process_stops(
    database: Database, tenant: Tenant, control: Namespace
) -> None:
    counter = CallCounter()
    running = asyncio.create_task(Flusher(database, control, CLOCK, counter).run())
    await asyncio.sleep(0)
    counter.count(call(called_tenant(tenant)))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert [row["calls"] for row in await rows(database, tenant, call_rollup)] == [1]


@pytest.mark.parametrize(("tenants", "seconds"), [(0, 2), (1, 2), (200, 2), (201, 2.01), (1_000, 10)])
async def test_the_more_tenants_are_called_the_less_often_their_calls_are_written(
    settings: Settings, control: Namespace, monkeypatch: pytest.MonkeyPatch, tenants: int, seconds: float
) -> None:
    """Decision 0030: a process writes the calls of at most 100 tenants in a second."""
    flusher, pauses = Flusher(Database.open(settings.database_urls), control, CLOCK, CallCounter()), []

    async def flush() -> int:
        return tenants

    async def sleep(pause: float) -> None:
        pauses.append(pause)
        if len(pauses) == 2:
            raise asyncio.CancelledError

    monkeypatch.setattr(flusher, "flush", flush)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await flusher.run()
    assert pauses == pytest.approx([2, seconds])


async def test_two_processes_add_to_the_same_rows(database: Database, tenant: Tenant, control: Namespace) -> None:
    counters = [CallCounter() for _ in range(2)]
    for counter in counters:
        for minute in range(30):
            for status in (200, 404, 500):
                counter.count(call(called_tenant(tenant), at=AT + timedelta(minutes=minute), status=status))
    await asyncio.gather(*(Flusher(database, control, CLOCK, counter).flush() for counter in counters))
    assert {row["calls"] for row in await rows(database, tenant, call_rollup)} == {2}


async def test_per_second_counts_are_reduced_to_the_peak_of_each_quarter_hour(
    database: Database, tenant: Tenant, control: Namespace
) -> None:
    """F-63: quarter hours, because the days of some zones begin at half past or at a quarter to (UTC)."""
    counter = CallCounter()
    for second, count in ((0, 2), (1, 5), (2, 3)):
        for _ in range(count):
            counter.count(call(called_tenant(tenant), at=AT.replace(second=second)))
    for _ in range(4):
        counter.count(call(called_tenant(tenant), at=AT.replace(second=2), authenticated=False))
    counter.count(call(called_tenant(tenant), at=AT - timedelta(minutes=1)))
    counter.count(call(called_tenant(tenant), at=AT + timedelta(hours=1)))
    await Flusher(database, control, CLOCK, counter).flush()
    half_past = AT.replace(second=0, microsecond=0)
    async with database.transaction(tenant.namespace) as tx:
        assert await store.aggregate_seconds(tx, half_past + timedelta(hours=1)) == 2
    async with database.transaction(tenant.namespace) as tx:
        assert await store.aggregate_seconds(tx, half_past + timedelta(hours=1)) == 0
    earlier, peak = await rows(database, tenant, call_peak)
    assert (earlier["starts_at"], earlier["aggregate"]) == (half_past - timedelta(minutes=15), 1)
    assert (peak["starts_at"], peak["aggregate"]) == (half_past, 7)
    assert (peak["authenticated"], peak["unauthenticated"]) == (5, 4)
    assert len(await rows(database, tenant, call_second)) == 1


def test_recording_2000_calls_takes_less_than_a_tenth_of_a_second() -> None:
    # 2,000 calls within a tenth of a second, so that the limit also holds on a busy machine.
    counter, own = CallCounter(), CalledTenant(Namespace("tenant_x", "x"), uuid4())
    one = call(own)
    loop = asyncio.new_event_loop()
    started = loop.time()
    for _ in range(2_000):
        counter.count(one)
    assert loop.time() - started < 0.1
    loop.close()


async def test_a_write_uses_the_tables_in_the_order_in_which_drop_schema_locks_them(
    deployment: Deployment, tenant: Tenant, control: Namespace
) -> None:
    """Otherwise the write and the removal of the tenant can wait for each other. It is the order of their creation."""
    disclosed = DisclosedData(uuid4(), "energy:accounts.basic:read", AT.date(), [str(uuid4())])
    waits = "SELECT true FROM pg_locks WHERE NOT granted AND relation = ($1 || '.' || $2)::regclass"
    schema = tenant.namespace.schema
    for number, table in enumerate(WRITTEN):
        counter = CallCounter()
        flusher = Flusher(deployment.database, control, CLOCK, counter)
        await flusher.flush()
        counter.count(call(called_tenant(tenant), disclosed=disclosed, refused={"harm"}))
        async with owner_transaction(deployment.owner, deployment.settings, tenant.namespace) as tx:
            await tx.driver.execute(f"LOCK TABLE {schema}.{table} IN ACCESS EXCLUSIVE MODE")
            flushing = asyncio.ensure_future(flusher.flush())
            while not await tx.driver.fetchval(waits, schema, table):
                assert not flushing.done(), f"nothing was written to {table}"
            for later in WRITTEN[number + 1 :]:
                await tx.driver.execute(f"LOCK TABLE {schema}.{later} IN ACCESS EXCLUSIVE MODE NOWAIT")
        assert await flushing == 1


async def test_the_written_tables_were_created_in_that_order(deployment: Deployment, tenant: Tenant) -> None:
    query = "SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relname = ANY($2) ORDER BY oid"
    async with owner_transaction(deployment.owner, deployment.settings, tenant.namespace) as tx:
        found = await tx.driver.fetch(query, tenant.namespace.schema, WRITTEN)
    assert [row["relname"] for row in found] == WRITTEN
