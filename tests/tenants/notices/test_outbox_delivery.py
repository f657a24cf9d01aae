"""Each notice of the outbox is delivered at least once; failures are retried at increasing intervals."""

import asyncio
import logging
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import Any
from uuid import UUID, uuid4

import pytest

from haas.clock import MovableClock
from haas.database import Database
from haas.errors import HaasError, Unavailable
from haas.mail import Mailer
from tenants.notices import outbox_delivery, store
from tenants.notices.message_channels import EmailChannel
from tenants.notices.outbox import NoticeKind, put
from tenants.notices.outbox_delivery import LEASE_DURATION, Delivery
from tenants.notices.retry_policy import RETRY_POLICIES, SHORTEST_PART
from tenants.notices.tables import outbox
from tenants.registry.models import Tenant
from tests.support.mail_server import MailServer
from tests.support.rows import notice
from workers.schedule import OUTBOX_INTERVAL

EMAIL = {"to": "ada@example.test", "subject": "Your code", "text": "The code is 123456."}


@pytest.fixture
def delivery(database: Database, clock: MovableClock, mail: MailServer) -> Delivery:
    return by_mail(database, clock, mail.url)


def by_mail(database: Database, clock: MovableClock, url: str) -> Delivery:
    """Return a delivery through the SMTP server at `url`."""
    return Delivery(database, clock, {"email": EmailChannel(Mailer(url, requires_tls=False))})


async def put_one(
    database: Database,
    tenant: Tenant,
    now: datetime,
    kind: NoticeKind = "email",
    *,
    due: datetime | None = None,
    expires_at: datetime | None = None,
    **changes: str,
) -> UUID:
    """Put a notice into the outbox; `changes` are of its payload."""
    async with database.transaction(tenant.namespace) as tx:
        return await put(tx, kind, {**EMAIL, **changes}, now=now, due_at=due, expires_at=expires_at)


async def test_mail_is_sent_in_the_name_of_the_brand_and_its_payload_is_deleted(
    *, database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer, delivery: Delivery
) -> None:
    put_id = await put_one(database, tenant, clock.now())
    assert await delivery.has_due(tenant)

    outcome = await delivery.deliver_due(tenant)

    assert (outcome.done, outcome.failed, outcome.given_up) == (1, 0, 0)
    (message,) = mail.accepted
    assert message["To"] == "ada@example.test"
    assert message["From"] == f"{tenant.name} <no-reply@{tenant.hosts.public}>"
    assert message["Message-ID"] == f"<{put_id}@{tenant.hosts.public}>"
    assert "123456" in message.get_payload()
    row = await notice(database, tenant, put_id)
    assert row.done_at is not None
    assert row.payload == {}
    assert not await delivery.has_due(tenant)


async def test_a_notice_that_was_rolled_back_is_not_delivered(
    *, database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer, delivery: Delivery
) -> None:
    with pytest.raises(HaasError):
        async with database.transaction(tenant.namespace) as tx:
            await put(tx, "email", EMAIL, now=clock.now())
            raise HaasError("no")
    assert (await delivery.deliver_due(tenant)).done == 0
    assert mail.recipients == []


async def test_a_notice_is_not_delivered_before_it_is_due(
    *, database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer, delivery: Delivery
) -> None:
    await put_one(database, tenant, clock.now(), due=clock.now() + timedelta(hours=1))
    assert not await delivery.has_due(tenant)
    await delivery.deliver_due(tenant, retry_now=True)
    assert mail.recipients == []
    clock.move(timedelta(hours=1))
    assert (await delivery.deliver_due(tenant)).done == 1
    assert len(mail.accepted) == 1


async def test_a_failed_notice_is_retried_with_increasing_intervals_and_then_abandoned(
    *,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    mail: MailServer,
    delivery: Delivery,
    caplog: pytest.LogCaptureFixture,
) -> None:
    mail.refusals[EMAIL["to"]] = "451 not now"
    put_id = await put_one(database, tenant, clock.now())
    waits = []
    caplog.set_level(logging.CRITICAL, "mail.log")  # the mail server's own log
    caplog.set_level(logging.WARNING, "tenants")
    while (row := await notice(database, tenant, put_id)).given_up_at is None:
        clock.move(max(row.due_at - clock.now(), timedelta(0)))
        before = clock.now()
        outcome = await delivery.deliver_due(tenant)
        assert outcome.done == 0
        after, due_at = clock.now(), (await notice(database, tenant, put_id)).due_at
        waits.append(((due_at - after).total_seconds(), (due_at - before).total_seconds()))
    # The wait begins while the notice is delivered, and is between the two.
    for (least, most), whole in zip(waits[:-1], chain((5, 10, 20, 40, 80, 160, 320), repeat(600)), strict=False):
        assert SHORTEST_PART * whole <= most
        assert least <= whole
    assert len({round(most, 3) for _, most in waits[8:-1]}) > 50, "notices that failed together come back apart"
    assert "451" in row.last_error
    assert row.payload == EMAIL  # so that staff can send it again
    alarms = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert [record.getMessage() for record in alarms] == ["notice.given_up"]
    assert "123456" not in caplog.text
    assert "ada@" not in caplog.text
    age = row.given_up_at - row.created_at
    assert RETRY_POLICIES["email"].give_up_after - timedelta(minutes=11) < age <= RETRY_POLICIES["email"].give_up_after


