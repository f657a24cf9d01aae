"""A tenant whose customers share accounts with registered clients."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import select

from ops.sandbox.recipient.answers import Tokens
from ops.sandbox.recipient.client import RecipientClient
from tenants.accounts.tables import account
from tenants.calls import Flusher
from tenants.calls.tables import call_rollup
from tenants.oauth.scopes import served_data_scopes
from tenants.parties.tables import customer
from tenants.registry.models import Tenant
from tenants.registry.names import control_namespace
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.consents import consent
from tests.support.customers import Consumer, CustomerData
from tests.support.demonstration import load_customers
from tests.support.rows import execute, run

ALL_SCOPES = " ".join(("openid", *served_data_scopes()))


class Sharing(msgspec.Struct, frozen=True):
    """A consumer's consent to share accounts with a client, and the client's tokens for it."""

    client: RecipientClient
    consumer: Consumer
    tokens: Tokens

    @property
    def arrangement_id(self) -> UUID:
        return UUID(self.tokens.cdr_arrangement_id)

    async def get(self, path: str, token: str | None = None, **options: Any) -> httpx.Response:
        """Ask for any version of a resource, with this consent's token or another."""
        versions = {"version": 9, "minimum_version": 1}
        return await self.client.resource(path, token or self.tokens.access_token, **{**versions, **options})

    async def account_ids(self, **parameters: str) -> list[str]:
        """Return the ids of the accounts that are listed to the client."""
        response = await self.get("/energy/accounts", params=parameters)
        assert response.status_code == 200, response.text
        return [found["accountId"] for found in response.json()["data"]["accounts"]]

    async def point_ids(self) -> list[str]:
        """Return the ids of the service points that are listed to the client."""
        response = await self.get("/energy/electricity/servicepoints")
        assert response.status_code == 200, response.text
        return [found["servicePointId"] for found in response.json()["data"]["servicePoints"]]


class Brand:
    """A tenant, its consumers and its clients."""

    def __init__(self, application: Application, tenant: Tenant) -> None:
        self.application, self.tenant = application, tenant
        self.customers = CustomerData(application.database, tenant, application.services.clock.now)
        self._people: dict[str, Any] = {}
        self._plans: list[dict[str, Any]] = []

    async def execute(self, statement: Any) -> list[Any]:
        return await execute(self.application.database, self.tenant, statement)

    async def run(self, function: Any, *arguments: Any, **named: Any) -> Any:
        return await run(self.application.database, self.tenant, function, *arguments, **named)

    async def consumer(self, kind: str = "person") -> Consumer:
        """Add a consumer with two accounts. The details are copied from a generated customer and generated accounts."""
        name, detail, accounts = await self._generated(kind)
        role = "self" if kind == "person" else "nominated-representative"
        login_id, _ = await self.customers.add_login()
        customer_id = await self.customers.add_customer(name, login_id, kind=kind, role=role, detail=detail)
        account_ids = [await self.customers.add_account("Home", customer_id, **each) for each in accounts]
        return Consumer(login_id, customer_id, account_ids)

    async def _generated(self, kind: str) -> tuple[str, Any, list[dict[str, Any]]]:
        """Return the name and the detail of a generated customer, and the plans of two generated accounts.

        They are read once, because a test can make the data of its own consumer invalid.
        """
        if not self._plans:
            query = select(account.c.summary, account.c.detail).order_by(account.c.id).limit(2)
            self._plans = [dict(row._mapping) for row in await self.execute(query)]
        if kind not in self._people:
            people = select(customer.c.name, customer.c.detail).where(customer.c.kind == kind)
            self._people[kind], *_ = await self.execute(people.order_by(customer.c.id))
        name, detail = self._people[kind]
        return name, detail, self._plans

    async def share(
        self,
        consumer: Consumer | None = None,
        client: RecipientClient | None = None,
        *,
        scope: str = ALL_SCOPES,
        **asked: Any,
    ) -> Sharing:
        """Let a consumer share with a client. Without `consumer` or `client`, a new one is created."""
        consumer = consumer or await self.consumer()
        client = client or await registered_client(self.application, self.tenant)
        tokens = await consent(self.application, self.tenant, client, consumer, scope=scope, **asked)
        return Sharing(client, consumer, tokens)

    async def set_market_source(self, source: str) -> None:
        """Set from where the market's data is read; the application learns of it at once."""
        await self.application.set_setting(self.tenant, market_source=source)

    async def calls(self) -> list[Any]:
        """Return the rows in which calls of this tenant are counted."""
        services = self.application.services
        await Flusher(services.database, control_namespace(services.settings), services.clock).flush()
        return await self.execute(select(call_rollup))


@pytest.fixture(scope="module")
async def brand(application: Application) -> Brand:
    """A tenant for this module only. It has generated customers, whose details the consumers of the tests get."""
    tenant = await application.new_tenant()
    await load_customers(application, tenant)
    return Brand(application, tenant)


@pytest.fixture
async def sharing(brand: Brand) -> Sharing:
    """A new consumer, who shares two accounts with a new client."""
    return await brand.share()


@pytest.fixture
async def public(brand: Brand) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the public host that asks for version 1."""
    async with brand.application.http(base_url=f"{brand.tenant.issuer}/cds-au/v1") as client:
        client.headers["x-v"] = "1"
        yield client
