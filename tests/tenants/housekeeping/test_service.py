"""Expired rows are closed or deleted; those that are still needed are kept."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, update

from haas.clock import MovableClock
from haas.database import Database
from haas.mail import Mailer
from tenants.arrangements.tables import arrangement, authorisation
from tenants.attempts.tables import attempt
from tenants.authentication.tables import challenge, session
from tenants.clients.tables import used_assertion
from tenants.housekeeping import service
from tenants.housekeeping.service import Housekeeping
from tenants.notices.message_channels import EmailChannel
from tenants.notices.outbox import put
from tenants.notices.outbox_delivery import Delivery
from tenants.notices.tables import outbox
from tenants.registry.models import Tenant
from tenants.tokens.tables import access_token
from tests.support.clients import add_client
from tests.support.consents import add_arrangement
from tests.support.mail_server import MailServer
from tests.support.rows import count, one


@pytest.fixture
def housekeeping(database: Database, clock: MovableClock) -> Housekeeping:
    return Housekeeping(database, clock)


async def add_attempt(database: Database, tenant: Tenant, clock: MovableClock, stage: str, **more: object) -> object:
    now, attempt_id = clock.now(), uuid4()
    client_id = await add_client(database, tenant, clock.now())
    row = {
        "id": attempt_id,
        "client_id": client_id,
        "request_uri_hash": attempt_id.bytes,
        "request_expires_at": now + timedelta(seconds=90),
        "request": {},
        "stage": stage,
        "created_at": now,
        "stage_at": now,
        "browser_hash": b"browser",
        **more,
    }
    async with database.transaction(tenant.namespace) as tx:
        await tx.execute(insert(attempt).values(row))
    return attempt_id


async def test_a_sweep_of_a_new_tenant_does_nothing(tenant: Tenant, housekeeping: Housekeeping) -> None:
    assert await housekeeping.sweep(tenant) == {}


async def test_an_abandoned_flow_is_closed_at_its_last_stage(
    database: Database, tenant: Tenant, clock: MovableClock, housekeeping: Housekeeping
) -> None:
    left = await add_attempt(database, tenant, clock, "preAccountSelection")
    used_at = clock.now()
    identified = await add_attempt(database, tenant, clock, "preAuthorisation", request_uri_used_at=used_at)
    clock.move(timedelta(minutes=30))
    under_way = await add_attempt(database, tenant, clock, "preAuthentication")
    clock.move(timedelta(minutes=40))
    assert await housekeeping.sweep(tenant) == {"attempts closed": 2}
    assert (await one(database, tenant, attempt, id=identified)).request_uri_used_at == used_at
    row = await one(database, tenant, attempt, id=left)
    assert (row.stage, row.browser_hash) == ("preAccountSelection", None)
    assert row.request_uri_used_at is not None
    assert (await one(database, tenant, attempt, id=under_way)).browser_hash == b"browser"
    assert await housekeeping.sweep(tenant) == {}


async def test_an_attempt_whose_code_expired_is_marked_as_failed(
    database: Database, tenant: Tenant, clock: MovableClock, housekeeping: Housekeeping
) -> None:
    code_expires_at = clock.now() + timedelta(minutes=1)
    waiting = await add_attempt(
        database, tenant, clock, "preTokenExchange", code_hash=b"c", code_expires_at=code_expires_at
    )
    assert await housekeeping.sweep(tenant) == {}
    clock.move(timedelta(minutes=2))
    assert await housekeeping.sweep(tenant) == {"codes expired": 1}
    assert (await one(database, tenant, attempt, id=waiting)).stage == "failedTokenExchange"


async def test_arrangements_expire_and_their_tokens_are_deleted(
    database: Database, tenant: Tenant, clock: MovableClock, housekeeping: Housekeeping
) -> None:
    client_id = await add_client(database, tenant, clock.now())
    arrangement_id = await add_arrangement(database, tenant, client_id, clock.now())
    clock.move(timedelta(hours=23))
    assert await housekeeping.sweep(tenant) == {"tokens deleted": 1}
    clock.move(timedelta(hours=2))
    assert await housekeeping.sweep(tenant) == {"arrangements expired": 1}
    assert (await one(database, tenant, arrangement, id=arrangement_id)).ended_by == "expiry"
    assert await count(database, tenant, outbox) == 0
    assert await count(database, tenant, access_token) == 0


async def test_passwords_sessions_and_assertions_are_deleted_after_they_expired(
    database: Database, tenant: Tenant, clock: MovableClock, housekeeping: Housekeeping
) -> None:
    now, challenge_id = clock.now(), uuid4()
    client_id = await add_client(database, tenant, clock.now())
    row = {
        "id": challenge_id,
        "identifier_hash": b"i",
        "purpose": "authorisation",
        "code_hash": b"c",
        "created_at": now,
        "expires_at": now + timedelta(minutes=10),
    }
    browser = {"token_hash": b"t", "surface": "public", "challenge_id": challenge_id, "created_at": now, "seen_at": now}
    spent = {"client_id": client_id, "jti_hash": b"j", "expires_at": now + timedelta(minutes=5)}
    async with database.transaction(tenant.namespace) as tx:
        await tx.execute(insert(challenge).values(row))
        await tx.execute(insert(session).values(browser))
        await tx.execute(insert(used_assertion).values(spent))
    await add_attempt(database, tenant, clock, "rejected", challenge_id=challenge_id)
    assert await housekeeping.sweep(tenant) == {}
    clock.move(timedelta(minutes=10))
    assert await housekeeping.sweep(tenant) == {"assertions deleted": 1}
    clock.move(timedelta(days=1))
    assert await housekeeping.sweep(tenant) == {"sessions deleted": 1, "challenges deleted": 1}
    assert await count(database, tenant, attempt) == 1


async def test_delivered_notices_are_deleted_after_a_month_and_abandoned_ones_are_kept(
    *, database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer, housekeeping: Housekeeping
) -> None:
    delivery = Delivery(database, clock, {"email": EmailChannel(Mailer(mail.url))})
    payload = {"to": "a@example.test", "subject": "s", "text": "t"}
    async with database.transaction(tenant.namespace) as tx:
        await put(tx, "email", payload, now=clock.now())
        await put(tx, "email", payload, now=clock.now(), expires_at=clock.now())
    delivered = await delivery.deliver_due(tenant)
    assert (delivered.done, delivered.given_up) == (1, 1)
    clock.move(timedelta(days=31))
    assert await housekeeping.sweep(tenant) == {"notices deleted": 1}
    assert await count(database, tenant, outbox) == 1


async def test_the_other_tasks_run_although_one_fails(
    *,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    housekeeping: Housekeeping,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail(*_: object) -> int:
        raise ValueError("no")

    monkeypatch.setattr(service, "TASKS", (service.HousekeepingTask("broken", fail), *service.TASKS))
    await add_attempt(database, tenant, clock, "preAuthentication")
    clock.move(timedelta(hours=2))
    assert await housekeeping.sweep(tenant) == {"attempts closed": 1}
    assert "housekeeping.task_failed" in caplog.text


async def test_attempts_are_deleted_after_the_period_that_metrics_need(
    database: Database, tenant: Tenant, clock: MovableClock, housekeeping: Housekeeping
) -> None:
    """Attempts without an arrangement are deleted by their age, others by the time since their arrangement ended."""
    client_id = await add_client(database, tenant, clock.now())
    over = await add_arrangement(database, tenant, client_id, clock.now())
    alive = await add_arrangement(database, tenant, client_id, clock.now())
    await add_attempt(database, tenant, clock, "preAuthentication")
    await add_attempt(database, tenant, clock, "rejected")
    of_the_ended = await add_attempt(database, tenant, clock, "completed", arrangement_id=over)
    of_the_living = await add_attempt(database, tenant, clock, "completed", arrangement_id=alive)
    lasting = authorisation.c.arrangement_id == alive
    async with database.transaction(tenant.namespace) as tx:
        await tx.execute(update(authorisation).where(lasting).values(expires_at=clock.now() + timedelta(days=5000)))
    clock.move(timedelta(days=2))
    await housekeeping.sweep(tenant)
    clock.move(timedelta(days=27))
    assert "attempts deleted" not in await housekeeping.sweep(tenant)
    assert await count(database, tenant, attempt) == 4
    clock.move(timedelta(days=1, hours=1))
    assert (await housekeeping.sweep(tenant))["attempts deleted"] == 2
    assert (await one(database, tenant, attempt, id=of_the_ended)).arrangement_id == over
    clock.move(timedelta(days=3))
    assert (await housekeeping.sweep(tenant))["attempts deleted"] == 1
    assert (await one(database, tenant, attempt, id=of_the_living)).arrangement_id == alive
