"""A brand with people of every kind, a recipient, and the whole application on real parts."""

import json
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import insert, select

from ops.browser.browser import Browser
from ops.browser.errors import LeftSite
from ops.browser.page import Page
from ops.deployment import Deployment
from ops.sandbox.jose import read_unverified
from ops.sandbox.recipient.client import Flow, RecipientClient
from tenants.accounts import store as accounts
from tenants.accounts.models import DisclosureOption, OptionSet
from tenants.accounts.tables import account, holding
from tenants.notices.tables import outbox
from tenants.parties.tables import customer, login, representation
from tenants.registry.models import Tenant
from tenants.registry.service import Registry
from tests.identity.conftest import World, response_of

SCOPE = (
    "openid profile common:customer.basic:read energy:accounts.basic:read energy:accounts.detail:read "
    "energy:billing:read"
)
DAY = 86_400


class People:
    """Logins, customers and accounts of a tenant."""

    def __init__(self, world: World, tenant: Tenant) -> None:
        self._world, self._tenant = world, tenant

    async def add(self, table: Any, **values: Any) -> UUID:
        row = {"id": uuid4(), "updated_at": self._world.now, **values}
        async with self._world.services.database.transaction(self._tenant.namespace) as tx:
            await tx.execute(insert(table).values(row))
        found: UUID = row["id"]
        return found

    async def login(self, name: str, **values: Any) -> tuple[UUID, str]:
        identifier = f"{name.lower().replace(' ', '.')}.{secrets.token_hex(3)}@people.test"
        given, family = name.split(" ", 1)
        reach = {"email": identifier, **values}
        login_id = await self.add(
            login, reference=identifier, identifier=identifier, name=name, given_name=given, family_name=family, **reach
        )
        return login_id, identifier

    async def customer(self, name: str, login_id: UUID, *, kind: str = "person", role: str = "self") -> UUID:
        customer_id = await self.add(customer, reference=str(uuid4()), kind=kind, name=name, detail={})
        await self.represent(login_id, customer_id, role)
        return customer_id

    async def represent(self, login_id: UUID, customer_id: UUID, role: str) -> None:
        async with self._world.services.database.transaction(self._tenant.namespace) as tx:
            row = {"login_id": login_id, "customer_id": customer_id, "valid_from": date.min, "role": role}
            await tx.execute(insert(representation).values(row))

    async def account(self, name: str, *customers: UUID, role: str = "holder", **values: Any) -> UUID:
        today = self._world.now.date()
        account_id = await self.add(
            account,
            **{
                "reference": str(uuid4()), "account_number": f"61000{secrets.randbelow(9000) + 1000}",
                "display_name": name, "open_status": "OPEN", "creation_date": today,
                "summary": {}, "detail": {}, **values,
            },
        )  # fmt: skip
        async with self._world.services.database.transaction(self._tenant.namespace) as tx:
            for customer_id in customers:
                since = today - timedelta(days=400)
                row = {"customer_id": customer_id, "account_id": account_id, "role": role, "valid_from": since}
                await tx.execute(insert(holding).values(row))
        return account_id

    async def option(self, account_id: UUID, option: DisclosureOption) -> None:
        """Set the disclosure option of an account, as a holder does."""
        async with self._world.services.database.transaction(self._tenant.namespace) as tx:
            await accounts.set_option(
                tx, OptionSet(account_id=account_id, option=option, since=self._world.now, set_by="holder")
            )


