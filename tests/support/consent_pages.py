"""The pages of a brand, used by Mia Wong in a scripted browser."""

import json
import re
from typing import Any
from uuid import UUID

import httpx
import msgspec
from sqlalchemy import select

from ops.browser.browser import Browser
from ops.browser.errors import LeftSite
from ops.browser.page import Page
from ops.sandbox.jose import read_unverified
from ops.sandbox.recipient.answers import Flow
from ops.sandbox.recipient.client import RecipientClient
from tenants.notices.tables import outbox
from tenants.oauth import scopes
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.consents import DAY, response_of
from tests.support.customers import CustomerData
from tests.support.rows import execute

SCOPE = "openid profile common:customer.basic:read energy:accounts.basic:read energy:accounts.detail:read"


class Mia(msgspec.Struct, frozen=True):
    """Mia Wong, who can share two of her accounts: one of her own and a joint one."""

    login_id: UUID
    identifier: str
    customer_id: UUID
    home: UUID
    joint: UUID


class ConsentPages:
    """A brand's consent flow and dashboard as Mia Wong uses them, and the data recipient that asks for her data."""

    def __init__(self, application: Application, tenant: Tenant, recipient: RecipientClient, mia: Mia) -> None:
        self.application, self.tenant, self.recipient, self.mia = application, tenant, recipient, mia
        self.customers = _customers(application, tenant)

    @classmethod
    async def open(cls, application: Application, tenant: Tenant) -> "ConsentPages":
        """Add Mia and register a data recipient at a tenant, for every scope: a test may serve more operations."""
        mia = await _add_mia(_customers(application, tenant))
        scope = f"openid profile {scopes.join(scopes.DATA_SCOPES)} cdr:registration"
        return cls(application, tenant, await registered_client(application, tenant, scope=scope), mia)

    def browser(self, tenant: Tenant | None = None) -> Browser:
        """Return a browser with no cookies, at this brand or another."""
        transport = httpx.ASGITransport(self.application.asgi)
        return Browser(httpx.AsyncClient(transport=transport, base_url=(tenant or self.tenant).issuer))

    async def pushed(self, scope: str = SCOPE, **asked: Any) -> Flow:
        """Push a request of the recipient's, for 90 days unless it asks otherwise."""
        return await self.recipient.push(scope, **{"sharing_duration": 90 * DAY, **asked})

    def authorise_url(self, flow: Flow) -> str:
        return self.recipient.authorisation_url(flow)

    async def messages(self) -> list[dict[str, Any]]:
        """Return what waits in the outbox to be sent to people, oldest first."""
        to_people = outbox.c.kind.in_(["email", "sms"])
        until_now = outbox.c.created_at <= self.application.now  # not those of a test that had moved the clock
        waiting = outbox.c.done_at.is_(None)
        query = select(outbox.c.payload).where(to_people, until_now, waiting).order_by(outbox.c.created_at)
        payloads = [row.payload for row in await execute(self.application.database, self.tenant, query) if row.payload]
        return [json.loads(payload) if isinstance(payload, str) else payload for payload in payloads]

    async def code(self, to: str | None = None) -> str:
        """Return the latest one-time password that was sent to somebody, Mia by default."""
        messages, person = await self.messages(), to or self.mia.identifier
        sent = [message for message in messages if message["to"] == person]
        assert sent, f"{len(messages)} messages wait at {self.application.now}, and none to {person}"
        return re.findall(r"\b\d{6}\b", sent[-1]["text"])[0]

    async def identified(
        self, browser: Browser, flow: Flow | None = None, identifier: str | None = None, **asked: Any
    ) -> Page:
        """Go to the page that asks for the one-time password."""
        page = await browser.get(self.authorise_url(flow or await self.pushed(**asked)))
        return await browser.send(page, "/identify", identifier=identifier or self.mia.identifier)

    async def authenticated(
        self, browser: Browser, flow: Flow | None = None, identifier: str | None = None, **asked: Any
    ) -> Page:
        """Go to the page after the one-time password."""
        page = await self.identified(browser, flow, identifier, **asked)
        return await browser.send(page, "/verify", code=await self.code(identifier))

    async def reviewed(self, browser: Browser, flow: Flow | None = None, **asked: Any) -> Page:
        """Go to the page that asks for the authorisation of Mia's two accounts."""
        page = await self.authenticated(browser, flow, **asked)
        return await browser.send(page, "/accounts", account=[str(self.mia.home), str(self.mia.joint)])

    async def consented(self, browser: Browser, **asked: Any) -> Any:
        """Go through the whole flow; return the tokens that the recipient has for the consent."""
        flow = await self.pushed(**asked)
        page = await self.reviewed(browser, flow)
        url = (await browser.post(page, "/authorise")).headers["location"]
        code = await self.recipient.read_response(response_of(url), flow)
        return await self.recipient.exchange(code, flow)

    async def signed_in(self, browser: Browser, identifier: str | None = None) -> Page:
        """Sign in to the dashboard; return its first page."""
        page = await browser.get("/dashboard/sign-in")
        page = await browser.send(page, "/sign-in", identifier=identifier or self.mia.identifier)
        return await browser.send(page, "/dashboard/verify", code=await self.code(identifier))


def _customers(application: Application, tenant: Tenant) -> CustomerData:
    return CustomerData(application.database, tenant, application.services.clock.now)


async def _add_mia(customers: CustomerData) -> Mia:
    """Add Mia with five accounts; three of them are closed or may not be shared by her."""
    login_id, identifier = await customers.add_login("Mia Wong")
    customer_id = await customers.add_customer("Mia Wong", login_id)
    home = await customers.add_account("Home", customer_id)
    joint = await customers.add_account("Beach house", customer_id, role="joint-holder")
    await customers.add_account("Old flat", customer_id, open_status="CLOSED")
    farm = await customers.add_account("Farm", customer_id, role="joint-holder")
    await customers.set_option(farm, "no-disclosure")
    await customers.add_account("Grandma", customer_id, role="secondary-user")
    return Mia(login_id, identifier, customer_id, home, joint)


def response_claims(url: str) -> dict[str, Any]:
    """Return the claims of the authorisation response in a redirect URL."""
    claims: dict[str, Any] = read_unverified(response_of(url)).claims
    return claims


async def away(sending: Any) -> str:
    """Return the address of another origin that sending a form leads to."""
    try:
        page = await sending
    except LeftSite as left:
        return left.url
    raise AssertionError(f"the browser stayed at {page.url}: {page.text}")
