"""Two holders of an account: an option, an approval and its removal, a proposal, and no sharing at all (K-13, K-16)."""

from playwright.async_api import expect

from ops.journeys.visitor import Visitor
from tests.system.browser.combinations import Combination, combined
from tests.system.browser.journey import Journey


async def _confirm(visitor: Visitor, said: str, button: str = "confirm") -> None:
    await visitor.press(button)
    await expect(visitor.page.locator("#notice")).to_contain_text(said)


@combined(Combination("banksia", "phone", "dark", 100, by_keyboard=True))
async def test_two_holders_decide_about_a_joint_account(journey: Journey) -> None:
    brand = journey.brand
    bob, mia = await brand.person("Bob Brown"), await brand.person("Mia Wong")
    await brand.account("12 Wattle Street, Newtown", bob, mia, role="joint-holder")
    first = await journey.signed_in(bob)
    page = first.page
    await first.look("first-page")
    await first.press("joint-1")
    await first.look("account")
    await first.press("choose-co-approval")
    await first.look("stricter-option")
    await _confirm(first, "now “Approval by all holders”")
    await first.look("stricter-option-chosen")

    await brand.share(mia)
    await page.reload()
    await first.look("approval-asked")
    await first.press("waiting-1")
    await first.look("sharing-asked")
    await first.press("approve")
    await first.look("approve")
    await first.press("confirm")
    await expect(page.locator("#status")).to_have_text("Sharing")
    await first.look("approved")
    await first.press("remove")
    await first.look("remove")
    await _confirm(first, "The approval is removed.")
    await first.look("removed")

    await first.press("back")
    await first.press("choose-pre-approval")
    await first.look("proposal")
    await first.press("confirm")
    await expect(page.locator("#proposal")).to_be_visible()
    await first.look("proposed")
    second = await journey.signed_in(mia)
    await second.press("joint-1")
    await second.look("proposal-to-answer")
    await second.press("agree-proposal")
    await second.look("agree")
    await second.press("confirm")
    await expect(second.page.locator("#option")).to_contain_text("Pre-approval")
    await second.look("agreed")

    await page.reload()
    await first.press("choose-no-disclosure")
    await first.look("no-sharing")
    await _confirm(first, "now “No sharing”")
    await first.tick("notices-given-and-amended")
    await _confirm(first, "We have saved", "save-notices")
    await first.look("no-sharing-chosen")
