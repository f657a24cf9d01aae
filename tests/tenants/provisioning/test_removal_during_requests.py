"""A tenant is removed, and another one is created with the same slug, while transactions use the first one.

The removed tenant is called the predecessor, and the new one the successor. The tests stop each task at a chosen point
with an event.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select

from haas.database import Database, Namespace, Transaction
from ops.deployment import Deployment
from tenants.calls import CalledTenant, CallRecord, Flusher, store
from tenants.calls.counter import CallCounter
from tenants.calls.tables import call_rollup, call_second
from tenants.notices.tables import outbox
from tenants.provisioning import administration
from tenants.provisioning.owner import owner_transaction, registry_and_tenant
from tenants.registry.models import Tenant
from tenants.registry.names import control_namespace

AT = datetime(2026, 11, 24, 10, 30, 15, tzinfo=UTC)
LONGEST_WAIT = 30
"""Seconds after which a test fails. What the tests wait for happens within a fraction of a second."""


class Brand:
    """A brand with the slug `lorikeet`, and a flusher that has counted calls of it and has not written them yet."""

    def __init__(self, deployment: Deployment, tenant: Tenant) -> None:
        self.deployment, self.tenant, self.database = deployment, tenant, deployment.database
        self.counter = CallCounter()
        self.control = control_namespace(deployment.settings)
        self.flusher = Flusher(self.database, self.control, deployment.clock, self.counter)

    def record(self, status: int = 200) -> None:
        """Count a call of the brand."""
        self.counter.count(self.call(status))

    def call(self, status: int = 200) -> CallRecord:
        return CallRecord(
            tenant=CalledTenant(self.tenant.namespace, self.tenant.id),
            at=AT,
            operation="listEnergyAccounts",
            tier="unattended",
            status=status,
            latency=12_000,
            interaction_id="6f2b1d0c-4f4e-4bb7-8f8e-0d9b7c5a3e21",
        )

    async def remove(self) -> None:
        await self.deployment.administration.remove("lorikeet", actor="tests")

    async def create_successor(self) -> Tenant:
        successor = await self.deployment.new_tenant("lorikeet")
        assert successor.namespace == self.tenant.namespace
        return successor

    async def replace(self) -> Tenant:
        await self.remove()
        return await self.create_successor()

    async def until_a_transaction_waits(self) -> None:
        """Return when a transaction waits for a lock that another one holds."""
        waiting = (
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
        )
        async with asyncio.timeout(LONGEST_WAIT):
            while True:
                async with owner_transaction(self.deployment.owner, self.deployment.settings) as tx:
                    if await tx.driver.fetchval(waiting):
                        return

    async def call_rows(self) -> list[Any]:
        """Return the call records of the brand that has the slug now."""
        async with self.database.transaction(self.tenant.namespace) as tx:
            return [row for table in (call_rollup, call_second) for row in await tx.execute(select(table))]


@pytest.fixture
async def brand(deployment: Deployment) -> AsyncIterator[Brand]:
    found = Brand(deployment, await deployment.new_tenant("lorikeet"))
    yield found
    for tenant in await deployment.administration.all():
        if tenant.slug == "lorikeet":
            await found.remove()


@pytest.fixture
def uncommitted_removal(monkeypatch: pytest.MonkeyPatch) -> "Stop":
    """Stop a removal after the schema and the role were dropped, and before the commit."""
    stop = Stop()

    @asynccontextmanager
    async def stopped(*arguments: Any, **options: Any) -> AsyncIterator[tuple[Transaction, Transaction]]:
        async with registry_and_tenant(*arguments, **options) as transactions:
            yield transactions
            await stop()

    monkeypatch.setattr(administration, "registry_and_tenant", stopped)
    return stop


class Stop:
    """A point at which a task waits until the test calls `go_on`."""

    def __init__(self) -> None:
        self.reached, self._go_on = asyncio.Event(), asyncio.Event()

    async def __call__(self) -> None:
        self.reached.set()
        await self._go_on.wait()

    def go_on(self) -> None:
        self._go_on.set()


async def finished(task: "asyncio.Future[Any]") -> Any:
    async with asyncio.timeout(LONGEST_WAIT):
        return await task


async def test_a_removal_waits_for_the_transactions_of_open_requests(brand: Brand) -> None:
    async with brand.database.transaction(brand.tenant.namespace) as tx:
        await tx.execute(select(outbox))
        removal = asyncio.ensure_future(brand.remove())
        await brand.until_a_transaction_waits()
        assert not removal.done()
        assert list(await tx.execute(select(outbox))) == []  # the request still reads its tenant
    await finished(removal)
    assert "lorikeet" not in {tenant.slug for tenant in await brand.deployment.administration.all()}


async def test_a_request_during_an_uncommitted_removal_writes_nothing_to_the_successor(
    brand: Brand, uncommitted_removal: Stop
) -> None:
    async def request() -> None:
        async with brand.database.transaction(brand.tenant.namespace) as tx:
            await tx.execute(insert(call_second).values(second=AT, authenticated=1, unauthenticated=0))

    replacing = asyncio.ensure_future(brand.replace())
    await uncommitted_removal.reached.wait()
    requesting = asyncio.ensure_future(request())
    await brand.until_a_transaction_waits()
    uncommitted_removal.go_on()
    outcome, _ = await finished(asyncio.gather(requesting, replacing, return_exceptions=True))
    assert isinstance(outcome, Exception)
    assert await brand.call_rows() == []


async def test_calls_that_are_being_written_are_committed_and_then_removed(
    brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, add_batch = Stop(), store.add_batch

    async def written(tx: Transaction, *batch: Any) -> int | None:
        schema_id = await add_batch(tx, *batch)
        await stop()
        return schema_id

    monkeypatch.setattr(store, "add_batch", written)
    brand.record()
    flushing = asyncio.ensure_future(brand.flusher.flush())
    await stop.reached.wait()
    replacing = asyncio.ensure_future(brand.replace())
    await brand.until_a_transaction_waits()
    stop.go_on()
    assert await finished(flushing) == 1
    await finished(replacing)
    assert await brand.call_rows() == []
    assert brand.flusher.unwritten == 0


async def test_calls_that_are_written_during_an_uncommitted_removal_are_dropped(
    brand: Brand, uncommitted_removal: Stop
) -> None:
    brand.record()
    replacing = asyncio.ensure_future(brand.replace())
    await uncommitted_removal.reached.wait()
    flushing = asyncio.ensure_future(brand.flusher.flush())
    await brand.until_a_transaction_waits()
    uncommitted_removal.go_on()
    assert await finished(flushing) == 0
    await finished(replacing)
    await brand.flusher.flush()
    assert await brand.call_rows() == []
    assert brand.flusher.unwritten == 0


Before = Callable[[Brand, Stop, pytest.MonkeyPatch], Awaitable[None]]


async def before_the_transaction(brand: Brand, stop: Stop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the flusher after it has learned that the tenant exists, and before the transaction that writes."""
    brand.record()
    assert await brand.flusher.flush() == 1
    begin = brand.database.transaction

    @asynccontextmanager
    async def stopped(namespace: Namespace) -> AsyncIterator[Transaction]:
        if namespace == brand.tenant.namespace:
            await stop()
        async with begin(namespace) as tx:
            yield tx

    database = Database({})
    monkeypatch.setattr(database, "transaction", stopped)
    monkeypatch.setattr(brand.flusher, "_database", database)


