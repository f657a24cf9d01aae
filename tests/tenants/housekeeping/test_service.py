"""Expired rows are closed or deleted; those that are still needed are kept."""

import secrets
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import insert, select, update

from haas.clock import MovableClock
from haas.database import Database
from haas.mail import Mailer
from ops.deployment import Deployment
from tenants.accounts.service import market_day
from tenants.accounts.tables import service_point
from tenants.arrangements.tables import arrangement, authorisation
from tenants.attempts import store as attempt_store
from tenants.attempts.models import Stage
from tenants.attempts.tables import attempt
from tenants.authentication.limits import STAFF_SESSIONS
from tenants.authentication.tables import challenge, session
from tenants.calls.models import CalledTenant, CallRecord
from tenants.calls.store import add_batch
from tenants.calls.tables import call, call_batch
from tenants.clients.tables import used_assertion
from tenants.housekeeping import service
from tenants.housekeeping.service import KEEP_CONSOLE_SESSIONS, KEEP_MONTHS_OF_READS, Housekeeping
from tenants.housekeeping.store import KEEP_CHALLENGES
from tenants.notices.message_channels import EmailChannel
from tenants.notices.outbox import put
from tenants.notices.outbox_delivery import Delivery
from tenants.notices.tables import outbox
from tenants.operations.filters import months_before
from tenants.operators import store as operators
from tenants.operators.sessions import OPERATOR_SESSIONS
from tenants.registry.models import Tenant
from tenants.registry.names import console_namespace, owner_namespace
from tenants.tokens.tables import access_token
from tenants.usage.tables import usage_read
from tests.support.calls import no_calls, write_rows
from tests.support.clients import add_client
from tests.support.consents import add_arrangement
from tests.support.customers import CustomerData
from tests.support.mail_server import MailServer
from tests.support.rows import count, execute, one, run


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


async def test_meter_reads_are_kept_for_25_months(
    database: Database, tenant: Tenant, clock: MovableClock, housekeeping: Housekeeping
) -> None:
    """A read of several days is kept as long as its last day."""
    oldest = months_before(market_day(clock.now()), KEEP_MONTHS_OF_READS)
    before = oldest - timedelta(days=1)
    point, now = uuid4(), clock.now()
    written = {"national_metering_id": "4103000001", "detail": {}, "updated_at": now}
    await execute(database, tenant, insert(service_point).values(id=point, reference="SP-1", **written))
    periods = [(before, before), (before, oldest), (oldest, oldest), (before - timedelta(days=90), before)]
    for number, (first, last) in enumerate(periods):
        row = {"service_point_id": point, "register_suffix": f"E{number}", "scale": 0, "total": 1, "version": now}
        await execute(database, tenant, insert(usage_read).values(read_start_date=first, read_end_date=last, **row))
    assert await housekeeping.sweep(tenant) == {"meter reads deleted": 2}
    kept = await execute(database, tenant, select(usage_read.c.register_suffix).order_by("register_suffix"))
    assert [row.register_suffix for row in kept] == ["E1", "E2"]


async def test_a_sweep_of_a_new_tenant_does_nothing(tenant: Tenant, housekeeping: Housekeeping) -> None:
    assert await housekeeping.sweep(tenant) == {}


async def test_the_request_of_an_attempt_without_a_person_is_deleted_after_a_day(
    database: Database, tenant: Tenant, clock: MovableClock, housekeeping: Housekeeping
) -> None:
    """The attempt remains for the metrics, and cannot be continued. The request of an authenticated person remains."""
    login_id, _ = await CustomerData(database, tenant, clock.now).add_login()
    stages: tuple[Stage, ...] = ("preIdentification", "preAuthentication", "rejected")
    left = {stage: await add_attempt(database, tenant, clock, stage) for stage in stages}
    authenticated = await add_attempt(database, tenant, clock, "preAuthorisation", login_id=login_id)
    refused = await add_attempt(database, tenant, clock, "rejected", login_id=login_id)
    clock.move(timedelta(hours=23))
    assert await housekeeping.sweep(tenant) == {"attempts ended": 5}
    clock.move(timedelta(hours=1))
    assert await housekeeping.sweep(tenant) == {"requests deleted": 3}
    for stage, attempt_id in left.items():
        row = await one(database, tenant, attempt, id=attempt_id)
        assert (row.stage, row.request, row.browser_hash) == (stage, None, b"browser")
        assert await run(database, tenant, attempt_store.by_id, attempt_id) is None
        by_uri = await run(database, tenant, attempt_store.by_request_uri, row.client_id, row.request_uri_hash)
        assert by_uri is None
    for attempt_id in (authenticated, refused):
        assert (await one(database, tenant, attempt, id=attempt_id)).request == {}
    assert await housekeeping.sweep(tenant) == {}


