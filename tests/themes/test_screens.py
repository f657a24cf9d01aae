"""All pages of both demonstration brands, on a desktop and a phone, light and dark, are checked with axe-core."""

from typing import Any, Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Route

from tests.support.screenshots import take_screenshot

ORIGIN = "https://brand.test"
VIEWPORTS = {"desktop": (1280, 900), "phone": (320, 640)}
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


async def _page(
    browser: Browser, screens: Any, viewport: str, scheme: Literal["light", "dark"]
) -> tuple[Page, list[str]]:
    width, height = VIEWPORTS[viewport]
    page = await browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=False, reduced_motion="reduce"
    )
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))

    async def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path == screens.brand.stylesheet_path:
            await route.fulfill(body=screens.brand.css, content_type="text/css")
        else:
            name = path.removeprefix("/")
            headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html; charset=utf-8"}
            await route.fulfill(body=screens.html(name), headers=headers)

    await page.route(f"{ORIGIN}/**", answer)
    return page, messages


# Each layout, each scheme and each brand once; Banksia's theme has no dark scheme.
@pytest.mark.parametrize(
    ("screens", "viewport", "scheme"),
    [("aurora", "desktop", "light"), ("aurora", "phone", "dark"), ("banksia", "phone", "light")],
    indirect=["screens"],
)
async def test_screens_pass_the_accessibility_checks_and_fit_the_window(
    chromium: Browser, screens: Any, viewport: str, scheme: Literal["light", "dark"]
) -> None:
    assert scheme == "light" or screens.brand.dark
    page, messages = await _page(chromium, screens, viewport, scheme)
    folder = f"screens/{screens.brand.name.split()[0].lower()}-{viewport}-{scheme}"
    for name in screens.names:
        await page.goto(f"{ORIGIN}/{name}")
        await take_screenshot(page, f"{folder}/{name}")
        found = await Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow == 0, f"{name} scrolls sideways by {overflow} px at {viewport}"
    assert messages == [], "the content security policy or the browser complained"
    await page.close()
