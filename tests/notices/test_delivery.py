"""What the outbox holds reaches its channel at least once, by a schedule that the clock decides."""

import asyncio
import logging
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from haas.clock import MovableClock
from haas.database import Database
from haas.errors import HaasError
from haas.mail import Mailer
from tenants.notices import store
from tenants.notices.delivery import LEASE, Delivery
from tenants.notices.errors import NotDelivered
from tenants.notices.messages import EmailChannel
from tenants.notices.models import Notice
from tenants.notices.outbox import NoticeKind, put
from tenants.notices.policy import POLICIES
from tenants.registry.models import Tenant
from tests.workers.harness import MailServer
from tests.workers.rows import notice

EMAIL = {"to": "ada@example.test", "subject": "Your code", "text": "The code is 123456."}


@pytest.fixture(autouse=True)
def _clock_back(clock: MovableClock) -> object:
    yield
    clock.reset()


class Recorder:
    """A channel that keeps what it was handed, and fails as often as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.handed: list[Notice] = []

    async def deliver(self, tenant: Tenant, notice: Notice) -> None:  # noqa: ARG002 - the Protocol's
        self.handed.append(notice)
        if self.failures:
            raise self.failures.pop(0)


async def put_one(
    database: Database,
    tenant: Tenant,
    now: datetime,
    kind: NoticeKind = "email",
    *,
    due: datetime | None = None,
    worthless: datetime | None = None,
) -> object:
    async with database.transaction(tenant.namespace) as tx:
        return await put(tx, kind, EMAIL, now=now, due=due, worthless=worthless)


async def test_mail_arrives_in_the_brands_name_and_its_payload_is_forgotten(
    database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer
) -> None:
    delivery = Delivery(database, clock, {"email": EmailChannel(Mailer(mail.url))})
    put_id = await put_one(database, tenant, clock.now())
    assert await delivery.any_due(tenant)

    outcome = await delivery.deliver_due(tenant)

    assert (outcome.done, outcome.failed, outcome.given_up) == (1, 0, 0)
    (message,) = mail.taken
    assert message["To"] == "ada@example.test"
    assert message["From"] == f"{tenant.name} <no-reply@{tenant.hosts.public}>"
    assert message["Message-ID"] == f"<{put_id}@{tenant.hosts.public}>"
    assert "123456" in message.get_payload()
    row = await notice(database, tenant, put_id)
    assert row.done_at is not None
    assert row.payload == {}
    assert not await delivery.any_due(tenant)


async def test_nothing_is_delivered_that_was_rolled_back(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    channel = Recorder()
    with pytest.raises(HaasError):
        async with database.transaction(tenant.namespace) as tx:
            await put(tx, "email", EMAIL, now=clock.now())
            raise HaasError("no")
    await Delivery(database, clock, {"email": channel}).deliver_due(tenant)
    assert channel.handed == []


async def test_what_is_not_due_waits(database: Database, tenant: Tenant, clock: MovableClock) -> None:
    channel = Recorder()
    delivery = Delivery(database, clock, {"email": channel})
    await put_one(database, tenant, clock.now(), due=clock.now() + timedelta(hours=1))
    assert not await delivery.any_due(tenant)
    await delivery.deliver_due(tenant, retry_now=True)
    assert channel.handed == []
    clock.move(timedelta(hours=1))
    await delivery.deliver_due(tenant)
    assert len(channel.handed) == 1


async def test_a_failure_is_retried_later_and_later_and_then_given_up(
    database: Database, tenant: Tenant, clock: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    channel = Recorder(*(NotDelivered("not now") for _ in range(1_000)))
    delivery = Delivery(database, clock, {"email": channel})
    put_id = await put_one(database, tenant, clock.now())
    waits = []
    with caplog.at_level(logging.WARNING):
        while (row := await notice(database, tenant, put_id)).given_up_at is None:
            clock.move(max(row.due_at - clock.now(), timedelta(0)))
            before = clock.now()
            outcome = await delivery.deliver_due(tenant)
            assert outcome.done == 0
            waits.append(round(((await notice(database, tenant, put_id)).due_at - before).total_seconds()))
    assert waits[:8] == [5, 10, 20, 40, 80, 160, 320, 600]
    assert set(waits[8:-1]) == {600}
    assert row.last_error == "not now"
    assert row.payload == {}
    alarms = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert [record.getMessage() for record in alarms] == ["notice.given_up"]
    assert "123456" not in caplog.text
    assert "ada@" not in caplog.text
    age = row.given_up_at - row.created_at
    assert POLICIES["email"].patience - timedelta(minutes=11) < age <= POLICIES["email"].patience


async def test_a_password_that_expired_is_not_sent(database: Database, tenant: Tenant, clock: MovableClock) -> None:
    channel = Recorder(NotDelivered("not now"))
    delivery = Delivery(database, clock, {"email": channel})
    put_id = await put_one(database, tenant, clock.now(), worthless=clock.now() + timedelta(minutes=10))
    await delivery.deliver_due(tenant)
    clock.move(timedelta(minutes=10))
    outcome = await delivery.deliver_due(tenant)
    assert outcome.given_up == 1
    assert len(channel.handed) == 1
    row = await notice(database, tenant, put_id)
    assert row.given_up_at is not None
    assert row.payload == {}


async def test_a_lease_keeps_others_away_until_it_ends(database: Database, tenant: Tenant, clock: MovableClock) -> None:
    channel = Recorder()
    delivery = Delivery(database, clock, {"email": channel})
    put_id = await put_one(database, tenant, clock.now())
    now = clock.now()
    async with database.transaction(tenant.namespace) as tx:
        (leased,) = await store.lease_due(tx, uuid4(), now, LEASE, limit=1)
    assert not await delivery.any_due(tenant)
    await delivery.deliver_due(tenant)
    assert channel.handed == []

    clock.move(LEASE)
    await delivery.deliver_due(tenant)
    assert [handed.id for handed in channel.handed] == [put_id]
    assert channel.handed[0].tries == 2
    async with database.transaction(tenant.namespace) as tx:
        assert not await store.mark_failed(tx, leased, clock.now(), "I am back from the dead")
    assert (await notice(database, tenant, put_id)).done_at is not None


async def test_a_lease_from_before_the_clock_was_moved_back_does_not_last(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    channel = Recorder()
    await put_one(database, tenant, clock.now())
    later = clock.now() + timedelta(days=30)
    async with database.transaction(tenant.namespace) as tx:
        assert await store.lease_due(tx, uuid4(), later, LEASE, limit=1)
    await Delivery(database, clock, {"email": channel}).deliver_due(tenant)
    assert len(channel.handed) == 1


async def test_many_deliverers_share_the_work_and_do_nothing_twice(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    channel = Recorder()
    async with database.transaction(tenant.namespace) as tx:
        ids = {await put(tx, "email", EMAIL, now=clock.now()) for _ in range(70)}
    outcomes = await asyncio.gather(
        *(Delivery(database, clock, {"email": channel}).deliver_due(tenant) for _ in range(4))
    )
    assert sum(outcome.done for outcome in outcomes) == 70
    assert len(channel.handed) == 70
    assert {handed.id for handed in channel.handed} == ids


async def test_one_notices_fault_neither_stops_the_others_nor_is_tried_at_once(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    channel = Recorder(ZeroDivisionError())
    for _ in range(3):
        await put_one(database, tenant, clock.now())
    outcome = await Delivery(database, clock, {"email": channel}).deliver_due(tenant)
    assert (outcome.done, outcome.failed) == (2, 1)
    assert len(channel.handed) == 3


async def test_a_kind_of_a_newer_release_waits(database: Database, tenant: Tenant, clock: MovableClock) -> None:
    put_id = await put_one(database, tenant, clock.now(), "sms")
    assert (await Delivery(database, clock, {}).deliver_due(tenant)).failed == 1
    assert (await notice(database, tenant, put_id)).last_error == "this release knows no such kind of notice"


async def test_operators_can_have_everything_retried_now(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    channel = Recorder(NotDelivered("not now"))
    delivery = Delivery(database, clock, {"email": channel})
    await put_one(database, tenant, clock.now())
    await delivery.deliver_due(tenant)
    assert (await delivery.deliver_due(tenant)).done == 0
    assert (await delivery.deliver_due(tenant, retry_now=True)).done == 1


async def test_a_refused_address_is_given_up_at_once_without_telling_it(
    database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    mail.refusals["ada@example.test"] = "550 no such person ada@example.test"
    caplog.set_level(logging.CRITICAL, "mail.log")  # the lines of the mail server that stands in
    put_id = await put_one(database, tenant, clock.now())
    outcome = await Delivery(database, clock, {"email": EmailChannel(Mailer(mail.url))}).deliver_due(tenant)
    assert outcome.given_up == 1
    assert "ada@" not in caplog.text + (await notice(database, tenant, put_id)).last_error
    assert mail.taken == []


async def test_mail_waits_while_the_server_is_away_or_busy(
    database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer
) -> None:
    mail.refusals["ada@example.test"] = "451 greylisted"
    delivery = Delivery(database, clock, {"email": EmailChannel(Mailer(mail.url))})
    await put_one(database, tenant, clock.now())
    assert (await delivery.deliver_due(tenant)).failed == 1
    away = Delivery(database, clock, {"email": EmailChannel(Mailer("smtp://127.0.0.1:1"))})
    assert (await away.deliver_due(tenant, retry_now=True)).failed == 1
    mail.refusals.clear()
    assert (await delivery.deliver_due(tenant, retry_now=True)).done == 1
    assert len(mail.taken) == 1


async def test_a_header_cannot_be_smuggled_in(
    database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer
) -> None:
    async with database.transaction(tenant.namespace) as tx:
        await put(tx, "email", {**EMAIL, "to": "ada@example.test\r\nBcc: eve@example.test"}, now=clock.now())
    outcome = await Delivery(database, clock, {"email": EmailChannel(Mailer(mail.url))}).deliver_due(tenant)
    assert outcome.given_up == 1
    assert mail.taken == []


async def test_draining_waits_for_what_others_deliver(database: Database, tenant: Tenant, clock: MovableClock) -> None:
    handed, finish = asyncio.Event(), asyncio.Event()

    class Slow:
        async def deliver(self, tenant: Tenant, notice: Notice) -> None:  # noqa: ARG002 - the Protocol's
            handed.set()
            await finish.wait()

    await put_one(database, tenant, clock.now())
    delivering = asyncio.create_task(Delivery(database, clock, {"email": Slow()}).deliver_due(tenant))
    await handed.wait()
    draining = asyncio.create_task(Delivery(database, clock, {"email": Recorder()}).drain(tenant))
    done, _ = await asyncio.wait([draining], timeout=0.3)
    assert not done
    finish.set()
    assert (await delivering).done == 1
    assert (await draining).done == 0
