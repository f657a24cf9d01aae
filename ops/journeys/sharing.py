"""The paths by which a person authorises, amends and withdraws, from the pages of the sandbox's recipient (K-32)."""

from playwright.async_api import expect

from ops.journeys.visitor import Visitor
from ops.stack.description import TenantDescription


async def authorise(visitor: Visitor, recipient_url: str, tenant: TenantDescription, identifier: str) -> str:
    """Share every account that can be shared. Return the address of the connection at the recipient."""
    page = visitor.page
    await start(visitor, recipient_url, tenant, look=True)
    await page.wait_for_url(lambda url: url.startswith(f"{tenant.issuer}/flow/"))
    await _to_the_review(visitor, identifier)
    await visitor.look("review")
    await visitor.press("authorise")
    await expect(page.locator("#state")).to_have_text("Connected")
    await visitor.look("recipient-connected")
    return page.url


async def start(visitor: Visitor, recipient_url: str, tenant: TenantDescription, *, look: bool = False) -> None:
    """Ask for data at the recipient's page, which leads to the first page of the brand."""
    await visitor.page.goto(f"{recipient_url}/")
    if look:
        await visitor.look("recipient")
    await visitor.page.locator(f'input[name=brand][value="{tenant.register_brand_id}"]').check()
    await visitor.page.locator("#continue").click()


async def amend(visitor: Visitor, identifier: str) -> None:
    """Change for how long data is shared, from the recipient's page of the connection and back to it."""
    page, connection = visitor.page, visitor.page.url
    await page.locator("#change").click()
    await visitor.look("recipient-change")
    await page.get_by_label("3 months").check()
    await page.locator("#continue").click()
    await _to_the_review(visitor, identifier)
    await expect(page.get_by_role("heading", name="Change what you share with")).to_be_visible()
    await visitor.look("review")
    await visitor.press("authorise")
    await expect(page).to_have_url(connection)
    await expect(page.locator("#state")).to_have_text("Connected")
    await visitor.look("recipient-changed")


async def withdraw(visitor: Visitor, tenant: TenantDescription, identifier: str, connection: str) -> None:
    """Stop sharing at the dashboard, and see at the recipient that it has ended."""
    page = visitor.page
    await page.goto(tenant.dashboard_url)
    await visitor.sign_in(identifier, ("dashboard-sign-in", "dashboard-one-time-password"))
    await expect(page.locator("#current")).to_be_visible()
    await visitor.look("dashboard")
    await visitor.press("arrangement-1")
    await visitor.look("dashboard-arrangement")
    await visitor.press("stop-sharing")
    await visitor.look("dashboard-stop-sharing")
    await visitor.press("confirm-stop")
    await expect(page.locator("#notice")).to_contain_text("You have stopped sharing")
    await visitor.look("dashboard-stopped")
    await visitor.control.notice(connection.rpartition("/")[2])
    await page.goto(connection)
    await expect(page.locator("#state")).to_have_text("Ended")
    await visitor.look("recipient-ended")


async def choose(visitor: Visitor) -> None:
    """Choose a customer where there are several, then every account that can be shared."""
    if await visitor.page.locator("#customer-1").count():
        await visitor.look("customer")
        await visitor.tick("customer-1")
        await visitor.press("continue")
    await visitor.look("accounts")
    boxes = await visitor.page.locator("input[type=checkbox][id^=account-]:enabled:not(:checked)").all()
    for element_id in [await box.get_attribute("id") for box in boxes]:
        await visitor.tick(str(element_id))
    await visitor.press("continue")


async def _to_the_review(visitor: Visitor, identifier: str) -> None:
    await visitor.sign_in(identifier, ("identify", "one-time-password"))
    await choose(visitor)
