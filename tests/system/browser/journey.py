"""People and brands of the journeys on the stack, and what is checked at each screen."""

import secrets
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from playwright.async_api import Browser, BrowserContext, Page, expect
from sqlalchemy import insert

from haas.progress import NO_PROGRESS
from ops.demonstration import BRANDS
from ops.demonstration.setup import create_brand
from ops.deployment import Deployment
from ops.journeys.devices import DEVICES
from ops.journeys.visitor import Visitor
from ops.sandbox.recipient.answers import Tokens
from ops.smoke.participants import Participants, Recipient
from ops.stack.description import TenantDescription
from ops.stack.embedded import Stack
from tenants.accounts.tables import holding
from tenants.parties.models import canonical_identifier
from tenants.registry.models import Tenant
from tests.support.accessibility import check_accessible, check_layout, scripts_allowed
from tests.support.consents import YEAR
from tests.support.customers import CustomerData
from tests.support.rows import execute
from tests.support.screenshots import take_screenshot
from tests.system.browser.combinations import ALL, Combination

_STANDARD_TEXT = 16
_OF_THE_MAIN_JOB = frozenset(
    ("identify", "one-time-password", "accounts", "review", "dashboard-sign-in", "dashboard-one-time-password")
)
"""Screens that `test_main_job` checks with axe-core at both brands. In the usual run, that is enough."""


class JourneyPerson(NamedTuple):
    """A person who is a customer of the brand and can sign in."""

    identifier: str
    customer_id: UUID
    login_id: UUID


class JourneyBrand:
    """A brand on the stack whose customers are those of the journeys, and a recipient that is registered at it."""

    def __init__(
        self, stack: Stack, deployment: Deployment, outside: Participants, tenant: Tenant, recipient: Recipient
    ) -> None:
        self.control, self.recipient_url = outside.control, stack.description.sandbox.recipient_url
        self.description: TenantDescription = described(stack, tenant.slug)
        self._outside, self._recipient, self._deployment, self._tenant = outside, recipient, deployment, tenant
        self.customers = CustomerData(deployment.database, tenant, deployment.clock.now)

    async def person(self, name: str) -> JourneyPerson:
        """Add a person who is a customer."""
        identifier = f"{name.split(maxsplit=1)[0].lower()}.{secrets.token_hex(3)}@people.test"
        known_by = {"reference": identifier, "identifier": canonical_identifier(identifier), "email": identifier}
        login_id, _ = await self.customers.add_login(name, **known_by)
        customer_id = await self.customers.add_customer(name, login_id)
        return JourneyPerson(identifier, customer_id, login_id)

    async def account(self, name: str, *holders: JourneyPerson, role: str = "holder", **values: Any) -> UUID:
        """Add an account of people."""
        held_by = [person.customer_id for person in holders]
        return await self.customers.add_account(name, *held_by, role=role, **values)

    async def let_use(self, person: JourneyPerson, account_id: UUID) -> None:
        """Make a person a secondary user of an account, without the permission to share it."""
        since = self._deployment.clock.now().date().replace(year=2020, day=1)
        row = {"customer_id": person.customer_id, "account_id": account_id, "role": "secondary-user"}
        await self.execute(insert(holding).values(**row, valid_from=since))

    async def share(self, person: JourneyPerson) -> Tokens:
        """Let a person share every account with the recipient for a year, with a scripted browser."""
        client, control = self._recipient.client, self.control
        flow = await client.push(self._recipient.scope, sharing_duration=YEAR)
        seen = await control.newest_message()
        scripted = await self._outside.person()
        response = await scripted.consent(
            client.authorisation_url(flow), person.identifier, lambda: control.code(person.identifier, seen)
        )
        return await client.exchange(await client.read_response(response, flow), flow)

    async def execute(self, statement: Any) -> list[Any]:
        """Execute a statement in the schema of the brand."""
        return await execute(self._deployment.database, self._tenant, statement)


