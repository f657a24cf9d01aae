"""Staff members: added and updated by a sign-in, and disabled permanently."""

from datetime import timedelta
from uuid import uuid4

import pytest

from haas.clock import MovableClock
from haas.database import Database
from tenants.registry.models import Tenant
from tenants.staff import store
from tenants.staff.tables import staff
from tests.support.constraints import Violation, assert_violated, names

ISSUER = "https://sso.retailer.test"
VIOLATIONS = (Violation(staff, "staff_issuer_subject_key", {"id": uuid4()}),)


async def test_the_first_sign_in_adds_the_person_and_later_ones_update_it(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    now = clock.now()
    later = now + timedelta(days=1)
    async with database.transaction(tenant.namespace) as tx:
        first = await store.record_sign_in(
            tx, issuer=ISSUER, subject="s-1", name="Kim", email=None, roles=["customer-care"], now=now
        )
        again = await store.record_sign_in(
            tx, issuer=ISSUER, subject="s-1", name="Kim Li", email="kim@retailer.test", roles=[], now=later
        )
        other = await store.record_sign_in(
            tx, issuer=ISSUER, subject="s-2", name="Kim", email=None, roles=["customer-care"], now=now
        )
        assert await store.by_id(tx, first.id) == again
        assert await store.by_id(tx, uuid4()) is None
    assert (first.roles, first.created_at, first.disabled_at) == (("customer-care",), now, None)
    assert (again.id, again.name, again.roles) == (first.id, "Kim Li", ())
    assert (again.created_at, again.seen_at) == (now, later)
    assert other.id != first.id


async def test_a_disabled_person_stays_disabled_after_a_sign_in(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    now = clock.now()
    person = {"issuer": ISSUER, "subject": "s-1", "name": "Kim", "email": None, "roles": []}
    async with database.transaction(tenant.namespace) as tx:
        found = await store.record_sign_in(tx, **person, now=now)
        await store.disable(tx, found.id, now)
        await store.disable(tx, found.id, now + timedelta(days=1))
        again = await store.record_sign_in(tx, **person, now=now + timedelta(days=2))
    assert again.disabled_at == now


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda each: each.constraint)
async def test_a_row_that_breaks_a_constraint_is_refused(
    database: Database, tenant: Tenant, clock: MovableClock, violation: Violation
) -> None:
    values = {"issuer": ISSUER, "subject": "s", "name": "Kim", "roles": []}
    good = {"id": uuid4(), **values, "created_at": clock.now(), "seen_at": clock.now()}
    await assert_violated(database, tenant, good, violation)


def test_every_constraint_has_a_violation() -> None:
    assert {violation.constraint for violation in VIOLATIONS} == names(staff)
