"""The main job in a browser: both brands, on a desktop and a phone; axe-core checks every screen.

The screens are the recording of the paths (K-32).
"""

import os
from contextlib import nullcontext
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from playwright.async_api import Browser, Page, Request, expect

from ops.cli import main
from ops.cli.recordings import MANIFEST, RecordedPath, Recording, RecordingManifest
from ops.journeys.devices import DEVICES
from ops.journeys.sharing import amend, authorise, withdraw
from ops.journeys.visitor import Visitor
from ops.smoke.control import SandboxControl
from ops.stack.description import TenantDescription
from ops.stack.embedded import Stack
from tests.support.accessibility import check_accessible, scripts_allowed
from tests.support.screenshots import take_screenshot

VISITS = (
    [(slug, device, False) for slug in ("aurora", "banksia") for device in DEVICES]
    if os.environ.get("HAAS_TEST_SCREENSHOTS")
    else [("aurora", "phone", False), ("banksia", "desktop", True)]
)
"""The brand and the device of each journey, and whether it is by keyboard alone. A run that keeps no screens has each
of them once."""
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


class Screens:
    """Checks each screen with axe-core, and keeps it in a folder."""

    def __init__(self, name: str, recording: Path | None = None, *, has_scripts: bool = True) -> None:
        """`recording` is the folder in which the screens are kept, besides that for people who want to look.

        `has_scripts` says whether the context of the page has JavaScript.
        """
        self.path = ""
        """What the names of the screens have before their numbers: the path that is not the first one."""
        self._name, self._recording = name, recording
        self._permission = nullcontext if has_scripts else scripts_allowed
        self._shown = 0

    async def look(self, page: Page, screen: str) -> None:
        """Check that the screen is accessible and fits the window."""
        self._shown += 1
        await take_screenshot(page, f"{self._name}-{self.path}{self._shown:02}-{screen}", self._recording)
        async with self._permission(page):
            await check_accessible(page, screen)
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), screen


def _tenant(stack: Stack, slug: str) -> tuple[TenantDescription, list[str]]:
    tenant = next(tenant for tenant in stack.description.tenants if tenant.slug == slug)
    people = msgspec.convert(tenant.demonstration_customers, list[_DemonstrationCustomer])
    return tenant, [somebody.identifier for somebody in people]


@pytest.mark.parametrize("made", VISITS, ids=str)
async def test_a_person_can_share_data_and_stop_sharing(
    chromium: Browser, stack: Stack, control: SandboxControl, tmp_path: Path, made: tuple[str, str, bool]
) -> None:
    """K-32: a recording of every path is kept, with the theme of the brand. JavaScript is off (WCAG 2.1.1)."""
    slug, device, by_keyboard = made
    tenant, people = _tenant(stack, slug)
    identifier = people[list(DEVICES).index(device)]
    context = await chromium.new_context(
        **DEVICES[device], locale="en-AU", timezone_id="Australia/Sydney", java_script_enabled=False
    )
    context.set_default_timeout(20_000)
    page = await context.new_page()
    browser_errors: list[str] = []
    page.on("console", lambda message: browser_errors.append(message.text) if message.type == "error" else None)
    page.on("requestfailed", lambda request: browser_errors.append(_failed(request)))
    screens = Screens(f"{slug}-{device}", tmp_path / "screens", has_scripts=False)
    visitor = Visitor(page, control, screens.look, by_keyboard=by_keyboard)

    connection = await authorise(visitor, stack.description.sandbox.recipient_url, tenant, identifier)
    await expect(page.locator("#accounts")).to_be_visible()
    screens.path = "amend-"
    await amend(visitor, identifier)
    screens.path = ""
    await withdraw(visitor, tenant, identifier, connection)
    assert browser_errors == []
    await context.close()

    recordings = _kept_recordings(tmp_path / "screens", tmp_path / "kept")
    assert {(each.theme, each.device) for each in recordings} == {(slug, device)}
    seen = {each.path: [step.screen for step in each.steps if step.screen != "customer"] for each in recordings}
    assert seen == RECORDED


async def test_cancelling_redirects_the_person_to_the_recipient(chromium: Browser, stack: Stack) -> None:
    context = await chromium.new_context(**DEVICES["phone"])
    page = await context.new_page()
    await page.goto(f"{stack.description.sandbox.recipient_url}/")
    await page.locator("#continue").click()
    await page.locator("#cancel").click()
    await expect(page.locator("#message")).to_be_visible()
    assert page.url.startswith(stack.description.sandbox.recipient_url)
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


def _kept_recordings(screens: Path, kept: Path) -> list[Recording]:
    """Keep the screens as the release would, and return what is recorded."""
    for arguments in (["keep", str(screens), str(kept), "--release", "1.0"], ["check", str(kept)]):
        done = CliRunner().invoke(main, ["recordings", *arguments])
        assert done.exit_code == 0, done.output
    return msgspec.json.decode((kept / MANIFEST).read_bytes(), type=RecordingManifest).recordings


def _failed(request: Request) -> str:
    return f"{request.method} {request.url}: {request.failure}"