class JourneyBrands:
    """The brands of the journeys. Each is created when it is first needed."""

    def __init__(self, stack: Stack, deployment: Deployment, outside: Participants) -> None:
        self._stack, self._deployment, self._outside = stack, deployment, outside
        self._opened: dict[str, JourneyBrand] = {}

    async def open(self, slug: str) -> JourneyBrand:
        """Return the brand with the theme of the demonstration brand `slug`, whose data is in its schema."""
        if slug not in self._opened:
            self._opened[slug] = await self._create(slug)
        return self._opened[slug]

    async def _create(self, slug: str) -> JourneyBrand:
        shown = next(each for each in BRANDS if each.slug == slug)
        settings = msgspec.structs.replace(shown.settings, offers_co_approval=True, offers_secondary_user_blocks=True)
        brand = msgspec.structs.replace(
            shown,
            slug=f"journeys-{slug}",
            retailer=f"Journeys of {slug} Pty Ltd",
            register_brand_id=str(UUID(bytes=secrets.token_bytes(16), version=4)),
            settings=settings,
            is_on_other_servers=False,
        )
        tenant = await create_brand(self._deployment, brand, NO_PROGRESS)
        await self._stack.until_described(tenant.slug)
        description = described(self._stack, tenant.slug)
        recipient = await self._outside.recipient(description)
        await recipient.client.register(await self._outside.control.ssa(recipient.product))
        return JourneyBrand(self._stack, self._deployment, self._outside, tenant, recipient)


def described(stack: Stack, slug: str) -> TenantDescription:
    return next(each for each in stack.description.tenants if each.slug == slug)


class Journey:
    """One journey in one combination. JavaScript is off, and each screen is checked."""

    def __init__(self, chromium: Browser, brand: JourneyBrand, combination: Combination, name: str) -> None:
        """Screens are written below `journeys/<name>/` if somebody wants to look."""
        self.brand, self.combination = brand, combination
        self._chromium, self._name = chromium, name
        self._contexts: list[BrowserContext] = []
        self._shown = 0

    async def visitor(self) -> Visitor:
        """Return a person with a browser of their own, which has no cookies."""
        context = await self._chromium.new_context(
            **DEVICES[self.combination.device],
            color_scheme=self.combination.scheme,
            reduced_motion="reduce",
            locale="en-AU",
            timezone_id="Australia/Sydney",
            java_script_enabled=False,
        )
        context.set_default_timeout(20_000)
        self._contexts.append(context)
        return await self.tab(context)

    async def signed_in(self, person: JourneyPerson) -> Visitor:
        """Return a person with a browser of their own at the first page of the dashboard."""
        visitor = await self.visitor()
        await visitor.page.goto(self.brand.description.dashboard_url)
        await visitor.answer(await visitor.identify(person.identifier))
        await expect(visitor.page.locator("#current")).to_be_visible()
        return visitor

    async def tab(self, context: BrowserContext) -> Visitor:
        """Return the same person at a new tab."""
        page = await context.new_page()
        session = await context.new_cdp_session(page)
        size = _STANDARD_TEXT * self.combination.percent // 100
        await session.send("Page.setFontSizes", {"fontSizes": {"standard": size, "fixed": size * 13 // 16}})
        return Visitor(page, self.brand.control, self.look, by_keyboard=self.combination.by_keyboard)

    async def look(self, page: Page, screen: str) -> None:
        """Check a screen of the brand: axe-core finds nothing, nothing is too wide, and no word is broken."""
        self._shown += 1
        if not page.url.startswith(self.brand.description.issuer):
            return
        await take_screenshot(page, f"journeys/{self._name}/{self.combination}/{self._shown:02}-{screen}", wanted=ALL)
        await check_layout(page, (screen, str(self.combination)))
        if ALL or screen not in _OF_THE_MAIN_JOB:
            async with scripts_allowed(page):
                await check_accessible(page, f"{screen} in {self.combination}")

    async def close(self) -> None:
        """Close the browsers of all people."""
        for context in self._contexts:
            await context.close()
