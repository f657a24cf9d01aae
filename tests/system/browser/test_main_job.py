"""The main job in a browser: both brands, on a desktop and a phone; axe-core checks every screen."""

import re

import msgspec
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Request, expect

from ops.smoke.control import SandboxControl
from ops.stack.description import TenantDescription
from ops.stack.embedded import Stack
from tests.system.browser.conftest import SCREENSHOTS, VIEWPORTS


class _DemonstrationCustomer(msgspec.Struct, frozen=True):
    identifier: str


class Visitor:
    """Uses a browser page like a person, takes a screenshot of each screen, and checks it with axe-core."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self._name = name
        self._screens = 0

    async def look(self, screen: str) -> None:
        """Take a screenshot, and check that the screen is accessible and fits the window."""
        self._screens += 1
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"{self._name}-{self._screens:02}-{screen}.png", full_page=True)
        found = await Axe().run(self.page)
        assert found.violations_count == 0, f"{screen}: {found.generate_report()}"
        assert await self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), screen

    async def press(self, element_id: str) -> None:
        await self.page.locator(f"#{element_id}").click()

    async def fill(self, element_id: str, text: str) -> None:
        await self.page.locator(f"#{element_id}").fill(text)

    async def sign_in(self, identifier: str, control: SandboxControl, screens: tuple[str, str]) -> None:
        """Enter the identifier and the one-time password, in the flow or at the dashboard."""
        await self.look(screens[0])
        await self.fill("identifier", identifier)
        seen = await control.newest_message()
        await self.press("continue")
        await self.look(screens[1])
        await self.fill("code", await control.code(identifier, seen))
        await self.press("continue")

    async def choose(self) -> None:
        """Choose a customer where there are several, then every account that can be shared."""
        if await self.page.locator("#customer-1").count():
            await self.look("customer")
            await self.page.locator("#customer-1").check()
            await self.press("continue")
        await self.look("accounts")
        for box in await self.page.locator("input[id^=account-]:enabled").all():
            await box.check()
        await self.press("continue")


def _tenant(stack: Stack, slug: str) -> tuple[TenantDescription, list[str]]:
    tenant = next(tenant for tenant in stack.description.tenants if tenant.slug == slug)
    people = msgspec.convert(tenant.demonstration_customers, list[_DemonstrationCustomer])
    return tenant, [somebody.identifier for somebody in people]


@pytest.mark.parametrize("viewport", VIEWPORTS)
@pytest.mark.parametrize("slug", ["aurora", "banksia"])
async def test_a_person_can_share_data_and_stop_sharing(
    chromium: Browser, stack: Stack, control: SandboxControl, slug: str, viewport: str
) -> None:
    tenant, people = _tenant(stack, slug)
    identifier = people[list(VIEWPORTS).index(viewport)]
    context = await chromium.new_context(**VIEWPORTS[viewport], locale="en-AU", timezone_id="Australia/Sydney")
    context.set_default_timeout(20_000)
    page = await context.new_page()
    browser_errors: list[str] = []
    page.on("console", lambda message: browser_errors.append(message.text) if message.type == "error" else None)
    page.on("requestfailed", lambda request: browser_errors.append(_failed(request)))
    visitor = Visitor(page, f"{slug}-{viewport}")

    await page.goto(f"{stack.description.sandbox.recipient_url}/")
    await visitor.look("recipient")
    await page.get_by_role("radio", name=tenant.name).check()
    await visitor.press("continue")

    await expect(page).to_have_url(re.compile(re.escape(tenant.issuer) + "/flow/.*/identify"))
    await visitor.sign_in(identifier, control, ("identify", "one-time-password"))
    await visitor.choose()
    await expect(page).to_have_url(re.compile("/review$"))
    await visitor.look("review")
    await visitor.press("authorise")

    await expect(page.locator("#state")).to_have_text("Connected")
    await expect(page.locator("#accounts")).to_be_visible()
    await visitor.look("recipient-connected")
    connection = page.url

    await page.goto(tenant.dashboard_url)
    await visitor.sign_in(identifier, control, ("dashboard-sign-in", "dashboard-one-time-password"))
    await expect(page.locator("#current")).to_be_visible()
    await visitor.look("dashboard")
    await page.locator("#current a").first.click()
    await visitor.look("dashboard-arrangement")
    await visitor.press("stop-sharing")
    await visitor.look("dashboard-stop-sharing")
    await visitor.press("confirm-stop")
    await visitor.look("dashboard-stopped")

    await control.notice(connection.rpartition("/")[2])
    await page.goto(connection)
    await expect(page.locator("#state")).to_have_text("Ended")
    await visitor.look("recipient-ended")
    assert browser_errors == []
    await context.close()


async def test_cancelling_redirects_the_person_to_the_recipient(chromium: Browser, stack: Stack) -> None:
    context = await chromium.new_context(**VIEWPORTS["phone"])
    page = await context.new_page()
    await page.goto(f"{stack.description.sandbox.recipient_url}/")
    await page.locator("#continue").click()
    await page.locator("#cancel").click()
    await expect(page.locator("#message")).to_be_visible()
    assert page.url.startswith(stack.description.sandbox.recipient_url)
    await context.close()


async def test_a_person_can_share_without_javascript(chromium: Browser, stack: Stack, control: SandboxControl) -> None:
    _, people = _tenant(stack, "aurora")
    context = await chromium.new_context(**VIEWPORTS["phone"], java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{stack.description.sandbox.recipient_url}/")
    await page.locator("#continue").click()
    await page.locator("#identifier").fill(people[2])
    seen = await control.newest_message()
    await page.locator("#continue").click()
    await page.locator("#code").fill(await control.code(people[2], seen))
    await page.locator("#continue").click()
    if await page.locator("#customer-1").count():
        await page.locator("#customer-1").check()
        await page.locator("#continue").click()
    await page.locator("#account-1").check()
    await page.locator("#continue").click()
    await page.locator("#authorise").click()
    await expect(page.locator("#state")).to_have_text("Connected")
    await context.close()


async def test_the_recipient_and_the_brand_are_different_sites(chromium: Browser, stack: Stack) -> None:
    """Hosts of one site would hide mistakes with SameSite cookies."""
    context = await chromium.new_context()
    page = await context.new_page()
    sites: list[str] = []

    async def note(request: Request) -> None:
        if request.is_navigation_request() and "/authorise?" in request.url:
            sites.append((await request.all_headers()).get("sec-fetch-site", ""))

    page.on("request", note)
    await page.goto(f"{stack.description.sandbox.recipient_url}/")
    await page.locator("#continue").click()
    await expect(page.locator("#identifier")).to_be_visible()
    assert sites == ["cross-site"]
    await context.close()


def _failed(request: Request) -> str:
    return f"{request.method} {request.url}: {request.failure}"
