"""Each database node has a leader, a listener and sweeps of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import func, select

from haas.clock import MovableClock
from haas.database import Database
from haas.database.dedicated import dedicated_connection
from haas.jobs import Jobs, open_broker
from haas.settings import MAIN_NODE
from ops.deployment import Deployment
from tenants.calls.tables import call_peak, call_second
from tenants.keys.creation import NewSigningKey
from tenants.notices.outbox import put
from tenants.registry.models import Tenant
from tenants.services import Services
from tests.support.mail_server import MailServer
from tests.support.nodes import SECOND, shut_out
from workers.dispatch import Dispatcher
from workers.schedule import LEADER_LOCK, Scheduler, schedule
from workers.tasks import Tasks

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture
async def pair(
    two_nodes: Deployment, signing_keys: Iterator[Sequence[NewSigningKey]]
) -> AsyncIterator[tuple[Tenant, Tenant]]:
    """A tenant of the main node and one of the second."""
    here = await two_nodes.new_tenant("kite", signing_keys=next(signing_keys))
    there = await two_nodes.new_tenant("osprey", signing_keys=next(signing_keys), node=SECOND)
    yield here, there
    for tenant in (here, there):
        await two_nodes.administration.remove(tenant.slug, actor="tests")


@pytest.fixture
async def services(two_nodes: Deployment, mail: MailServer) -> AsyncIterator[Services]:
    """The services of a process with an unreachable broker, so that the scheduler itself does the work."""
    services = Services.open(msgspec.structs.replace(two_nodes.settings, smtp_url=mail.url, redis_url=NOBODY))
    yield services
    await services.close()


async def write(deployment: Deployment, tenant: Tenant) -> None:
    async with deployment.database.transaction(tenant.namespace) as tx:
        payload = {"to": "a@example.test", "subject": "s", "text": "t"}
        await put(tx, "email", payload, now=deployment.clock.now())


async def leads(url: str) -> None:
    """Return when a scheduler holds the leader's lock of the node at `url`."""
    async with asyncio.timeout(30):
        while True:
            async with dedicated_connection(url, "test") as connection:
                if not await connection.try_lock(LEADER_LOCK):
                    return
            await asyncio.sleep(0.05)


async def test_notices_on_both_nodes_are_delivered(
    two_nodes: Deployment, services: Services, pair: tuple[Tenant, Tenant], mail: MailServer
) -> None:
    stopping = asyncio.Event()
    running = asyncio.create_task(schedule(services.settings, stopping))
    try:
        for url in services.settings.database_urls.values():
            await leads(url)
        for number in (1, 2):
            for tenant in pair:
                await write(two_nodes, tenant)
                await mail.arrived(number, tenant)
    finally:
        stopping.set()
        await running


async def test_an_unreachable_node_does_not_stop_the_jobs_of_the_other(
    *,
    two_nodes: Deployment,
    services: Services,
    pair: tuple[Tenant, Tenant],
    mail: MailServer,
    second_superuser_url: str,
) -> None:
    here, there = pair
    stopping = asyncio.Event()
    running = asyncio.create_task(schedule(services.settings, stopping))
    try:
        await leads(services.settings.database_urls[SECOND])
        await write(two_nodes, there)
        await mail.arrived(1, there)
        async with shut_out(second_superuser_url, f"{two_nodes.settings.role_prefix}_app"):
            await write(two_nodes, here)
            await mail.arrived(1, here)
        await write(two_nodes, there)
        await mail.arrived(2, there)
    finally:
        stopping.set()
        await running


async def test_a_sweep_of_the_outbox_delivers_only_for_the_tenants_of_its_node(
    two_nodes: Deployment, services: Services, pair: tuple[Tenant, Tenant], mail: MailServer
) -> None:
    here, there = pair
    for tenant in pair:
        await write(two_nodes, tenant)
    for node, before, after in ((MAIN_NODE, (0, 0), (1, 0)), (SECOND, (1, 0), (1, 1))):
        assert (len(mail.of(here)), len(mail.of(there))) == before
        dispatcher = Dispatcher(Tasks(services, services.settings), Jobs(open_broker(NOBODY)), node)
        assert await dispatcher.deliver_due_outboxes() == 1
        await dispatcher.finish()
        assert (len(mail.of(here)), len(mail.of(there))) == after


async def test_housekeeping_can_be_run_for_one_node_or_for_all(
    two_nodes: Deployment, services: Services, pair: tuple[Tenant, Tenant]
) -> None:
    assert isinstance(services.clock, MovableClock)
    for tenant in pair:
        async with two_nodes.database.transaction(tenant.namespace) as tx:
            row = {"second": services.clock.now() - timedelta(hours=5), "authenticated": 1, "unauthenticated": 0}
            await tx.execute(call_second.insert(), row)
    tasks = Tasks(services, services.settings)
    assert await _peaks(two_nodes.database, pair) == [0, 0]
    assert await tasks.sweep(SECOND) == {"calls aggregated": 1}
    assert await _peaks(two_nodes.database, pair) == [0, 1]
    assert await tasks.sweep() == {"calls aggregated": 1}
    assert await _peaks(two_nodes.database, pair) == [1, 1]


async def test_only_the_leader_of_the_main_node_polls_the_register(
    services: Services,
) -> None:
    polled: list[str] = []

    class Listening(Dispatcher):
        async def poll_registers(self) -> None:
            polled.append(self.node)

    stopping = asyncio.Event()
    tasks, jobs = Tasks(services, services.settings), Jobs(open_broker(NOBODY))
    running = [
        asyncio.create_task(Scheduler(url, services.clock, Listening(tasks, jobs, node)).run(stopping))
        for node, url in services.settings.database_urls.items()
    ]
    try:
        for url in services.settings.database_urls.values():
            await leads(url)
    finally:
        stopping.set()
        await asyncio.gather(*running)
    assert polled == [MAIN_NODE]


async def _peaks(database: Database, tenants: Sequence[Tenant]) -> list[int]:
    counts = []
    for tenant in tenants:
        async with database.transaction(tenant.namespace) as tx:
            counts.append((await tx.execute(select(func.count()).select_from(call_peak))).scalar_one())
    return counts
