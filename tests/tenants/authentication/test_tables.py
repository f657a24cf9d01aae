"""Sessions of customers and of staff: their constraints, and that neither is accepted in place of the other."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from haas.clock import MovableClock
from haas.database import Database
from haas.digest import digest
from haas.sessions import new_secret
from tenants.authentication import sessions
from tenants.authentication.tables import session
from tenants.parties.models import Login, Person
from tenants.registry.models import Tenant
from tenants.staff import store as staff
from tests.support.constraints import Violation, assert_violated, names

NOBODY = UUID(int=0)
VIOLATIONS = (
    Violation(session, "session_surface_check", {"surface": "secure"}),
    Violation(session, "session_customer_check", {"surface": "admin", "staff_id": None, "login_id": NOBODY}),
    Violation(session, "session_staff_check", {"surface": "public"}),
    Violation(session, "session_staff_id_fkey", {"staff_id": NOBODY}),
    Violation(session, "session_login_id_fkey", {"surface": "public", "staff_id": None, "login_id": NOBODY}),
    Violation(session, "session_challenge_id_fkey", {"surface": "public", "staff_id": None, "challenge_id": NOBODY}),
)


async def member(database: Database, tenant: Tenant, now: datetime) -> UUID:
    async with database.transaction(tenant.namespace) as tx:
        found = await staff.record_sign_in(
            tx, issuer="https://sso.retailer.test", subject="s", name="Kim", email=None, roles=[], now=now
        )
    return found.id


def row(staff_id: UUID, now: datetime, secret: str) -> dict[str, Any]:
    values = {"surface": "admin", "staff_id": staff_id, "created_at": now, "seen_at": now}
    return {"token_hash": digest(secret), **values}


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda each: each.constraint)
async def test_a_row_that_breaks_a_constraint_is_refused(
    database: Database, tenant: Tenant, clock: MovableClock, violation: Violation
) -> None:
    now = clock.now()
    good = row(await member(database, tenant, now), now, str(uuid4()))
    await assert_violated(database, tenant, good, violation)


def test_every_constraint_has_a_violation() -> None:
    assert {violation.constraint for violation in VIOLATIONS} == names(session)


async def test_a_staff_session_is_not_accepted_at_the_dashboard(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    now, secret = clock.now(), new_secret()
    staff_id = await member(database, tenant, now)
    person = Person(login_id=staff_id, login=Login(id=staff_id, email=None, mobile=None), customers=())
    async with database.transaction(tenant.namespace) as tx:
        await tx.execute(insert(session).values(row(staff_id, now, secret)))
        assert await sessions.login_to_ask_for(tx, secret) is None
        assert await sessions.challenged_login_to_ask_for(tx, secret) == NOBODY
        assert await sessions.open_session(tx, person, secret, now) is None
        assert not await sessions.was_signed_in(tx, secret)
        assert await sessions.pending_challenge(tx, secret, now) is None
        await sessions.sign_out(tx, secret, now)
        kept = (await tx.execute(session.select())).one()
    assert kept.ended_at is None
