"""A holder of a joint account on a phone, by keyboard alone: stopping one sharing, then all (WCAG 2.1.1; axe-core)."""

from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, expect

from tests.apps.consent.test_many_accounts import PHONE, Phone, chromium
from tests.support.consent_pages import ConsentPages
from tests.support.joint_pages import JointPages

__all__ = ["chromium"]
MOST_TABS = 40


async def test_a_holder_stops_sharing_by_keyboard_on_a_phone(pages: ConsentPages, chromium: Chromium) -> None:
    joint = await JointPages.open(pages)
    home = joint.home
    shared = await home.share(home.house)
    browser = await joint.browser(home.bob)
    page = await chromium.new_page(viewport=PHONE, has_touch=True, reduced_motion="reduce")
    phone = Phone(page, browser, "joint")
    page.on("console", lambda message: phone.messages.append(message.text))
    await page.route("**/*", phone.answer)
    await page.goto(f"{pages.tenant.issuer}/dashboard")

    await phone.look("1-first-page")
    await press(page, "joint-2")
    await expect(page.get_by_role("heading", level=1)).to_have_text("House")
    await phone.look("2-account")
    await press(page, "shared-1")
    await expect(page.locator("#status")).to_have_text("Sharing")
    await phone.look("3-sharing")
    await press(page, "remove")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Remove the approval")
    await phone.look("4-remove")
    await press(page, "confirm")
    await expect(page.locator("#notice")).to_contain_text("The approval is removed.")
    await phone.look("5-removed")
    assert await home.disclosed(shared) == (set(), {"approval-withdrawn"})

    again = await home.share(home.house)
    await press(page, "back")
    await press(page, "choose-no-disclosure")
    await expect(page.locator("#stops")).to_contain_text("Mock Software")
    await phone.look("6-option")
    await press(page, "confirm")
    await expect(page.locator("#notice")).to_contain_text("now “No sharing”")
    assert await home.disclosed(again) == (set(), {"sharing-off"})
    await reach(page, "notices-all")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("#notices-given-and-amended")).to_be_checked()
    await press(page, "save-notices")
    await expect(page.locator("#notice")).to_contain_text("We have saved")
    await phone.look("7-saved")
    await page.close()


async def press(page: Page, element_id: str) -> None:
    """Move to a link or a button with the Tab key, and use it."""
    await reach(page, element_id)
    await page.keyboard.press("Enter")


async def reach(page: Page, element_id: str) -> None:
    await expect(page.locator(f"#{element_id}")).to_be_visible()
    for _ in range(MOST_TABS):
        if await page.locator(f"#{element_id}:focus").count():
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"#{element_id} cannot be reached with the Tab key")
