"""All pages of both demonstration brands, on a desktop and a phone, light and dark, are checked with axe-core."""

from collections.abc import AsyncIterator
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Page, Route

from haas.language import using_language
from ops.demonstration import BRANDS
from ops.preview.samples import Screens
from tests.support.accessibility import check_accessible
from tests.support.chromium import running_chromium
from tests.support.pseudo_language import right_to_left
from tests.support.screenshots import take_screenshot, wants_screenshots
from themes.brand import brand
from themes.tokens import theme_to_json

ORIGIN = "https://brand.test"
VIEWPORTS = {"desktop": (1280, 900), "phone": (320, 640)}
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
# What looks like something to press. Links in a text may be lower (WCAG 2.2, 2.5.5 Target Size (Enhanced)).
LOW_TARGETS = """[...document.querySelectorAll(".button, .button-text, .input, .choice")]
    .filter(target => target.getBoundingClientRect().height < 44).map(target => target.id || target.className)"""

_WITH_EVERY_COLOUR = (
    "1-identify-problem", "2-verify-locked", "3-accounts-problem", "4-review-amending", "5-sign-in-link",
    "6-arrangements-joint", "7-arrangement", "8-withdraw", "9-down", "12-joint-account-proposal",
)  # fmt: skip
"""Screens that together have every colour of a theme."""


@pytest.fixture(scope="module")
def screens(request: pytest.FixtureRequest) -> Screens:
    shown = next(each for each in BRANDS if each.slug == request.param)
    zone = ZoneInfo(shown.settings.time_zone)
    return Screens(brand(shown.theme.brand_name, theme_to_json(shown.theme), zone))


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with running_chromium() as browser:
        yield browser


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
        elif (drawing := screens.brand.drawings.get(path.removeprefix("/theme/"))) is not None:
            await route.fulfill(body=drawing, content_type="image/svg+xml")
        else:
            name = path.removeprefix("/")
            headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html; charset=utf-8"}
            await route.fulfill(body=screens.html(name), headers=headers)

    await page.route(f"{ORIGIN}/**", answer)
    return page, messages


# Each layout with each scheme, and each brand in both. The last one is quicker: only its colours are new.
@pytest.mark.parametrize(
    ("screens", "viewport", "scheme"),
    [
        ("aurora", "desktop", "light"),
        ("aurora", "phone", "dark"),
        ("banksia", "phone", "light"),
        ("banksia", "desktop", "dark"),
    ],
    indirect=["screens"],
)
async def test_screens_pass_the_accessibility_checks_and_fit_the_window(
    chromium: Browser, screens: Any, viewport: str, scheme: Literal["light", "dark"]
) -> None:
    assert scheme == "light" or screens.brand.dark
    page, messages = await _page(chromium, screens, viewport, scheme)
    folder = f"screens/{screens.brand.name.split()[0].lower()}-{viewport}-{scheme}"
    names = _WITH_EVERY_COLOUR if folder.endswith("banksia-desktop-dark") and not wants_screenshots() else screens.names
    for name in names:
        await page.goto(f"{ORIGIN}/{name}")
        await take_screenshot(page, f"{folder}/{name}")
        await check_accessible(page, name)
        assert await page.evaluate(LOW_TARGETS) == [], f"{name} has targets that are less than 44 px high"
        overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow == 0, f"{name} scrolls sideways by {overflow} px at {viewport}"
    assert messages == [], "the content security policy or the browser complained"
    await page.close()


_BROKEN_WORDS = """() => {
    const lines = (each) => new Set(Array.from(each.getClientRects(), (line) => Math.round(line.top))).size;
    const found = new Set(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node.parentElement.closest("#entered, .skip")) continue;
        // A short word of a heading is not broken at a hyphen either.
        const words = node.parentElement.closest("h1") ? /(?<!\\S)\\S{1,12}(?!\\S)|[^\\s-]+/g : /[^\\s-]+/g;
        for (const word of node.data.matchAll(words)) {
            if (/@|:\\/\\//.test(word[0])) continue;
            const range = document.createRange();
            range.setStart(node, word.index);
            range.setEnd(node, word.index + word[0].length);
            if (lines(range) > 1) found.add(word[0]);
        }
    }
    document.querySelectorAll(".whole").forEach((each) => lines(each) > 1 && found.add(each.textContent));
    return [...found];
}"""


