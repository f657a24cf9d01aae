"""What a person sees at the recipient after sharing everything: bills, usage and solar as charts with tables."""

import re

import pytest
from playwright.async_api import Browser, expect

from ops.journeys.devices import DEVICES
from ops.journeys.sharing import choose
from ops.journeys.visitor import Visitor
from ops.smoke.control import SandboxControl
from ops.stack.description import TenantDescription
from ops.stack.embedded import Stack
from tests.system.browser.test_main_job import Screens


@pytest.mark.parametrize(("brand", "device", "scheme"), [(0, "desktop", "light"), (1, "phone", "dark")])
async def test_a_person_sees_bills_usage_and_solar_after_sharing(
    chromium: Browser, stack: Stack, control: SandboxControl, brand: int, device: str, scheme: str
) -> None:
    tenant: TenantDescription = stack.description.tenants[brand]
    options = {**DEVICES[device], "color_scheme": scheme, "locale": "en-AU"}
    if device == "phone":
        options["viewport"] = {"width": 320, "height": 640}
    context = await chromium.new_context(**options)
    context.set_default_timeout(20_000)
    page = await context.new_page()
    recipient = stack.description.sandbox.recipient_url
    complaints: list[str] = []
    elsewhere: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    screens = Screens(f"recipient-{tenant.slug}-{device}")
    visitor = Visitor(page, control, screens.look)

    await page.goto(f"{recipient}/")
    await page.locator(f'input[name=brand][value="{tenant.register_brand_id}"]').check()
    for box in await page.locator("input[type=checkbox]").all():
        await box.check()
    await visitor.press("continue")
    await visitor.sign_in(str(tenant.demonstration_login), ("identify", "one-time-password"))
    await choose(visitor)
    await visitor.press("authorise")
    await expect(page.locator("#state")).to_have_text("Connected")
    page.on("request", lambda request: elsewhere.append(request.url) if not request.url.startswith(recipient) else None)

    await expect(page.locator("#owed")).to_be_visible()
    await expect(page.get_by_role("img", name=re.compile("^Amounts of [0-9]+ bills")).first).to_be_visible()
    bills = page.get_by_role("table", name=re.compile("^Bills of")).first
    await expect(bills.get_by_role("cell", name=re.compile(r"^\$[0-9,]+\.[0-9]{2}$")).first).to_be_visible()
    await expect(page.get_by_role("heading", name="Not everything could be read")).to_have_count(0)
    await expect(page.locator(".devices .solar_pv")).to_contain_text(re.compile("[1-9][0-9] panels"))
    await visitor.look("bills")

    await visitor.press("show-usage")
    await expect(page.get_by_role("img", name=re.compile("^Electricity of [0-9]+ months"))).to_be_visible()
    months = page.get_by_role("table", name="Electricity by month")
    connections = page.get_by_role("navigation", name="Electricity connections").get_by_role("link")
    for name in await connections.all_inner_texts():
        if await months.get_by_role("columnheader", name="To the grid").count():
            break
        await page.get_by_role("link", name=name, exact=True).click()
    await expect(months.get_by_role("columnheader", name="To the grid")).to_be_visible()
    assert await months.locator("tbody tr").count() == 13
    await visitor.look("usage")
    half_hours = page.get_by_role("table", name="Electricity by half hour")
    assert await half_hours.locator("tbody tr").count() == 48
    shown = await page.locator("#day").inner_text()
    await visitor.press("previous-day")
    await expect(page.locator("#day")).not_to_have_text(shown)
    await expect(half_hours).to_be_visible()
    await visitor.look("half-hours")
    assert complaints == [], "the content security policy or the browser complained"
    assert elsewhere == [], "the page requests nothing from other servers"
    await context.close()
