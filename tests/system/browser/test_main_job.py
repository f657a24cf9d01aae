"""The main job in a browser: both brands, on a desktop and a phone; axe-core checks every screen.

The screens are the recording of the paths (K-32).
"""

import os
import re
from pathlib import Path

import msgspec
import pytest
from axe_playwright_python.async_playwright import Axe
from click.testing import CliRunner
from playwright.async_api import Browser, Page, Request, expect

from ops.cli import main
from ops.cli.recordings import MANIFEST, RecordedPath, Recording, RecordingManifest
from ops.smoke.control import SandboxControl
from ops.stack.description import TenantDescription
from ops.stack.embedded import Stack
from tests.support.screenshots import take_screenshot
from tests.system.browser.conftest import VIEWPORTS

STEPS = {
    "identify": "identify",
    "one-time-password": "verify",
    "customer": "customer",
    "accounts": "accounts",
    "review": "review",
}
"""The last part of the address of each step of the consent flow, by the name of its screen."""
VISITS = (
    [(slug, viewport) for slug in ("aurora", "banksia") for viewport in VIEWPORTS]
    if os.environ.get("HAAS_TEST_SCREENSHOTS")
    else [("aurora", "phone"), ("banksia", "desktop")]
)
"""The brand and the device of each journey. A run that keeps no screens has each of them once."""
MOST_TABS = 60
"""More than any page has links, buttons and fields."""
RECORDED: dict[RecordedPath, list[str]] = {
    "amend": ["recipient-change", "identify", "one-time-password", "accounts", "review", "recipient-changed"],
    "authorise": ["recipient", "identify", "one-time-password", "accounts", "review", "recipient-connected"],
    "withdraw": [
        *("dashboard-sign-in", "dashboard-one-time-password", "dashboard", "dashboard-arrangement"),
        *("dashboard-stop-sharing", "dashboard-stopped", "recipient-ended"),
    ],
}


class _DemonstrationCustomer(msgspec.Struct, frozen=True):
    identifier: str


class Visitor:
    """Uses a browser page like a person, and checks each screen with axe-core."""

    def __init__(self, page: Page, name: str, recording: Path | None = None) -> None:
        """`recording` is the folder in which the screens are kept, besides that for people who want to look."""
        self.page = page
        self.path = ""
        """What the names of the screens have before their numbers: the path that is not the first one."""
        self._name = name
        self._recording = recording
        self._screens = 0

    async def look(self, screen: str) -> None:
        """Check that the screen is the one that was expected, is accessible and fits the window."""
        if screen in STEPS:
            await expect(self.page).to_have_url(re.compile(f"/flow/[^/]+/{STEPS[screen]}$"))
        self._screens += 1
        name = f"{self._name}-{self.path}{self._screens:02}-{screen}"
        await take_screenshot(self.page, name, self._recording)
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

    async def amend(self, identifier: str, control: SandboxControl) -> None:
        """Change for how long data is shared, from the recipient's page of the connection and back to it."""
        self.path = "amend-"
        await self.press("change")
        await self.look("recipient-change")
        await self.page.get_by_label("3 months").check()
        await self.press("continue")
        await self.sign_in(identifier, control, ("identify", "one-time-password"))
        await self.choose()
        await expect(self.page.get_by_role("heading", name="Change what you share with")).to_be_visible()
        await self.look("review")
        await self.press("authorise")
        await expect(self.page.locator("#state")).to_have_text("Connected")
        await self.look("recipient-changed")
        self.path = ""


def _tenant(stack: Stack, slug: str) -> tuple[TenantDescription, list[str]]:
    tenant = next(tenant for tenant in stack.description.tenants if tenant.slug == slug)
    people = msgspec.convert(tenant.demonstration_customers, list[_DemonstrationCustomer])
    return tenant, [somebody.identifier for somebody in people]


