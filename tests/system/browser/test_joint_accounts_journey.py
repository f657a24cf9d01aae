"""Two holders of an account: an option, an approval and its removal, a proposal, and no sharing at all (K-13, K-16)."""

from playwright.async_api import expect

from tests.system.browser.combinations import Combination, combined
from tests.system.browser.journey import Journey


@combined(Combination("banksia", "phone", "dark", 100, by_keyboard=False))
async def test_two_holders_decide_about_a_joint_account(journey: Journey) -> None:
    brand = journey.brand
    bob, mia = await brand.person("Bob Brown"), await brand.person("Mia Wong")
    await brand.account("12 Wattle Street, Newtown", bob, mia, role="joint-holder")
    first = await journey.signed_in(bob)
    page, notice = first.page, first.page.locator("#notice")
    await first.look("first-page")
    await first.press("joint-1")
    await first.look("account")
    await first.press("choose-co-approval")
    await first.look("stricter-option")
    await first.press("confirm")
    await expect(notice).to_contain_text("now “Approval by all holders”")
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
    await first.press("confirm")
    await expect(notice).to_contain_text("The approval is removed.")
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
    await first.press("confirm")
    await expect(notice).to_contain_text("now “No sharing”")
    await first.look("no-sharing-chosen")
