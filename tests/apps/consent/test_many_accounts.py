"""The account step and the review with 27 and with 200 accounts, in Chromium on a phone."""

import gzip
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, Route, expect
from sqlalchemy import insert

from ops.browser.browser import Browser
from ops.demonstration import BRANDS
from tenants.accounts.internal_ids import service_point_id
from tenants.accounts.tables import service_point, supply
from tests.support.accessibility import check_accessible, check_layout
from tests.support.chromium import running_chromium
from tests.support.consent_pages import SCOPE, ConsentPages
from tests.support.rows import execute
from tests.support.screenshots import take_screenshot

PHONE = {"width": 390, "height": 844}
POLICY = "content-security-policy"
MAXIMUM_BYTES = 60_000
LARGEST_FONTS = max((brand.files for brand in BRANDS), key=lambda files: sum(map(len, files.values())))
TOWNS = (("Bega", "NSW", "2550"), ("Orange", "NSW", "2800"), ("Ararat", "VIC", "3377"), ("Echuca", "VIC", "3564"))
COVERED = """() => {
  const bar = document.querySelector(".action-bar"), at = document.activeElement;
  const [top, bottom] = [at.getBoundingClientRect().top, at.getBoundingClientRect().bottom];
  const shown = bar.getBoundingClientRect();
  return at !== document.body && !bar.contains(at) && bottom > shown.top + 1 && top < shown.bottom;
}"""


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Chromium]:
    async with running_chromium() as browser:
        yield browser


class Phone:
    """A phone whose requests the application answers, in the session of a scripted browser."""

    def __init__(self, page: Page, browser: Browser) -> None:
        self.page, self._http = page, browser.http
        self.sizes: dict[str, int] = {}
        """How many bytes the page itself and each file that it loads have, when they are compressed."""
        self.messages: list[str] = []

    async def answer(self, route: Route) -> None:
        request = route.request
        headers = {name: value for name, value in request.headers.items() if name in {"content-type", "accept"}}
        url = urlsplit(request.url)._replace(fragment="").geturl()
        answer = await self._http.request(request.method, url, content=request.post_data_buffer, headers=headers)
        while answer.has_redirect_location:
            answer = await self._http.get(answer.headers["location"])
        self.sizes["document" if request.resource_type == "document" else url] = len(gzip.compress(answer.content))
        kept = {name: value for name, value in answer.headers.items() if name in {"content-type", POLICY}}
        await route.fulfill(status=answer.status_code, headers=kept, body=answer.content)

    async def look(self, name: str) -> None:
        """Check the page: accessible, as wide as the phone, small enough, and without broken words at 200% text."""
        await take_screenshot(self.page, f"many-accounts/{name}")
        await check_accessible(self.page, name)
        for size in ("200%", ""):
            await self.page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
            await check_layout(self.page, (name, size))
            if size:
                await take_screenshot(self.page, f"many-accounts/{name}-200-percent")
        assert sum(self.sizes.values()) < MAXIMUM_BYTES, self.sizes
        assert self.messages == []

    async def tally(self) -> str:
        """What a screen reader reads of the count: its number is made by the style sheet."""
        session = await self.page.context.new_cdp_session(self.page)
        tree = await session.send("Accessibility.getFullAXTree")
        nodes = {node["nodeId"]: node for node in tree["nodes"]}

        def texts(node: Any) -> list[str]:
            if node.get("role", {}).get("value") == "StaticText":
                return [node["name"]["value"]]
            return [text for child in node.get("childIds", ()) if child in nodes for text in texts(nodes[child])]

        paragraphs = [node for node in nodes.values() if node.get("role", {}).get("value") == "paragraph"]
        read = [" ".join("".join(texts(node)).split()) for node in paragraphs]
        return next(text for text in read if text.endswith("chosen"))

    async def chosen(self) -> int:
        return await self.page.locator("input[name=account]:is(:checked, [type=hidden])").count()


