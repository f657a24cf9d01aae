"""Notices are delivered after their notification, with and without the broker."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Literal
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import insert

from haas.clock import MovableClock
from haas.database import Database
from haas.database.dedicated import dedicated_connection
from haas.dns_records import DnsTextRecords
from haas.jobs import Jobs, open_broker
from haas.settings import Settings
from tenants.corrections.tables import affected_disclosure, disclosure_finding
from tenants.notices import outbox_delivery
from tenants.notices.models import Notice
from tenants.notices.outbox import put
from tenants.notices.tables import outbox
from tenants.registry.models import Tenant
from tenants.services import Services
from tests.support.dns_server import LOOPBACK, DnsServer
from tests.support.https_server import HttpsServer
from tests.support.mail_server import MailServer
from workers import tasks as worker_tasks
from workers.dispatch import Dispatcher
from workers.schedule import Scheduler
from workers.tasks import DELIVER_OUTBOX, WARN, Tasks

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
    dispatcher = Dispatcher(Tasks(services, services.settings), Jobs(open_broker(NOBODY)))
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
    for tenant in two_tenants:  # in the look of the brand that sends it
        [message] = mail.of(tenant)
        _, html = message.get_payload()
        assert f">{tenant.name}</bdi></td>" in html.get_payload(decode=True).decode()


async def test_one_tenant_with_very_many_notices_delays_another_by_seconds_only(
    *,
    database: Database,
    services: Services,
    two_tenants: tuple[Tenant, Tenant],
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With one slot for all tenants, which is less than a worker has."""
    busy, quiet = two_tenants
    monkeypatch.setattr(outbox_delivery, "SECONDS_OF_A_ROUND", 0.05)
    tasks = Tasks(services, services.settings)
    dispatcher = Dispatcher(tasks, Jobs(open_broker(NOBODY)))
    dispatcher._slots = asyncio.Semaphore(1)
    sent, quiet_sent = Counter[str](), asyncio.Event()

    class Sink:
        async def deliver(self, tenant: Tenant, _notice: Notice) -> None:
            sent[tenant.slug] += 1
            if tenant.slug == quiet.slug:
                quiet_sent.set()

    monkeypatch.setattr(tasks._delivery, "_channels", {"email": Sink()})
    async with database.transaction(busy.namespace) as tx:
        row = {"kind": "email", "payload": {}, "created_at": clock.now(), "due_at": clock.now(), "tries": 0}
        await tx.execute(insert(outbox), [{"id": uuid4(), **row} for _ in range(2_000)])
    await dispatcher.enqueue_or_run(DELIVER_OUTBOX, busy.slug)
    await asyncio.sleep(0)
    await write(database, quiet, clock)
    await dispatcher.enqueue_or_run(DELIVER_OUTBOX, quiet.slug)
    async with asyncio.timeout(30):
        await quiet_sent.wait()
    assert 0 < sent[busy.slug] < 1_000, "the quiet tenant did not wait for the other one's notices"
    assert await tasks.outbox_due(busy)
    await dispatcher.finish()


