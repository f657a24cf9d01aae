"""Logins, customers and accounts of a tenant."""

import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import insert

from haas.database import Database
from tenants.accounts import store
from tenants.accounts.models import DisclosureOption, DisclosureOptionSetting
from tenants.accounts.tables import account, holding
from tenants.parties.models import canonical_identifier
from tenants.parties.tables import customer, login, representation
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.rows import execute, run


class Consumer(msgspec.Struct, frozen=True):
    """A person who signs in by a login and shares accounts of a customer."""

    login_id: UUID
    customer_id: UUID
    account_ids: list[UUID]


class CustomerData:
    """Adds logins, customers, accounts, representations and holdings to a tenant."""

    def __init__(self, database: Database, tenant: Tenant, now: Callable[[], datetime]) -> None:
        self._database, self._tenant, self._now = database, tenant, now

    async def add_login(self, name: str = "Mia Wong", **values: Any) -> tuple[UUID, str]:
        """Add a login with an email address; return its id and its identifier. `values` replace columns."""
        identifier = f"{name.lower().replace(' ', '.')}.{secrets.token_hex(8)}@people.test"
        given_name, family_name = name.split(" ", 1)
        names = {"name": name, "given_name": given_name, "family_name": family_name}
        known_by = {"reference": identifier, "identifier": canonical_identifier(identifier), "email": identifier}
        return await self._add(login, **{**names, **known_by, **values}), identifier

    async def add_customer(
        self, name: str, login_id: UUID, *, kind: str = "person", role: str = "self", **values: Any
    ) -> UUID:
        """Add a customer for whom a login may act; return its id. `values` replace columns."""
        columns = {"reference": str(uuid4()), "kind": kind, "name": name, "detail": {}}
        customer_id = await self._add(customer, **{**columns, **values})
        await self.represent(login_id, customer_id, role)
        return customer_id

    async def represent(self, login_id: UUID, customer_id: UUID, role: str = "self") -> None:
        """Let a login act for a customer."""
        row = {"login_id": login_id, "customer_id": customer_id, "valid_from": date.min, "role": role}
        await self._insert(representation, **row)

    async def add_account(self, name: str | None, *customers: UUID, role: str = "holder", **values: Any) -> UUID:
        """Add an open account that customers have held for a while; return its id. `values` replace columns."""
        today = self._now().date()
        columns = {
            "reference": str(uuid4()),
            "account_number": f"61000{secrets.randbelow(9000) + 1000}",
            "display_name": name,
            "open_status": "OPEN",
            "creation_date": today,
            "summary": {},
            "detail": {},
        }
        account_id = await self._add(account, **{**columns, **values})
        since = today - timedelta(days=400)
        for customer_id in customers:
            await self._insert(holding, customer_id=customer_id, account_id=account_id, role=role, valid_from=since)
        return account_id

    async def set_option(self, account_id: UUID, option: DisclosureOption) -> None:
        """Set the disclosure option of an account, as a holder does."""
        chosen = DisclosureOptionSetting(account_id=account_id, option=option, since=self._now(), set_by="holder")
        await run(self._database, self._tenant, store.set_disclosure_option, chosen)

    async def add_consumer(self) -> Consumer:
        """Add Mia Wong with a login, and as a customer with one account, which is called Home."""
        login_id, _ = await self.add_login()
        customer_id = await self.add_customer("Mia Wong", login_id)
        return Consumer(login_id, customer_id, [await self.add_account("Home", customer_id)])

    async def _add(self, table: Any, **values: Any) -> UUID:
        row_id = uuid4()
        await self._insert(table, **{"id": row_id, "updated_at": self._now(), **values})
        return row_id

    async def _insert(self, table: Any, **values: Any) -> None:
        await execute(self._database, self._tenant, insert(table).values(**values))


async def new_consumer(application: Application, tenant: Tenant) -> Consumer:
    """Add a consumer to a tenant, with one account."""
    return await CustomerData(application.database, tenant, application.services.clock.now).add_consumer()