async def test_batch_numbers_of_processes_that_have_ended_are_deleted_after_a_day(
    database: Database, tenant: Tenant, clock: MovableClock, housekeeping: Housekeeping
) -> None:
    ended, working = uuid4(), uuid4()
    await run(database, tenant, add_batch, no_calls(), ended, 1, clock.now())
    clock.move(timedelta(hours=1))
    await run(database, tenant, add_batch, no_calls(), working, 1, clock.now())
    assert await housekeeping.sweep(tenant) == {}
    clock.move(timedelta(hours=23, seconds=1))
    assert await housekeeping.sweep(tenant) == {"batch numbers deleted": 1}
    assert (await one(database, tenant, call_batch)).process == working


async def test_an_attempt_whose_code_expired_is_marked_as_failed(
    database: Database, tenant: Tenant, clock: MovableClock, housekeeping: Housekeeping
) -> None:
    code_expires_at = clock.now() + timedelta(minutes=1)
    waiting = await add_attempt(
        database, tenant, clock, "preTokenExchange", code_hash=b"c", code_expires_at=code_expires_at
    )
    assert await housekeeping.sweep(tenant) == {}
    clock.move(timedelta(minutes=2))
    assert await housekeeping.sweep(tenant) == {"attempts ended": 1}
    ended = await one(database, tenant, attempt, id=waiting)
    assert (ended.stage, ended.outcome, ended.ended_at) == (
        "failedTokenExchange",
        "failedTokenExchange",
        code_expires_at,
    )


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
    assert await count(database, tenant, outbox) == 0  # nobody else holds the account
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
    assert await housekeeping.sweep(tenant) == {"attempts ended": 1}
    clock.move(timedelta(minutes=10))
    assert await housekeeping.sweep(tenant) == {"assertions deleted": 1}
    clock.move(timedelta(days=1))
    assert await housekeeping.sweep(tenant) == {
        "requests deleted": 1, "sessions deleted": 1, "challenges deleted": 1
    }  # fmt: skip
    assert await count(database, tenant, attempt) == 1


async def test_delivered_notices_are_deleted_after_a_month_and_abandoned_ones_are_kept(
    *, database: Database, tenant: Tenant, clock: MovableClock, mail: MailServer, housekeeping: Housekeeping
) -> None:
    delivery = Delivery(database, clock, {"email": EmailChannel(Mailer(mail.url, requires_tls=False))})
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
    clock.move(timedelta(days=1))
    assert await housekeeping.sweep(tenant) == {"attempts ended": 1, "requests deleted": 1}
    assert "housekeeping.task_failed" in caplog.text