@pytest.mark.parametrize(("slug", "viewport"), VISITS)
async def test_a_person_can_share_data_and_stop_sharing(
    chromium: Browser, stack: Stack, control: SandboxControl, tmp_path: Path, slug: str, viewport: str
) -> None:
    """K-32: a recording of every path is kept, with the theme of the brand."""
    tenant, people = _tenant(stack, slug)
    identifier = people[list(VIEWPORTS).index(viewport)]
    context = await chromium.new_context(**VIEWPORTS[viewport], locale="en-AU", timezone_id="Australia/Sydney")
    context.set_default_timeout(20_000)
    page = await context.new_page()
    browser_errors: list[str] = []
    page.on("console", lambda message: browser_errors.append(message.text) if message.type == "error" else None)
    page.on("requestfailed", lambda request: browser_errors.append(_failed(request)))
    visitor = Visitor(page, f"{slug}-{viewport}", tmp_path / "screens")

    await page.goto(f"{stack.description.sandbox.recipient_url}/")
    await visitor.look("recipient")
    await page.get_by_role("radio", name=tenant.name).check()
    await visitor.press("continue")

    await expect(page).to_have_url(re.compile(re.escape(tenant.issuer) + "/flow/.*/identify"))
    await visitor.sign_in(identifier, control, ("identify", "one-time-password"))
    await visitor.choose()
    await visitor.look("review")
    await visitor.press("authorise")

    await expect(page.locator("#state")).to_have_text("Connected")
    await expect(page.locator("#accounts")).to_be_visible()
    await visitor.look("recipient-connected")
    connection = page.url

    await visitor.amend(identifier, control)
    assert page.url == connection

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

    recordings = _kept_recordings(tmp_path / "screens", tmp_path / "kept")
    assert {(each.theme, each.device) for each in recordings} == {(slug, viewport)}
    seen = {each.path: [step.screen for step in each.steps if step.screen != "customer"] for each in recordings}
    assert seen == RECORDED


async def test_cancelling_redirects_the_person_to_the_recipient(chromium: Browser, stack: Stack) -> None:
    context = await chromium.new_context(**VIEWPORTS["phone"])
    page = await context.new_page()
    await page.goto(f"{stack.description.sandbox.recipient_url}/")
    await page.locator("#continue").click()
    await page.locator("#cancel").click()
    await expect(page.locator("#message")).to_be_visible()
    assert page.url.startswith(stack.description.sandbox.recipient_url)
    await context.close()


async def test_a_person_can_share_and_stop_by_keyboard_and_without_javascript(
    chromium: Browser, stack: Stack, control: SandboxControl
) -> None:
    """WCAG 2.1.1. The recipient's page is only where the person comes from."""
    tenant, people = _tenant(stack, "aurora")
    context = await chromium.new_context(**VIEWPORTS["phone"], java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{stack.description.sandbox.recipient_url}/")
    await page.locator("#continue").click()
    await _sign_in_by_keyboard(page, people[2], control)
    if await page.locator("#customer-1").count():
        await _press(page, "customer-1", "Space")
        await _press(page, "continue")
    await _press(page, "account-1", "Space")
    await _press(page, "continue")
    await _press(page, "authorise")
    await expect(page.locator("#state")).to_have_text("Connected")

    await page.goto(tenant.dashboard_url)
    await _sign_in_by_keyboard(page, people[2], control)
    await _press(page, "arrangement-1")
    await _press(page, "stop-sharing")
    await _press(page, "confirm-stop")
    await expect(page.locator("#notice")).to_contain_text("You have stopped sharing")
    await context.close()


async def _sign_in_by_keyboard(page: Page, identifier: str, control: SandboxControl) -> None:
    await _reach(page, "identifier")
    await page.keyboard.type(identifier)
    seen = await control.newest_message()
    await page.keyboard.press("Enter")
    await _reach(page, "code")
    await page.keyboard.type(await control.code(identifier, seen))
    await page.keyboard.press("Enter")


async def _press(page: Page, element_id: str, key: str = "Enter") -> None:
    await _reach(page, element_id)
    await page.keyboard.press(key)


async def _reach(page: Page, element_id: str) -> None:
    """Move to an element with the Tab key."""
    await expect(page.locator(f"#{element_id}")).to_be_visible()
    for _ in range(MOST_TABS):
        if await page.locator(f"#{element_id}:focus").count():
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"#{element_id} cannot be reached with the Tab key at {page.url}")


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


def _kept_recordings(screens: Path, kept: Path) -> list[Recording]:
    """Keep the screens as the release would, and return what is recorded."""
    for arguments in (["keep", str(screens), str(kept), "--release", "1.0"], ["check", str(kept)]):
        done = CliRunner().invoke(main, ["recordings", *arguments])
        assert done.exit_code == 0, done.output
    return msgspec.json.decode((kept / MANIFEST).read_bytes(), type=RecordingManifest).recordings


def _failed(request: Request) -> str:
    return f"{request.method} {request.url}: {request.failure}"