async def test_the_daily_warnings_say_which_findings_are_overdue_and_which_will_be_soon(
    *,
    database: Database,
    services: Services,
    two_tenants: tuple[Tenant, Tenant],
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """K-37: five business days. A finding is over when it is decided, and when everybody was told."""
    behind, day, now = two_tenants[1], timedelta(days=1), clock.now()
    decided = {"decided_at": now, "decided_by": "x", "decision": "wrong"}
    rows = [
        {"state": "open", "due_at": now - day}, {"state": "open", "due_at": now + day},
        {"state": "open", "due_at": now + 3 * day},
        *({"state": state, "due_at": now - day, **decided} for state in ("confirmed", "confirmed", "dismissed")),
    ]  # fmt: skip
    about = {"resource": "invoice", "first_day": now.date(), "last_day": now.date(), "found_at": now}
    persons = {"cluster": "c", "first_day": now.date(), "last_day": now.date()}
    async with database.transaction(behind.namespace) as tx:
        for row in rows:
            ids = {"id": uuid4(), "import_id": uuid4(), "account_id": uuid4()}
            await tx.execute(insert(disclosure_finding).values(**ids, **about, **row))
            for state, told_at in (("unreachable", None), ("told", now)) if row["state"] == "confirmed" else ():
                of = {"finding_id": ids["id"], "account_id": uuid4(), "arrangement_id": uuid4(), "state": state}
                await tx.execute(insert(affected_disclosure).values(id=uuid4(), told_at=told_at, **of, **persons))
    tasks = Tasks(services, services.settings)

    async def both() -> list[Tenant]:
        return list(two_tenants)

    monkeypatch.setattr(tasks, "tenants", both)
    await tasks.run(WARN)
    logged = [record for record in caplog.records if record.getMessage().startswith("finding.")]
    assert [(each.getMessage(), each.levelname, each.findings, each.persons) for each in logged] == [  # type: ignore[attr-defined]
        ("finding.overdue", "CRITICAL", 1, 2), ("finding.due_soon", "WARNING", 1, 0)
    ]  # fmt: skip


@pytest.mark.parametrize(("environment", "expected"), [("production", ["sender.not_protected"]), ("sandbox", [])])
async def test_sender_domains_are_checked_every_day_in_production(
    *,
    services: Services,
    tenant: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    environment: Literal["production", "sandbox"],
    expected: list[str],
) -> None:
    """The domains of a sandbox exist on this machine only."""
    caplog.set_level(logging.WARNING, "tenants.notices.senders")
    tasks = Tasks(services, msgspec.structs.replace(services.settings, environment=environment))

    async def one() -> list[Tenant]:
        return [tenant]

    monkeypatch.setattr(tasks, "tenants", one)
    async with DnsServer().serving() as dns:
        monkeypatch.setattr(worker_tasks, "DnsTextRecords", lambda: DnsTextRecords(LOOPBACK, dns.port))
        scheduler = Scheduler("", services.clock, Dispatcher(tasks, Jobs(open_broker(NOBODY))))
        (job,) = [each for each in scheduler._jobs if each.name == "sender domains"]
        await job._run()
    logged = [record for record in caplog.records if record.getMessage().startswith("sender.")]
    (family,) = tasks.senders.collect()
    shown = {each.labels["state"]: each.value for each in family.samples}
    assert shown == {"protected": 0, "not_protected": len(expected), "not_read": 0}
    scheduler._dispatcher.forget_checks()
    (family,) = tasks.senders.collect()
    assert {each.value for each in family.samples} == {0}, "another process leads the node"
    assert [record.getMessage() for record in logged] == expected
    assert all(vars(record)["records"] == "SPF,DKIM,DMARC" for record in logged)


async def test_the_links_to_the_dashboards_are_checked_every_day(
    *, services: Services, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "tenants.obligations.dashboard_link")
    tasks = Tasks(services, services.settings)
    settings = msgspec.structs.replace(tenant.settings, dashboard_link_pages=frozenset({f"https://{LOOPBACK}:9/"}))

    async def one() -> list[Tenant]:
        return [msgspec.structs.replace(tenant, settings=settings)]

    monkeypatch.setattr(tasks, "tenants", one)
    scheduler = Scheduler("", services.clock, Dispatcher(tasks, Jobs(open_broker(NOBODY))))
    (job,) = [each for each in scheduler._jobs if each.name == "dashboard links"]
    await job._run()
    assert [record.getMessage() for record in caplog.records] == ["dashboard_link.not_read"]

    def shown() -> dict[str, float]:
        (family,) = tasks.dashboard_links.collect()
        return {each.labels["state"]: each.value for each in family.samples}

    assert shown() == {"linked": 0, "not_linked": 0, "not_read": 1}
    scheduler._dispatcher.forget_checks()
    assert shown() == {"linked": 0, "not_linked": 0, "not_read": 0}


async def test_a_sweep_delivers_a_notice_without_its_notification(
    *, database: Database, services: Services, tenant: Tenant, clock: MovableClock, mail: MailServer
) -> None:
    dispatcher = Dispatcher(Tasks(services, services.settings), Jobs(open_broker(NOBODY)))
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
        dispatcher = Dispatcher(Tasks(services, services.settings), Jobs(open_broker(NOBODY)))
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
    dispatcher = Dispatcher(Tasks(services, services.settings), Jobs(open_broker(NOBODY)))
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
    dispatcher = Dispatcher(Tasks(services, services.settings), Jobs(open_broker(NOBODY)))
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
