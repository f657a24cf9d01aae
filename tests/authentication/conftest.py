from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from haas.clock import MovableClock
from haas.database import Database, Transaction
from haas.jose import new_key
from tenants.authentication.models import AuthenticationContext
from tenants.notices.tables import outbox
from tenants.parties.directory import StoredDirectory
from tenants.parties.models import canonical_identifier
from tenants.parties.tables import login
from tenants.registry.models import Tenant


class Desks:
    """A tenant's authentication desk, with people."""

    def __init__(self, database: Database, tenant: Tenant, clock: MovableClock) -> None:
        self.database, self.tenant, self.clock = database, tenant, clock
        self.context = AuthenticationContext(directory=StoredDirectory(), key=new_key(), brand_name="Aurora Energy")

    def transaction(self) -> Any:
        return self.database.transaction(self.tenant.namespace)

    async def person(self, **values: Any) -> tuple[UUID, str]:
        identifier = f"{uuid4().hex}@people.test"
        row = {
            "id": uuid4(), "reference": identifier, "identifier": canonical_identifier(identifier),
            "name": "Mia Wong", "family_name": "Wong",
            "email": identifier, "updated_at": self.clock.now(), **values,
        }  # fmt: skip
        async with self.transaction() as tx:
            await tx.execute(insert(login).values(row))
        return row["id"], identifier

    async def sent(self) -> list[tuple[str, Any, Any]]:
        async with self.transaction() as tx:
            rows = await tx.execute(
                select(outbox.c.kind, outbox.c.payload, outbox.c.expires_at).order_by(outbox.c.created_at)
            )
            return [(row.kind, row.payload, row.expires_at) for row in rows]

    async def run(self, act: Callable[[Transaction], Awaitable[Any]]) -> Any:
        async with self.transaction() as tx:
            return await act(tx)


@pytest.fixture
async def desks(database: Database, module_tenant: Tenant, clock: MovableClock) -> AsyncIterator[Desks]:
    yield Desks(database, module_tenant, clock)
    clock.reset()