async def test_attempts_are_deleted_after_the_period_that_metrics_need(
    database: Database, tenant: Tenant, clock: MovableClock, housekeeping: Housekeeping
) -> None:
    """Attempts without an arrangement are deleted by their age, others by the time since their arrangement ended.

    Those in which nobody authenticated are deleted earlier.
    """
    login_id, _ = await CustomerData(database, tenant, clock.now).add_login()
    client_id = await add_client(database, tenant, clock.now())
    over = await add_arrangement(database, tenant, client_id, clock.now())
    alive = await add_arrangement(database, tenant, client_id, clock.now())
    await add_attempt(database, tenant, clock, "preAuthentication")
    await add_attempt(database, tenant, clock, "rejected")
    await add_attempt(database, tenant, clock, "preAuthorisation", login_id=login_id)
    await add_attempt(database, tenant, clock, "rejected", login_id=login_id)
    of_the_ended = await add_attempt(database, tenant, clock, "completed", arrangement_id=over)
    of_the_living = await add_attempt(database, tenant, clock, "completed", arrangement_id=alive)
    lasting = authorisation.c.arrangement_id == alive
    async with database.transaction(tenant.namespace) as tx:
        await tx.execute(update(authorisation).where(lasting).values(expires_at=clock.now() + timedelta(days=5000)))
    clock.move(timedelta(days=2))
    await housekeeping.sweep(tenant)
    clock.move(timedelta(days=6))
    assert "attempts deleted" not in await housekeeping.sweep(tenant)
    clock.move(timedelta(days=1))
    assert (await housekeeping.sweep(tenant))["attempts deleted"] == 2
    clock.move(timedelta(days=20))
    assert "attempts deleted" not in await housekeeping.sweep(tenant)
    assert await count(database, tenant, attempt) == 4
    clock.move(timedelta(days=1, hours=1))
    assert (await housekeeping.sweep(tenant))["attempts deleted"] == 2
    assert (await one(database, tenant, attempt, id=of_the_ended)).arrangement_id == over
    clock.move(timedelta(days=3))
    assert (await housekeeping.sweep(tenant))["attempts deleted"] == 1
    assert (await one(database, tenant, attempt, id=of_the_living)).arrangement_id == alive


async def test_sessions_of_staff_are_deleted_a_day_after_their_last_use(
    database: Database, tenant: Tenant, clock: MovableClock, housekeeping: Housekeeping
) -> None:
    now = clock.now()
    async with database.transaction(tenant.namespace) as tx:
        for token_hash, used in ((b"idle", now), (b"used", now + timedelta(hours=1))):
            row = {"token_hash": token_hash, "surface": "admin", "created_at": now, "seen_at": used}
            await tx.execute(insert(session).values(row))
    assert await housekeeping.sweep(tenant) == {}
    clock.move(timedelta(days=1))
    assert await housekeeping.sweep(tenant) == {"sessions deleted": 1}
    assert (await one(database, tenant, session)).token_hash == b"used"


async def test_single_calls_are_deleted_after_a_month(
    database: Database, tenant: Tenant, clock: MovableClock, housekeeping: Housekeeping
) -> None:
    made = CallRecord(
        tenant=CalledTenant(tenant.namespace, tenant.id),
        at=clock.now(),
        interaction_id=str(uuid4()),
        operation="getStatus",
        tier="highPriority",
        status=200,
        latency=1,
    )
    later = msgspec.structs.replace(made, at=clock.now() + timedelta(hours=1))
    async with database.transaction(tenant.namespace) as tx:
        await write_rows(tx, made, later)
    clock.move(timedelta(days=30, minutes=-10))
    assert await housekeeping.sweep(tenant) == {"batch numbers deleted": 1}
    clock.move(timedelta(minutes=20))
    assert await housekeeping.sweep(tenant) == {"single calls deleted": 1}
    assert (await one(database, tenant, call)).at == later.at


async def test_sessions_of_the_console_are_deleted_a_day_after_they_ended_or_were_last_used(
    deployment: Deployment, clock: MovableClock
) -> None:
    console, now = console_namespace(deployment.settings), clock.now()
    housekeeping = Housekeeping(deployment.owner, clock)
    idle, used = secrets.token_bytes(32), secrets.token_bytes(32)
    async with deployment.operator.transaction(console) as tx:
        for token_hash in (idle, used):
            await operators.begin_session(tx, token_hash, None, now)
        await operators.record_session_use(tx, used, now + timedelta(hours=1))
    own = owner_namespace(deployment.settings)
    await housekeeping.sweep_control(own)
    async with deployment.operator.transaction(console) as tx:
        assert await operators.load_session(tx, idle) is not None
    clock.move(KEEP_CONSOLE_SESSIONS + timedelta(minutes=1))
    assert (await housekeeping.sweep_control(own))["console sessions deleted"] >= 1
    async with deployment.operator.transaction(console) as tx:
        assert await operators.load_session(tx, idle) is None
        assert await operators.load_session(tx, used) is not None


def test_a_session_that_can_still_be_used_is_never_deleted() -> None:
    assert KEEP_CONSOLE_SESSIONS > OPERATOR_SESSIONS.lifetime > OPERATOR_SESSIONS.idle
    assert KEEP_CHALLENGES > STAFF_SESSIONS.lifetime > STAFF_SESSIONS.idle
