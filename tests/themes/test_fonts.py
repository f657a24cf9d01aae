"""A font of the brand is used in a browser, under the content security policy of the pages."""

from zoneinfo import ZoneInfo

from playwright.async_api import Route

from ops.demonstration.themes import AURORA
from tests.support.chromium import running_chromium
from tests.themes.test_files import FONT
from tests.themes.test_screens import ORIGIN, POLICY
from themes.brand import brand
from themes.files import with_files
from themes.pages import render
from themes.sites import CONSUMER
from themes.tokens import theme_to_json

WIDTH = """(family) => {
    const text = document.createElement("span");
    text.textContent = "iiiiiiiiii";
    if (family) text.style.fontFamily = family;
    document.querySelector("main p").append(text);
    const width = text.getBoundingClientRect().width / parseFloat(getComputedStyle(text).fontSize);
    text.remove();
    return width;
}"""


async def test_the_font_of_a_brand_is_loaded_and_used() -> None:
    tokens, [font] = with_files(theme_to_json(AURORA), {"font_regular": FONT})
    look = brand(AURORA.brand_name, tokens, ZoneInfo("Australia/Sydney"))
    answers = {
        look.stylesheet_path: (look.css.encode(), "text/css"),
        f"/theme/{font.digest}.woff2": (FONT, "font/woff2"),
        "/": (render(look, CONSUMER, "not-found").encode(), "text/html; charset=utf-8"),
    }
    answers |= {f"/theme/{name}": (svg.encode(), "image/svg+xml") for name, svg in look.drawings.items()}
    messages: list[str] = []

    async def answer(route: Route) -> None:
        body, kind = answers[route.request.url.removeprefix(ORIGIN)]
        headers = {"Content-Security-Policy": f"{POLICY}; font-src 'self'", "Content-Type": kind}
        await route.fulfill(body=body, headers=headers)

    async with running_chromium() as browser:
        page = await browser.new_page()
        page.on("console", lambda message: messages.append(message.text))
        await page.route(f"{ORIGIN}/**", answer)
        await page.goto(f"{ORIGIN}/")
        await page.evaluate("document.fonts.ready")
        # Ten letters, each 0.9 em wide in the font of the test, in whole pixels
        assert await page.evaluate(WIDTH, None) > 8.5
        assert await page.evaluate(WIDTH, "serif") < 5
        assert messages == []
