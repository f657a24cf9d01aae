"""The dashboard: signing in with a code and with a link, one arrangement and its record, and stopping it twice."""

from playwright.async_api import expect

from tests.system.browser.combinations import Combination, combined
from tests.system.browser.journey import Journey


@combined(Combination("aurora", "phone", "light", 100, by_keyboard=True))
async def test_a_person_sees_a_sharing_stops_it_twice_and_signs_in_with_a_link(journey: Journey) -> None:
    brand = journey.brand
    mia = await brand.person("Mia Wong")
    await brand.account("Home", mia)
    await brand.share(mia)
    visitor = await journey.visitor()
    page = visitor.page

    await page.goto(brand.description.dashboard_url)
    await visitor.look("sign-in")
    code = await visitor.identify(mia.identifier)
    await visitor.look("code")
    await visitor.answer(f"{(int(code) + 1) % 1_000_000:06}")
    await expect(page.locator("#code-problem")).to_contain_text("That code is not right.")
    await visitor.look("wrong-code")
    await visitor.answer(code)
    await expect(page.locator("#current")).to_be_visible()
    await visitor.look("arrangements")
    await visitor.press("arrangement-1")
    await visitor.look("arrangement")
    await visitor.press("record")
    await visitor.look("record")
    await page.go_back()
    await visitor.press("stop-sharing")
    await visitor.look("stop")
    tab = await journey.tab(page.context)
    await tab.page.goto(page.url)
    await visitor.press("confirm-stop")
    await expect(page.locator("#notice")).to_contain_text("You have stopped sharing")
    await visitor.look("stopped")
    await tab.press("confirm-stop")
    await expect(tab.page.locator("#status")).to_have_text("Stopped")
    await tab.look("stopped-again")
    await page.reload()
    await expect(page.locator("#ended")).to_be_visible()

    await visitor.press("sign-out")
    await visitor.look("signed-out")
    await page.go_back()
    await expect(page.locator("#identifier")).to_be_visible()
    seen = await visitor.control.newest_message()
    await visitor.identify(mia.identifier)
    link = await visitor.control.link(mia.identifier, seen)
    await page.goto(link)
    await visitor.look("link")
    await visitor.press("continue")
    await expect(page.locator("#ended")).to_be_visible()  # the page that was left
    await visitor.press("back")
    await visitor.look("no-longer-sharing")
    await page.goto(link)
    await expect(page.locator("#link")).to_contain_text("has been used")
    await visitor.look("link-used")