async def test_an_expired_notice_is_not_sent(
    *, database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer, delivery: Delivery
) -> None:
    mail.refusals[EMAIL["to"]] = "451 not now"
    put_id = await put_one(database, tenant, clock.now(), expires_at=clock.now() + timedelta(minutes=10))
    assert (await delivery.deliver_due(tenant)).failed == 1
    clock.move(timedelta(minutes=10))
    assert (await delivery.deliver_due(tenant)).given_up == 1
    assert len(mail.recipients) == 1
    row = await notice(database, tenant, put_id)
    assert row.given_up_at is not None
    assert row.payload == {}


async def test_a_leased_notice_is_not_delivered_by_others_until_the_lease_ends(
    *, database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer, delivery: Delivery
) -> None:
    put_id = await put_one(database, tenant, clock.now())
    async with database.transaction(tenant.namespace) as tx:
        (leased,) = await store.lease_due(tx, uuid4(), clock.now(), LEASE_DURATION, limit=1)
    assert not await delivery.has_due(tenant)
    await delivery.deliver_due(tenant)
    assert mail.recipients == []

    clock.move(LEASE_DURATION)
    assert (await delivery.deliver_due(tenant)).done == 1
    assert len(mail.accepted) == 1
    async with database.transaction(tenant.namespace) as tx:
        assert not await store.mark_failed(tx, leased, clock.now(), "from a process whose lease has ended")
    row = await notice(database, tenant, put_id)
    assert (row.tries, row.done_at is not None) == (2, True)


async def test_a_lease_that_ends_in_the_far_future_after_a_clock_change_is_ignored(
    *, database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer, delivery: Delivery
) -> None:
    await put_one(database, tenant, clock.now())
    later = clock.now() + timedelta(days=30)
    async with database.transaction(tenant.namespace) as tx:
        assert await store.lease_due(tx, uuid4(), later, LEASE_DURATION, limit=1)
    assert (await delivery.deliver_due(tenant)).done == 1
    assert len(mail.accepted) == 1


async def test_a_lease_of_the_release_before_is_honoured(
    *, database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer, delivery: Delivery
) -> None:
    """Its workers lease for 30 seconds, and run at the same time during a deployment."""
    await put_one(database, tenant, clock.now())
    async with database.transaction(tenant.namespace) as tx:
        assert await store.lease_due(tx, uuid4(), clock.now(), timedelta(seconds=30), limit=1)
    assert not await delivery.has_due(tenant)
    assert (await delivery.deliver_due(tenant)).done == 0
    assert mail.recipients == []


