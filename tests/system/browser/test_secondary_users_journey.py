"""A holder lets another person share an account, stops one recipient, and withdraws the permission (K-15, K-16)."""

from playwright.async_api import expect

from ops.journeys.sharing import authorise, start
from tests.system.browser.combinations import Combination, combined
from tests.system.browser.journey import Journey

FLOW = ("identify", "one-time-password")
DASHBOARD = ("dashboard-sign-in", "dashboard-one-time-password")


@combined(Combination("aurora", "phone", "dark", 200, by_keyboard=True))
async def test_a_holder_lets_somebody_share_an_account_and_stops_it(journey: Journey) -> None:
    brand = journey.brand
    bob, uma = await brand.person("Bob Brown"), await brand.person("Uma Usher")
    await brand.let_use(uma, await brand.account("12 Wattle Street, Newtown", bob))
    user, holder = await journey.visitor(), await journey.visitor()

    await start(user, brand.recipient_url, brand.description)
    await user.sign_in(uma.identifier, FLOW)
    await expect(user.page.locator("h1")).to_have_text("No account can be shared")
    await user.look("no-account-to-share")
    await user.press("cancel")
    await expect(user.page.locator("#message")).to_be_visible()
    assert user.page.url.startswith(brand.recipient_url)

    await holder.page.goto(brand.description.dashboard_url)
    await holder.sign_in(bob.identifier, DASHBOARD)
    await holder.press("secondary-users")
    await holder.look("people")
    await holder.press("user-1")
    await expect(holder.page.locator("#status")).to_have_text("Cannot share")
    await holder.look("person")
    await holder.press("give-permission")
    await holder.look("permit")
    await holder.press("confirm-permit")
    await expect(holder.page.locator("#notice")).to_contain_text("Uma Usher can share data of this account.")
    await holder.look("permitted")

    await authorise(user, brand.recipient_url, brand.description, uma.identifier)
    await holder.page.reload()
    await expect(holder.page.locator("#sharing")).to_contain_text("Until")
    await holder.look("sharing")
    await holder.press("stop-1")
    await holder.look("stop-recipient")
    await holder.press("confirm-block")
    await expect(holder.page.locator("#notice")).to_have_text("Sharing with the recipient has stopped.")
    await holder.look("recipient-stopped")
    await holder.press("unblock-1")
    await expect(holder.page.locator("#notice")).to_have_text("Sharing with the recipient is possible again.")
    await holder.press("withdraw-permission")
    await holder.look("withdraw-permission")
    await holder.press("confirm-withdraw")
    await expect(holder.page.locator("#notice")).to_contain_text("The permission is withdrawn.")
    await holder.look("permission-withdrawn")

    await user.page.goto(brand.description.dashboard_url)
    await user.sign_in(uma.identifier, DASHBOARD)
    await expect(user.page.locator("#current")).to_contain_text("has stopped")
    await user.look("what-the-user-sees")
