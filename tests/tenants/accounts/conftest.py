"""A tenant with two customers and their accounts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from haas.clock import MovableClock
from haas.database import Database
from tenants.accounts.service import market_day
from tenants.accounts.tables import account, holding
from tenants.parties.tables import customer, login, representation
from tenants.registry.models import Tenant
from tests.support.rows import run


class Household:
    """Two customers of a tenant, and an account that both hold. A person and an attorney act for the first one."""

    def __init__(self, database: Database, tenant: Tenant, now: datetime) -> None:
        self.database, self.tenant, self.now = database, tenant, now
        self.customer_id, self.other_id, self.account_id = uuid4(), uuid4(), uuid4()
        self.login_id, self.attorney_id = uuid4(), uuid4()

    @property
    def today(self) -> date:
        return market_day(self.now)

    async def insert_rows(self) -> None:
        people = [self.customer_row(self.customer_id), self.customer_row(self.other_id)]
        async with self.database.transaction(self.tenant.namespace) as tx:
            await tx.execute(insert(customer), people)
            await tx.execute(insert(account), [self.account_row(self.account_id)])
            await tx.execute(insert(holding), [self.holding_row(one["id"]) for one in people])
            for login_id, role in ((self.login_id, "self"), (self.attorney_id, "attorney")):
                await tx.execute(insert(login).values(self.login_row(login_id)))
                acts = {"login_id": login_id, "customer_id": self.customer_id, "valid_from": date.min, "role": role}
                await tx.execute(insert(representation).values(acts))

    def login_row(self, login_id: UUID) -> dict[str, Any]:
        known_by = {"reference": str(login_id), "identifier": str(login_id)}
        return {"id": login_id, **known_by, "name": "A B", "family_name": "B", "updated_at": self.now}

    def customer_row(self, customer_id: UUID) -> dict[str, Any]:
        values = {"reference": str(customer_id), "kind": "person", "name": "A", "detail": {}}
        return {"id": customer_id, **values, "updated_at": self.now}

    def account_row(self, account_id: UUID) -> dict[str, Any]:
        values = {"reference": str(account_id), "open_status": "OPEN", "summary": [], "detail": []}
        return {"id": account_id, **values, "updated_at": self.now}

    def holding_row(self, customer_id: UUID) -> dict[str, Any]:
        values = {"account_id": self.account_id, "role": "joint-holder", "valid_from": date(2020, 1, 1)}
        return {"customer_id": customer_id, **values}

    async def run(self, function: Any, *arguments: Any, **named: Any) -> Any:
        """Run a store or service function in a transaction of its own."""
        return await run(self.database, self.tenant, function, *arguments, **named)


@pytest.fixture
async def household(database: Database, tenant: Tenant, clock: MovableClock) -> Household:
    household = Household(database, tenant, clock.now())
    await household.insert_rows()
    return household