async def test_a_notice_is_not_sent_by_others_while_a_slow_delivery_of_it_goes_on(
    *,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    mail: MailServer,
    delivery: Delivery,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The process extends its lease, also after an extension that failed."""
    monkeypatch.setattr(outbox_delivery, "SECONDS_BETWEEN_EXTENSIONS", 0.01)
    extend, tries = store.extend_leases, 0

    async def fail_first(*arguments: Any) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise Unavailable("not now")
        await extend(*arguments)

    monkeypatch.setattr(store, "extend_leases", fail_first)
    mail.open.clear()
    put_id = await put_one(database, tenant, clock.now())
    delivering = asyncio.create_task(delivery.deliver_due(tenant))
    await mail.arriving.wait()
    for _ in range(2):
        clock.move(LEASE_DURATION)
        async with asyncio.timeout(30):
            while (await notice(database, tenant, put_id)).leased_until <= clock.now():
                pass
        assert not await delivery.has_due(tenant)
        assert (await by_mail(database, clock, mail.url).deliver_due(tenant)).done == 0
    mail.open.set()
    assert (await delivering).done == 1
    assert len(mail.accepted) == 1
    assert "notice.lease_not_extended" in caplog.text


async def test_only_the_last_lease_of_an_open_notice_is_extended(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    failed, taken, own = [await put_one(database, tenant, clock.now(), to=f"{name}@x.test") for name in "abc"]
    async with database.transaction(tenant.namespace) as tx:
        leased = await store.lease_due(tx, uuid4(), clock.now(), LEASE_DURATION, limit=3)
    by_id = {each.id: each for each in leased}
    async with database.transaction(tenant.namespace) as tx:
        await store.mark_failed(tx, by_id[failed], clock.now() + timedelta(hours=1), "no")
        await tx.execute(outbox.update().where(outbox.c.id == taken).values(lease=uuid4()))
        clock.move(LEASE_DURATION / 2)
        await store.extend_leases(tx, leased, clock.now(), LEASE_DURATION)
    extended = {put_id: (await notice(database, tenant, put_id)).leased_until for put_id in (failed, taken, own)}
    assert extended[failed] is None
    assert extended[taken] < clock.now() + LEASE_DURATION / 2 + timedelta(seconds=1)
    assert extended[own] > extended[taken]


def test_a_person_waits_only_seconds_for_a_message_of_a_killed_process() -> None:
    assert timedelta(seconds=12) >= LEASE_DURATION + OUTBOX_INTERVAL
    assert timedelta(seconds=2 * outbox_delivery.SECONDS_BETWEEN_EXTENSIONS) < LEASE_DURATION
    assert LEASE_DURATION < store.LONGEST_LEASE


async def test_concurrent_deliveries_send_each_notice_once(
    database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer
) -> None:
    async with database.transaction(tenant.namespace) as tx:
        ids = [await put(tx, "email", EMAIL, now=clock.now()) for _ in range(70)]
    deliverers = [by_mail(database, clock, mail.url) for _ in range(4)]
    outcomes = await asyncio.gather(*(each.deliver_due(tenant) for each in deliverers))
    assert sum(outcome.done for outcome in outcomes) == 70
    assert sorted(message["Message-ID"] for message in mail.accepted) == sorted(
        f"<{put_id}@{tenant.hosts.public}>" for put_id in ids
    )


async def test_a_notice_that_fails_unexpectedly_does_not_stop_the_others(
    *, database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer, delivery: Delivery
) -> None:
    async with database.transaction(tenant.namespace) as tx:
        broken = await put(tx, "email", {"to": "ada@example.test"}, now=clock.now())
    for _ in range(2):
        await put_one(database, tenant, clock.now())
    outcome = await delivery.deliver_due(tenant)
    assert (outcome.done, outcome.failed) == (2, 1)
    assert len(mail.accepted) == 2
    assert (await notice(database, tenant, broken)).last_error == "unexpected error: ValidationError"
    assert not await delivery.has_due(tenant)


async def test_a_notice_of_an_unknown_kind_is_kept(database: Database, tenant: Tenant, clock: MovableClock) -> None:
    put_id = await put_one(database, tenant, clock.now(), "sms")
    assert (await Delivery(database, clock, {}).deliver_due(tenant)).failed == 1
    assert (await notice(database, tenant, put_id)).last_error == "this release does not know this kind of notice"


async def test_failed_notices_can_be_retried_at_once_on_request(
    *, database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer, delivery: Delivery
) -> None:
    mail.refusals[EMAIL["to"]] = "451 not now"
    await put_one(database, tenant, clock.now())
    assert (await delivery.deliver_due(tenant)).failed == 1
    mail.refusals.clear()
    assert (await delivery.deliver_due(tenant)).done == 0
    assert (await delivery.deliver_due(tenant, retry_now=True)).done == 1


async def test_a_notice_to_a_refused_address_is_abandoned_at_once_and_the_address_is_not_logged(
    *,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    mail: MailServer,
    delivery: Delivery,
    caplog: pytest.LogCaptureFixture,
) -> None:
    mail.refusals["ada@example.test"] = "550 no such person ada@example.test"
    caplog.set_level(logging.CRITICAL, "mail.log")  # the mail server's own log
    put_id = await put_one(database, tenant, clock.now())
    assert (await delivery.deliver_due(tenant)).given_up == 1
    assert "ada@" not in caplog.text + (await notice(database, tenant, put_id)).last_error
    assert mail.accepted == []
    await put_one(database, tenant, clock.now(), to="eve@example.test")
    assert (await delivery.deliver_due(tenant)).done == 1


async def test_mail_is_retried_after_the_server_was_unreachable_or_busy(
    *, database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer, delivery: Delivery
) -> None:
    mail.refusals["ada@example.test"] = "451 greylisted"
    await put_one(database, tenant, clock.now())
    assert (await delivery.deliver_due(tenant)).failed == 1
    away = by_mail(database, clock, "smtp://127.0.0.1:1")
    assert (await away.deliver_due(tenant, retry_now=True)).failed == 1
    mail.refusals.clear()
    assert (await delivery.deliver_due(tenant, retry_now=True)).done == 1
    assert len(mail.accepted) == 1


async def test_an_address_with_a_line_break_is_not_sent(
    *, database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer, delivery: Delivery
) -> None:
    await put_one(database, tenant, clock.now(), to="ada@example.test\r\nBcc: eve@example.test")
    assert (await delivery.deliver_due(tenant)).given_up == 1
    assert mail.recipients == []
    await put_one(database, tenant, clock.now())
    assert (await delivery.deliver_due(tenant)).done == 1
    assert mail.recipients == ["ada@example.test"]


async def test_drain_waits_for_deliveries_in_progress(
    *, database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer, delivery: Delivery
) -> None:
    mail.open.clear()
    await put_one(database, tenant, clock.now())
    delivering = asyncio.create_task(delivery.deliver_due(tenant))
    await mail.arriving.wait()
    draining = asyncio.create_task(by_mail(database, clock, mail.url).drain(tenant))
    done, _ = await asyncio.wait([draining], timeout=0.3)
    assert not done
    mail.open.set()
    assert (await delivering).done == 1
    assert (await draining).done == 0
    assert len(mail.accepted) == 1
