"""A tenant with a household: Ada and Bob hold an account together, and Ada shares it with a data recipient."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import insert

from haas.clock import MovableClock
from haas.database import Database
from tenants.arrangements.tables import arrangement, authorisation, authorised_account
from tenants.calls.tables import disclosure_day
from tenants.registry.models import Tenant
from tests.support.clients import add_client
from tests.support.customers import CustomerData
from tests.support.rows import execute

SCOPES = ["openid", "profile", "common:customer.basic:read", "energy:accounts.basic:read", "energy:billing:read"]


class Household(msgspec.Struct, kw_only=True):
    """The ids of what was added."""

    ada: UUID
    bob: UUID
    ada_login: UUID
    ada_reference: str
    bob_reference: str
    joint: UUID
    alone: UUID
    arrangement_id: UUID
    authorised_at: datetime


@pytest.fixture
async def household(database: Database, tenant: Tenant, clock: MovableClock) -> Household:
    return await add_household(database, tenant, clock.now())


async def add_household(database: Database, tenant: Tenant, now: datetime) -> Household:
    data = CustomerData(database, tenant, lambda: now)
    people: dict[str, Any] = {}
    for name in ("Ada Lovelace", "Bob Brown"):
        login_id, _ = await data.add_login(name)
        reference = f"C-{name[:3]}-{uuid4().hex[:6]}"
        people[name[:3]] = (await data.add_customer(name, login_id, reference=reference), reference, login_id)
    (ada, ada_reference, login_id), (bob, bob_reference, _) = people["Ada"], people["Bob"]
    joint = await data.add_account("Our home", ada, bob, role="joint-holder")
    alone = await data.add_account("Adas boat", ada)
    client_id = await add_client(
        database, tenant, now, legal_entity_name="Secret Recipient Pty Ltd", client_name="Budget Helper"
    )
    made = Household(
        ada=ada,
        bob=bob,
        ada_login=login_id,
        ada_reference=ada_reference,
        bob_reference=bob_reference,
        joint=joint,
        alone=alone,
        arrangement_id=uuid4(),
        authorised_at=now,
    )
    first, second = uuid4(), uuid4()
    common = {"arrangement_id": made.arrangement_id, "claims": {}, "sharing_duration": 90 * 86_400, "acr": "a"}
    at = {"authenticated_at": now, "authorised_at": now, "active_at": now, "expires_at": now + timedelta(days=90)}
    rows: list[tuple[Any, dict[str, Any]]] = [
        (
            arrangement,
            {
                "id": made.arrangement_id,
                "client_id": client_id,
                "customer_id": ada,
                "login_id": login_id,
                "created_at": now,
                "active_at": now,
                "authorisation_id": second,
            },
        ),
        (authorisation, {"id": first, "version": 1, "scopes": SCOPES[:-1], **common, **at}),
        (authorisation, {"id": second, "version": 2, "scopes": SCOPES, **common, **at}),
        (authorised_account, {"authorisation_id": second, "account_id": joint, "approval": "approved"}),
        (authorised_account, {"authorisation_id": second, "account_id": alone, "approval": "approved"}),
    ]
    for account_id, cluster in (
        (joint, "energy:billing:read"),
        (joint, "energy:billing:read"),
        (alone, "energy:billing:read"),
        (None, "common:customer.basic:read"),
    ):
        day = now.date() - timedelta(days=sum(each[0] is disclosure_day for each in rows))
        row = {"id": uuid4(), "arrangement_id": made.arrangement_id, "account_id": account_id, "cluster": cluster}
        rows.append((disclosure_day, {**row, "day": day, "calls": 3, "last_at": now}))
    for table, row in rows:
        await execute(database, tenant, insert(table).values(**row))
    return made