class Ground:
    """What the tests of the pages stand on."""

    def __init__(self, world: World, tenant: Tenant, recipient: RecipientClient) -> None:
        self.world, self.tenant, self.recipient = world, tenant, recipient
        self.people = People(world, tenant)
        self.identifier = ""
        self.login_id, self.customer_id = UUID(int=0), UUID(int=0)
        self.home, self.joint = UUID(int=0), UUID(int=0)

    async def populate(self) -> None:
        """Mia, who has an account of her own, a joint one, a closed one, and two that cannot be shared."""
        self.login_id, self.identifier = await self.people.login("Mia Wong")
        self.customer_id = await self.people.customer("Mia Wong", self.login_id)
        self.home = await self.people.account("Home", self.customer_id)
        self.joint = await self.people.account("Beach house", self.customer_id, role="joint-holder")
        await self.people.account("Old flat", self.customer_id, open_status="CLOSED")
        farm = await self.people.account("Farm", self.customer_id, role="joint-holder")
        await self.people.option(farm, "no-disclosure")
        await self.people.account("Grandma", self.customer_id, role="secondary-user")

    def browser(self, tenant: Tenant | None = None) -> Browser:
        transport = httpx.ASGITransport(self.world.application)
        return Browser(httpx.AsyncClient(transport=transport, base_url=(tenant or self.tenant).issuer))

    @asynccontextmanager
    async def suspended(self, deployment: Deployment) -> AsyncIterator[None]:
        """Suspend the tenant for a while; the application learns of it at once."""
        await deployment.administration.suspend(self.tenant.slug, actor="tests")
        self._forget_tenants()
        yield
        await deployment.administration.resume(self.tenant.slug, actor="tests")
        self._forget_tenants()

    def _forget_tenants(self) -> None:
        services = self.world.services
        services.registry = Registry(services.database, services.settings, services.clock)

    async def pushed(self, scope: str = SCOPE, **asked: Any) -> Flow:
        return await self.recipient.push(scope, **{"sharing_duration": 90 * DAY, **asked})

    def authorise_url(self, flow: Flow) -> str:
        query = httpx.QueryParams({"client_id": self.recipient.client_id, "request_uri": flow.request_uri})
        return f"{self.tenant.issuer}/authorise?{query}"

    async def messages(self) -> list[dict[str, Any]]:
        """What waits in the outbox to be sent to people, oldest first."""
        async with self.world.services.database.transaction(self.tenant.namespace) as tx:
            rows = await tx.execute(
                select(outbox.c.payload)
                .where(outbox.c.kind.in_(["email", "sms"]), outbox.c.created_at <= self.world.now)  # clocks are moved
                .order_by(outbox.c.created_at)
            )
            return [json.loads(row.payload) if isinstance(row.payload, str) else row.payload for row in rows]

    async def code(self, to: str | None = None) -> str:
        """The latest one-time password sent to somebody."""
        sent = [message for message in await self.messages() if message["to"] == (to or self.identifier)]
        return re.findall(r"\b\d{6}\b", sent[-1]["text"])[0]

    async def identified(self, browser: Browser, flow: Flow | None = None, **asked: Any) -> Page:
        """The page that asks for the one-time password."""
        page = await browser.get(self.authorise_url(flow or await self.pushed(**asked)))
        return await browser.send(page, "/identify", identifier=self.identifier)

    async def authenticated(self, browser: Browser, flow: Flow | None = None, **asked: Any) -> Page:
        """The page after the one-time password."""
        page = await self.identified(browser, flow, **asked)
        return await browser.send(page, "/verify", code=await self.code())

    async def reviewed(self, browser: Browser, flow: Flow | None = None, **asked: Any) -> Page:
        """The page that asks for the authorisation."""
        page = await self.authenticated(browser, flow, **asked)
        return await browser.send(page, "/accounts", account=[str(self.home), str(self.joint)])

    async def response(self, url: str) -> dict[str, Any]:
        """The claims of an authorisation response."""
        claims: dict[str, Any] = read_unverified(response_of(url)).claims
        return claims

    async def consented(self, browser: Browser, **asked: Any) -> Any:
        """A whole consent: the tokens that the recipient has for it."""
        flow = await self.pushed(**asked)
        page = await self.reviewed(browser, flow)
        url = (await browser.post(page, "/authorise")).headers["location"]
        code = await self.recipient.read_response(response_of(url), flow)
        return await self.recipient.exchange(code, flow)


async def away(sending: Any) -> str:
    """The address of another origin that a form leads to."""
    try:
        page = await sending
    except LeftSite as left:
        return left.url
    raise AssertionError(f"the browser stayed at {page.url}: {page.text}")
