"""Notices are delivered after their notification, with and without the broker."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from haas.clock import MovableClock
from haas.database import Database
from haas.database.dedicated import dedicated_connection
from haas.jobs import Jobs, open_broker
from haas.settings import Settings
from tenants.notices.outbox import put
from tenants.registry.models import Tenant
from tenants.services import Services
from tests.support.https_server import HttpsServer
from tests.support.mail_server import MailServer
from workers.dispatch import Dispatcher
from workers.schedule import Scheduler
from workers.tasks import Tasks

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture
async def services(settings: Settings, https: HttpsServer, mail: MailServer) -> AsyncIterator[Services]:
    services = Services.open(https.settings(settings, smtp_url=mail.url))
    yield services
    await services.close()


async def write(database: Database, tenant: Tenant, clock: MovableClock, subject: str = "s") -> None:
    async with database.transaction(tenant.namespace) as tx:
        await put(tx, "email", {"to": "a@example.test", "subject": subject, "text": "t"}, now=clock.now())


async def test_without_a_broker_the_scheduler_delivers_the_notices(
    *,
    database: Database,
    services: Services,
    two_tenants: tuple[Tenant, Tenant],
    clock: MovableClock,
    mail: MailServer,
) -> None:
    dispatcher = Dispatcher(Tasks(services), Jobs(open_broker(NOBODY)))
    stopping = asyncio.Event()
    running = asyncio.create_task(Scheduler(services.settings.database_url, clock, dispatcher).run(stopping))
    try:
        for tenant in two_tenants:
            await write(database, tenant, clock, tenant.slug)
        for tenant in two_tenants:
            await mail.arrived(1, tenant)
    finally:
        stopping.set()
        await running
    assert [[message["Subject"] for message in mail.of(tenant)] for tenant in two_tenants] == [
        [tenant.slug] for tenant in two_tenants
    ]


async def test_a_sweep_delivers_a_notice_without_its_notification(
    *, database: Database, services: Services, tenant: Tenant, clock: MovableClock, mail: MailServer
) -> None:
    dispatcher = Dispatcher(Tasks(services), Jobs(open_broker(NOBODY)))
    await write(database, tenant, clock)
    assert await dispatcher.deliver_due_outboxes() >= 1
    await dispatcher.finish()
    assert len(mail.of(tenant)) == 1
    await dispatcher.deliver_due_outboxes()
    await dispatcher.finish()
    assert len(mail.of(tenant)) == 1


async def test_another_scheduler_takes_over_when_the_leader_stops(
    *, database: Database, services: Services, tenant: Tenant, clock: MovableClock, mail: MailServer
) -> None:
    url = services.settings.database_url

    def start() -> tuple[asyncio.Event, "asyncio.Task[None]"]:
        stopping = asyncio.Event()
        dispatcher = Dispatcher(Tasks(services), Jobs(open_broker(NOBODY)))
        return stopping, asyncio.create_task(Scheduler(url, clock, dispatcher).run(stopping))

    schedulers = [start() for _ in range(3)]
    try:
        await write(database, tenant, clock)
        await mail.arrived(1, tenant)
        for stopping, _ in schedulers[:2]:
            stopping.set()
        await asyncio.gather(*(task for _, task in schedulers[:2]))
        await write(database, tenant, clock)
        await mail.arrived(2, tenant)
    finally:
        for stopping, _ in schedulers:
            stopping.set()
        await asyncio.gather(*(task for _, task in schedulers))
    assert len(mail.of(tenant)) == 2


async def test_a_scheduler_reconnects_after_its_database_connection_was_terminated(
    *,
    database: Database,
    services: Services,
    tenant: Tenant,
    clock: MovableClock,
    mail: MailServer,
    superuser_url: str,
) -> None:
    dispatcher = Dispatcher(Tasks(services), Jobs(open_broker(NOBODY)))
    stopping = asyncio.Event()
    running = asyncio.create_task(Scheduler(services.settings.database_url, clock, dispatcher).run(stopping))
    try:
        await write(database, tenant, clock)
        await mail.arrived(1, tenant)
        async with dedicated_connection(superuser_url, "test-ender") as ender:
            end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'haas-schedule'"
            assert await ender._fetch(end)
        await write(database, tenant, clock)
        await mail.arrived(2, tenant)
    finally:
        stopping.set()
        await running


class LogEvent(logging.Handler):
    """A log handler that sets `event` when a text is logged."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self.event = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if self._text in record.getMessage():
            self.event.set()


async def test_a_scheduler_with_an_unreachable_database_logs_it_and_keeps_running(
    services: Services, clock: MovableClock
) -> None:
    dispatcher = Dispatcher(Tasks(services), Jobs(open_broker(NOBODY)))
    stopping = asyncio.Event()
    scheduler = Scheduler("postgresql://x:x@127.0.0.1:1/x", clock, dispatcher)
    heard, logger = LogEvent("schedule.database_unavailable"), logging.getLogger("workers.schedule")
    logger.addHandler(heard)
    running = asyncio.create_task(scheduler.run(stopping))
    try:
        async with asyncio.timeout(30):
            await heard.event.wait()
    finally:
        logger.removeHandler(heard)
        stopping.set()
        await running
