"""A person of a brand and a data recipient, for tests that begin at the authorisation address."""

from playwright.async_api import Page, expect

from ops.sandbox.recipient.answers import Flow
from ops.smoke.participants import SCOPES, Participants, Recipient
from ops.stack.description import TenantDescription
from tests.support.consents import DAY


class Visit:
    """A recipient of the first brand, and a person of that brand in a browser."""

    def __init__(self, outside: Participants, recipient: Recipient, tenant: TenantDescription) -> None:
        self.control, self.client, self._tenant = outside.control, recipient.client, tenant
        self.identifier = str(tenant.demonstration_customers[3]["identifier"])

    async def pushed(self) -> Flow:
        return await self.client.push(SCOPES, sharing_duration=90 * DAY)

    async def to_the_accounts(self, page: Page, flow: Flow | None = None) -> None:
        """Go from the authorisation address to the choice of accounts."""
        await page.goto(self.client.authorisation_url(flow or await self.pushed()))
        await self.sign_in(page)

    async def sign_in(self, page: Page) -> None:
        """Enter the identifier and the one-time password, and choose a customer where there are several."""
        seen = await self.control.newest_message()
        await page.locator("#identifier").fill(self.identifier)
        await page.locator("#continue").click()
        await page.locator("#code").fill(await self.control.code(self.identifier, seen))
        await page.locator("#continue").click()
        if await page.locator("#customer-1").count():
            await page.locator("#customer-1").check()
            await page.locator("#continue").click()

    async def to_the_review(self, page: Page) -> None:
        await self.to_the_accounts(page)
        await page.locator("#account-1").check()
        await page.locator("#continue").click()
        await expect(page.locator("#authorise")).to_be_visible()
