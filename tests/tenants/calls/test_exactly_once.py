"""Counted calls are written exactly once although a COMMIT is not answered, and a killed process loses few of them."""

import asyncio
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from haas.clock import MovableClock
from haas.database import Database
from haas.settings import ApplicationSettings
from ops.deployment import Deployment
from tenants.calls import CalledTenant, CallRecord, Flusher, store
from tenants.calls.counter import CallCounter
from tenants.calls.models import DisclosedData
from tenants.calls.service import SECONDS_BETWEEN_FLUSHES
from tenants.calls.tables import call_rollup, call_second, disclosure_day
from tenants.registry.models import Tenant
from tenants.registry.names import control_namespace
from tests.support.postgres_proxy import CutAt, PostgresProxy
from tests.support.processes import python
from tests.support.rows import execute

ARRANGEMENT = uuid4()
LONGEST_WAIT = 60
"""Seconds after which a test fails. What the tests wait for happens within seconds."""


@pytest.fixture
async def proxy(deployment: Deployment) -> AsyncIterator[PostgresProxy]:
    async with PostgresProxy(deployment.settings.database_url).serving() as proxy:
        yield proxy


def call(tenant: Tenant, clock: MovableClock) -> CallRecord:
    return CallRecord(
        tenant=CalledTenant(tenant.namespace, tenant.id),
        at=clock.now(),
        operation="listEnergyAccounts",
        tier="unattended",
        status=200,
        latency=12_000,
        interaction_id=str(uuid4()),
        disclosed=DisclosedData(ARRANGEMENT, "energy:billing:read", clock.now().date(), {str(ARRANGEMENT), None}),
    )


async def written(database: Database, tenant: Tenant) -> tuple[int, int, int]:
    """Return the number of calls by the sums of minutes, by the sums of seconds, and by the disclosure ledger."""
    rollup = await execute(database, tenant, call_rollup.select())
    seconds = await execute(database, tenant, call_second.select())
    disclosed = await execute(database, tenant, disclosure_day.select())
    assert {row.account_id for row in disclosed} <= {ARRANGEMENT, None}
    return (
        sum(row.calls for row in rollup),
        sum(row.authenticated + row.unauthenticated for row in seconds),
        sum(row.calls for row in disclosed) // 2,
    )


@pytest.mark.parametrize(("cut_at", "after_the_cut"), [("answer", 5), ("statement", 2)])
async def test_calls_are_counted_once_if_the_connection_is_lost_during_commit(
    *,
    deployment: Deployment,
    tenant: Tenant,
    clock: MovableClock,
    proxy: PostgresProxy,
    cut_at: CutAt,
    after_the_cut: int,
) -> None:
    database, counter = Database.open({"main": proxy.proxied_url}, connections=1), CallCounter()
    flusher = Flusher(database, control_namespace(deployment.settings), clock, counter)
    for _ in range(2):
        counter.count(call(tenant, clock))
    assert await flusher.flush() == 1

    for _ in range(3):
        counter.count(call(tenant, clock))
    proxy.cut_at = cut_at
    assert await flusher.flush() == 0
    assert proxy.cuts == 1
    assert await written(deployment.database, tenant) == (after_the_cut,) * 3
    assert flusher.unwritten == 3

    counter.count(call(tenant, clock))
    assert await flusher.flush() == 1
    assert await written(deployment.database, tenant) == (6, 6, 6)
    assert flusher.unwritten == 0
    await database.close()


async def test_a_batch_is_written_once_although_its_first_transaction_has_not_ended(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    """The server may still work on the first one when the process, which has lost its connection, tries again."""
    counter, process = CallCounter(), uuid4()
    counter.count(call(tenant, clock))
    calls = counter.take(CalledTenant(tenant.namespace, tenant.id))
    assert calls is not None

    async def write() -> int | None:
        async with database.transaction(tenant.namespace) as tx:
            return await store.add_batch(tx, calls, process, 1, clock.now())

    async with database.transaction(tenant.namespace) as tx:
        assert await store.add_batch(tx, calls, process, 1, clock.now()) == await store.schema_id(tx)
        again = asyncio.ensure_future(write())
        await _until_a_transaction_waits(database, tenant)
        assert not again.done()
    assert await again is None


async def _until_a_transaction_waits(database: Database, tenant: Tenant) -> None:
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
    async with asyncio.timeout(LONGEST_WAIT):
        while True:
            async with database.transaction(tenant.namespace) as tx:
                if await tx.driver.fetchval(waiting) is not None:
                    return


@asynccontextmanager
async def serving(deployment: Deployment, socket: Path) -> AsyncIterator[Process]:
    process = await python(
        deployment.settings, "-m", "ops.cli", "serve", "--socket", str(socket), kind=ApplicationSettings
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def get_status(http: httpx.AsyncClient) -> None:
    answer = await http.get("/cds-au/v1/discovery/status", headers={"x-v": "1"})
    assert answer.status_code == 200, answer.text


def caller(tenant: Tenant, socket: Path) -> httpx.AsyncClient:
    """Return a client of a process. It waits until the process listens."""
    return httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(uds=str(socket), retries=9), base_url=f"http://{tenant.hosts.public}"
    )


async def test_a_process_that_ends_on_sigterm_writes_its_last_calls(
    deployment: Deployment, tenant: Tenant, state_folder: Path
) -> None:
    socket = state_folder / "calls-sigterm"
    async with serving(deployment, socket) as process:
        # A process ends only when the connections to it are closed.
        async with caller(tenant, socket) as http:
            for _ in range(3):
                await get_status(http)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(LONGEST_WAIT):
            await process.wait()
    assert await written(deployment.database, tenant) == (3, 3, 0)


async def test_a_process_that_is_killed_loses_only_the_calls_of_one_interval(
    deployment: Deployment, tenant: Tenant, state_folder: Path
) -> None:
    """The process writes without being asked, and the calls that it has written are never lost."""
    assert SECONDS_BETWEEN_FLUSHES <= 2
    socket = state_folder / "calls-sigkill"
    async with serving(deployment, socket) as process, caller(tenant, socket) as http:
        for _ in range(3):
            await get_status(http)
        async with asyncio.timeout(LONGEST_WAIT):
            while (await written(deployment.database, tenant))[0] < 3:
                pass
        await get_status(http)
        process.kill()
        await process.wait()
    assert (await written(deployment.database, tenant))[0] in {3, 4}