async def _add_accounts(pages: ConsentPages, number: int) -> tuple[str, list[UUID]]:
    """Add a business with accounts in four towns; every tenth is closed. Return the identifier and the ids."""
    login_id, identifier = await pages.customers.add_login("Bea Business")
    customer_id = await pages.customers.add_customer("Bea's Bakeries", login_id)
    database, tenant, now = pages.application.database, pages.tenant, pages.application.now
    ids, points, supplies = [], [], []
    for index in range(number):
        status = "CLOSED" if index % 10 == 9 else "OPEN"
        ids.append(await pages.customers.add_account(None, customer_id, open_status=status))
        nmi = f"{4_200_000_000 + number * 1000 + index}"
        city, state, postcode = TOWNS[index % len(TOWNS)]
        lines = {"addressLine1": f"{index + 1} Wattle Street", "city": city, "state": state, "postcode": postcode}
        detail = {"location": {"addressUType": "simple", "simple": lines}}
        point = {"id": service_point_id(nmi), "reference": nmi, "national_metering_id": nmi}
        points.append({**point, "detail": detail, "updated_at": now})
        supplies.append({"account_id": ids[-1], "service_point_id": point["id"], "valid_from": now.date()})
    await execute(database, tenant, insert(service_point).values(points))
    await execute(database, tenant, insert(supply).values(supplies))
    return identifier, ids


@pytest.mark.parametrize("number", [27, 200])
async def test_many_accounts_can_be_chosen_on_a_phone(pages: ConsentPages, chromium: Chromium, number: int) -> None:
    identifier, _ = await _add_accounts(pages, number)
    await pages.application.publish_theme(pages.tenant, LARGEST_FONTS)
    browser = pages.browser()
    flow = await pages.pushed(SCOPE)
    begun = await pages.authenticated(browser, flow, identifier=identifier)
    page = await chromium.new_page(viewport=PHONE, has_touch=True, reduced_motion="reduce")
    phone = Phone(page, browser)
    page.on("console", lambda message: phone.messages.append(message.text))
    await page.route("**/*", phone.answer)
    await page.goto(begun.url)

    assert "Energy account" not in await page.locator("main").inner_text()
    assert await page.locator("h2[id^=group-]").all_inner_texts() == [
        "Ararat VIC", "Bega NSW", "Echuca VIC", "Orange NSW", *_closed(number)
    ]  # fmt: skip
    await page.locator("#account-1").check()
    await phone.look(f"{number}-accounts")
    await _tab_through(page, 40)

    await page.locator("#find").fill("orange")
    await page.keyboard.press("Enter")
    await expect(page.locator("#status")).to_be_focused()
    in_orange = len(range(1, number, len(TOWNS)))
    assert await page.locator("input[type=checkbox]").count() == in_orange
    await page.locator("#choose-all").click()
    assert f"{in_orange + 1} of {number} accounts chosen." in await page.locator("#status").inner_text()
    assert await phone.chosen() == in_orange + 1
    await phone.look(f"{number}-accounts-found")
    await page.locator("input[type=checkbox]").first.uncheck()
    assert await phone.tally() == f"{in_orange} of {number} chosen"

    await page.locator("#show-all").click()
    assert await phone.chosen() == in_orange
    await page.locator("#choose-all").click()
    assert await phone.chosen() == number
    await page.locator("#continue").click()
    assert f"{number} accounts" in await page.locator("#summary").inner_text()
    await page.evaluate("window.scrollTo(0, 0)")
    box = await page.locator("#authorise").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= PHONE["height"], "Authorise is in sight"
    await _tab_through(page, 12)
    await phone.look(f"{number}-review")
    assert len([url for url in phone.sizes if url.endswith(".woff2")]) == 2, "both fonts are counted"
    await page.close()


def _closed(number: int) -> list[str]:
    return ["Closed"] if number < 110 else ["Closed: Echuca VIC", "Closed: Orange NSW"]


async def _tab_through(page: Page, presses: int) -> None:
    """Move through the page with the keyboard: the bar never covers what has the focus (WCAG 2.4.11)."""
    for _ in range(presses):
        await page.keyboard.press("Tab")
        assert not await page.evaluate(COVERED), await page.evaluate("document.activeElement.id")