async def before_the_rows(brand: Brand, stop: Stop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the flusher in the transaction that writes, before its first row."""
    add_batch = store.add_batch

    async def stopped(tx: Transaction, *batch: Any) -> int | None:
        await stop()
        return await add_batch(tx, *batch)

    monkeypatch.setattr(store, "add_batch", stopped)


async def before_the_registry_is_asked(brand: Brand, stop: Stop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the flusher after it has read the id of the schema, and before it asks the registry."""
    begin = brand.database.transaction

    @asynccontextmanager
    async def stopped(namespace: Namespace) -> AsyncIterator[Transaction]:
        if namespace == brand.control:
            await stop()
        async with begin(namespace) as tx:
            yield tx

    database = Database({})
    monkeypatch.setattr(database, "transaction", stopped)
    monkeypatch.setattr(brand.flusher, "_database", database)


@pytest.mark.parametrize("point", [before_the_transaction, before_the_rows, before_the_registry_is_asked])
async def test_the_successor_that_is_created_during_a_flush_gets_no_calls_of_its_predecessor(
    brand: Brand, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, point: Before
) -> None:
    caplog.set_level("INFO")
    stop = Stop()
    await point(brand, stop, monkeypatch)
    brand.record(404)
    flushing = asyncio.ensure_future(brand.flusher.flush())
    await stop.reached.wait()
    successor = await brand.replace()
    stop.go_on()
    assert await finished(flushing) == 0
    assert await brand.call_rows() == []
    assert brand.flusher.unwritten == 0
    logged = [record.message for record in caplog.records if record.name == "tenants.calls.service"]
    assert logged == ["calls.tenant_removed"]
    brand.tenant = successor
    brand.record(500)
    assert await brand.flusher.flush() == 1
    assert [row.status for row in (await brand.call_rows())[:1]] == [500]


async def test_many_flushes_during_a_replacement_leave_no_call_of_the_predecessor(brand: Brand) -> None:
    """No task is stopped. In every order, the flushes write to the predecessor or do not write."""

    async def flush_until(done: asyncio.Event) -> int:
        counter = CallCounter()
        flusher = Flusher(brand.database, brand.control, brand.deployment.clock, counter)
        while not done.is_set():
            counter.count(brand.call())
            await flusher.flush()
        await flusher.flush()
        return flusher.unwritten

    done = asyncio.Event()
    flushing = [asyncio.ensure_future(flush_until(done)) for _ in range(3)]
    await brand.replace()
    done.set()
    assert await finished(asyncio.gather(*flushing)) == [0, 0, 0]
    assert await brand.call_rows() == []
