"""The recipient's pages with the data of a household in a browser, on a desktop and a phone, checked with axe-core."""

from typing import Any, Literal

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Route

from tests.ops.sandbox.addresses import RECIPIENT
from tests.ops.sandbox.faulty_holder import FaultyHolder
from tests.ops.sandbox.recipient.browsing import share
from tests.ops.sandbox.recipient.shared_data import ENERGY, SCOPES
from tests.support.screenshots import take_screenshot

VIEWPORTS = {"desktop": (1280, 900), "phone": (320, 640)}
FAILURE = {"errors": [{"code": "x", "title": "Service Unavailable", "detail": "A" * 120}]}


async def opened(chromium: Browser, browser: httpx.AsyncClient, **options: Any) -> tuple[Page, list[str]]:
    """A page that shows what the sandbox in this process answers, and what the browser complains about."""
    page = await chromium.new_page(reduced_motion="reduce", **options)
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))

    async def answer(route: Route) -> None:
        assert route.request.url.startswith(RECIPIENT), "the page requests nothing from other servers"
        given = await browser.get(route.request.url)
        await route.fulfill(status=given.status_code, headers=dict(given.headers), body=given.content)

    await page.route("**", answer)
    return page, messages


@pytest.mark.parametrize(("viewport", "scheme"), [("desktop", "dark"), ("phone", "light")])
async def test_the_pages_pass_the_accessibility_checks_and_fit_the_window(
    chromium: Browser,
    browser: httpx.AsyncClient,
    household: FaultyHolder,
    viewport: str,
    scheme: Literal["light", "dark"],
) -> None:
    everything = await share(browser, household, SCOPES)
    little = await share(browser, household, ["common:customer.basic:read"])
    household.refuses = {f"/cds-au/v1{path}": (503, FAILURE) for path in ("/energy/accounts/balances", f"{ENERGY}/der")}
    failed = await share(browser, household, SCOPES)
    ended = await share(browser, household, SCOPES)
    await browser.post(f"{RECIPIENT}{ended}/stop")
    screens = {
        "start": "/",
        "bills": everything,
        "usage": f"{everything}/usage",
        "quarterly-meter": f"{everything}/usage?connection=2",
        "little-shared": little,
        "usage-not-shared": f"{little}/usage",
        "failed": failed,
        "ended": ended,
    }
    width, height = VIEWPORTS[viewport]
    page, messages = await opened(chromium, browser, viewport={"width": width, "height": height}, color_scheme=scheme)
    for name, path in screens.items():
        await page.goto(f"{RECIPIENT}{path}")
        await take_screenshot(page, f"recipient/{viewport}-{scheme}/{name}")
        found = await Axe().run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow == 0, f"{name} scrolls sideways by {overflow} px"
    assert messages == [], "the content security policy or the browser complained"
    await page.close()


async def test_export_is_told_apart_from_consumption_by_a_pattern_a_place_and_a_label(
    chromium: Browser, browser: httpx.AsyncClient, household: FaultyHolder
) -> None:
    page, _ = await opened(chromium, browser)
    await page.goto(f"{RECIPIENT}{await share(browser, household, SCOPES)}/usage")
    chart = page.get_by_role("img").first
    fills = "(bars) => [...new Set(bars.map((bar) => getComputedStyle(bar).fill))]"
    [export] = await chart.locator("rect.export").evaluate_all(fills)
    [use] = await chart.locator("rect.use").evaluate_all(fills)
    assert "export-pattern" in export
    assert use.startswith("rgb")
    zero = await chart.locator("line.zero").bounding_box()
    for kind, edge in (("export", "top"), ("use", "bottom")):
        edges = await chart.locator(f"rect.{kind}").evaluate_all(
            f"(bars) => bars.map((bar) => bar.getBoundingClientRect().{edge})"
        )
        assert zero is not None
        assert all(abs(value - zero["y"]) < 2 for value in edges)
    await page.get_by_text("To the grid, below the line").first.wait_for()
    await page.close()


async def test_a_day_can_be_chosen_with_the_keyboard(
    chromium: Browser, browser: httpx.AsyncClient, household: FaultyHolder
) -> None:
    page, _ = await opened(chromium, browser)
    await page.goto(f"{RECIPIENT}{await share(browser, household, SCOPES)}/usage")
    shown = await page.locator("#day").inner_text()
    for _step in range(30):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.id") == "previous-day":
            break
    await page.keyboard.press("Enter")
    await page.wait_for_url("**day=**")
    assert await page.locator("#day").inner_text() != shown
    await page.close()