@pytest.mark.parametrize("screens", ["aurora", "banksia"], indirect=True)
async def test_words_are_whole_and_numbers_do_not_split_at_twice_the_text_size(chromium: Browser, screens: Any) -> None:
    """WCAG 2.2, 1.4.4, on a phone. Only addresses, such as what a person has typed, can be longer than a line."""
    page, _ = await _page(chromium, screens, "phone", "light")
    await page.set_viewport_size({"width": 390, "height": 844})
    broken: dict[str, list[str]] = {}
    for name in screens.names:
        if name[0] not in "1256789" or name.startswith(("10", "11")):
            continue
        await page.goto(f"{ORIGIN}/{name}")
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        if "long-names" not in name:  # there, single words are longer than a line
            broken[name] = await page.evaluate(_BROKEN_WORDS)
        overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow == 0, name
    assert {name: words for name, words in broken.items() if words} == {}
    await page.close()


_CUT_OFF = """() => {
    const width = document.documentElement.clientWidth, found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (!node.data.trim() || node.parentElement.closest(".skip, .visually-hidden, .on-paper")) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        for (const line of range.getClientRects())
            if (line.left < -0.5 || line.right > width + 0.5) found.push(node.data.trim());
    }
    return found;
}"""
_ON_THE_WRONG_SIDE = """() => {
    const middle = document.documentElement.clientWidth / 2, found = [];
    const centre = (each) => { const box = each.getBoundingClientRect(); return (box.left + box.right) / 2; };
    for (const each of document.querySelectorAll(".choice input, .steps-bar"))
        if (centre(each) < middle) found.push(each.outerHTML);
    for (const each of document.querySelectorAll(".way-back"))
        if (centre(each) > middle) found.push(each.outerHTML);
    document.querySelectorAll(".note, .problem-summary").forEach((each) => {
        const style = getComputedStyle(each);
        if (parseFloat(style.borderRightWidth) <= parseFloat(style.borderLeftWidth)) found.push(each.outerHTML);
    });
    document.querySelectorAll("h1, .lead").forEach((each) => {
        const range = document.createRange();
        range.selectNodeContents(each);
        const ends = Array.from(range.getClientRects(), (line) => line.right);
        if (Math.abs(each.getBoundingClientRect().right - Math.max(...ends)) > 2) found.push(each.outerHTML);
    });
    return found;
}"""
_FROM_RIGHT_TO_LEFT = (
    "1-identify-problem", "2-verify", "3-accounts", "3-accounts-many", "4-review-amending", "4-review-long-names",
    "6-arrangements", "7-arrangement", "7-record", "8-withdraw", "9-down", "12-joint-account", "12-joint-option-stops",
)  # fmt: skip


@pytest.mark.parametrize("screens", ["aurora"], indirect=True)
async def test_pages_are_mirrored_in_a_language_that_is_written_from_right_to_left(
    chromium: Browser, screens: Any
) -> None:
    page, messages = await _page(chromium, screens, "phone", "light")
    await page.set_viewport_size({"width": 390, "height": 844})
    with using_language(right_to_left()):
        pages = {name: screens.html(name) for name in _FROM_RIGHT_TO_LEFT}
    for name, html in pages.items():
        await page.goto(f"{ORIGIN}/{screens.names[0]}")
        await page.set_content(html)
        await take_screenshot(page, f"screens/right-to-left/{name}")
        assert await page.evaluate("[document.documentElement.dir, document.documentElement.lang]") == ["rtl", "he"]
        overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow == 0, name
        assert await page.evaluate(_CUT_OFF) == [], name
        assert await page.evaluate(_ON_THE_WRONG_SIDE) == [], name
    assert messages == []
    await page.close()
