"""The pages of a flow after its end: Back, reload and a second tab, after authorising and after cancelling."""

from playwright.async_api import expect

from ops.journeys.sharing import choose, start
from ops.journeys.visitor import Visitor
from tests.system.browser.combinations import Combination, combined
from tests.system.browser.journey import Journey, JourneyPerson


async def _to_the_review(journey: Journey, visitor: Visitor, person: JourneyPerson) -> None:
    await start(visitor, journey.brand.recipient_url, journey.brand.description)
    await visitor.answer(await visitor.identify(person.identifier))
    await choose(visitor)
    await expect(visitor.page.locator("#authorise")).to_be_visible()


@combined(Combination("aurora", "desktop", "dark", 100, by_keyboard=True))
async def test_the_pages_of_a_flow_say_how_it_ended(journey: Journey) -> None:
    brand = journey.brand
    mia = await brand.person("Mia Wong")
    await brand.account("Home", mia)
    await brand.account("Shop", mia)
    visitor = await journey.visitor()
    page = visitor.page

    await _to_the_review(journey, visitor, mia)
    review = page.url
    tabs = {form: await journey.tab(page.context) for form in ("authorise", "cancel")}
    for tab in tabs.values():
        await tab.page.goto(review)
    await visitor.press("authorise")
    await expect(page.locator("#state")).to_have_text("Connected")
    for form, tab in tabs.items():
        await tab.press(form)
        await expect(tab.page.locator("#message")).to_contain_text("What you agreed to is in force.")
        await tab.look(f"another-tab-{form}")
    await page.goto(review)
    await visitor.look("opened-again")
    await page.reload()
    await expect(page.locator("#message")).to_contain_text("What you agreed to is in force.")

    await _to_the_review(journey, visitor, mia)
    await visitor.look("review")
    await visitor.press("cancel")
    await expect(page.locator("#message")).to_be_visible()
    assert page.url.startswith(brand.recipient_url)
    await page.go_back()
    await expect(page.locator("h1")).to_have_text("This request was cancelled")
    await visitor.look("back-after-cancelling")
    await page.reload()
    await expect(page.locator("h1")).to_have_text("This request was cancelled")
    await visitor.press("recipient")
    await expect(page).not_to_have_url(review)
