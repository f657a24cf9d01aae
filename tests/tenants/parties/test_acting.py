"""Who may act for a customer, and who the representatives are (CDR Rules 1.13; K-4)."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, update

from haas.clock import MovableClock
from haas.database import Database
from tenants.accounts.service import market_day
from tenants.parties.acting import Acting, representatives, require_may_act
from tenants.parties.directory import StoredDirectory
from tenants.parties.errors import MayNotAct
from tenants.parties.tables import login, representation
from tenants.registry.models import Tenant
from tests.support.customers import CustomerData
from tests.support.rows import execute, run


@pytest.mark.parametrize(
    ("scopes", "may_see", "may_share"),
    [
        ([None], True, True),
        (["share"], True, True),
        (["see"], True, False),
        (["bills only"], False, False),
        ([""], False, False),
        (["bills only", "see"], True, False),
        (["see", None], True, True),
    ],
)
async def test_a_scope_limits_what_a_representative_may_do(
    database: Database, tenant: Tenant, clock: MovableClock, scopes: list[str | None], *, may_see: bool, may_share: bool
) -> None:
    """Of several representations the widest applies. A scope that is not known permits nothing."""
    data, today = CustomerData(database, tenant, clock.now), market_day(clock.now())
    own, _ = await data.add_login("Ada Lovelace")
    ada = await data.add_customer("Ada Lovelace", own)
    rita, _ = await data.add_login("Rita Rep")
    for number, scope in enumerate(scopes):
        row = {"login_id": rita, "customer_id": ada, "valid_from": today - timedelta(days=number), "role": "attorney"}
        await execute(database, tenant, insert(representation).values(**row, scope=scope))
    acting = Acting(customer_id=ada, login_id=rita)
    for to_see, may in ((True, may_see), (False, may_share)):
        if may:
            await run(database, tenant, require_may_act, acting, today, to_see=to_see)
        else:
            with pytest.raises(MayNotAct):
                await run(database, tenant, require_may_act, acting, today, to_see=to_see)
    person = await StoredDirectory(database).person(tenant, rita, today)
    assert [each.name for each in person.customers] == ["Ada Lovelace"]
    assert ([each.id for each in person.sees], [each.id for each in person.shares_for]) == (
        [ada] * may_see,
        [ada] * may_share,
    )


async def test_a_representative_acts_in_the_period_and_is_listed_with_the_scope(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    data, today = CustomerData(database, tenant, clock.now), market_day(clock.now())
    own, _ = await data.add_login("Ada Lovelace")
    ada = await data.add_customer("Ada Lovelace", own)
    guardian, _ = await data.add_login("Gwen Grey")
    later, _ = await data.add_login("Luke Long")
    former, _ = await data.add_login("Fay Ford")
    for login_id, first, last in (
        (guardian, today - timedelta(days=9), today),
        (later, today + timedelta(days=1), None),
        (former, today - timedelta(days=9), today - timedelta(days=1)),
    ):
        row = {"login_id": login_id, "customer_id": ada, "valid_from": first, "valid_to": last, "role": "guardian"}
        await execute(database, tenant, insert(representation).values({**row, "scope": "share"}))

    async def may_act(login_id: object, day: date) -> bool:
        try:
            await run(database, tenant, require_may_act, Acting(customer_id=ada, login_id=login_id), day)
        except MayNotAct:
            return False
        return True

    assert [await may_act(each, today) for each in (own, guardian, later, former, uuid4())] == [
        True,
        True,
        *[False] * 3,
    ]
    assert [await may_act(each, today + timedelta(days=1)) for each in (guardian, later)] == [False, True]
    acting = Acting(customer_id=ada, login_id=own)
    listed = await run(database, tenant, representatives, acting, today)
    assert [(each.name, each.role, each.scope, each.valid_to) for each in listed] == [
        ("Ada Lovelace", "self", None, None),
        ("Gwen Grey", "guardian", "share", today),
        ("Luke Long", "guardian", "share", None),
    ]
    assert (listed[0].valid_from, listed[2].valid_from) == (None, today + timedelta(days=1))
    with pytest.raises(MayNotAct):
        await run(database, tenant, representatives, Acting(customer_id=ada, login_id=former), today)
    await execute(database, tenant, update(login).where(login.c.id == guardian).values(disabled_at=clock.now()))
    assert not await may_act(guardian, today)
    assert [each.is_disabled for each in await run(database, tenant, representatives, acting, today)][1]
    by_staff = Acting(customer_id=ada, staff="s-17")
    await run(database, tenant, require_may_act, by_staff, today)
    assert (by_staff.actor, by_staff.role, acting.actor, acting.role) == ("s-17", "staff", str(own), "consumer")
    for nobody in ({}, {"login_id": own, "staff": "s-17"}):
        with pytest.raises(ValueError, match="a login or the staff"):
            Acting(customer_id=ada, **nobody)
