"""The e-Hub's page in a browser, on a desktop and a phone, and the page of the Register on a phone."""

import json

import httpx
import pytest
from playwright.async_api import Browser, expect

from ops.journeys.devices import DEVICES
from ops.stack.embedded import Stack
from tests.system.browser.test_main_job import Screens


@pytest.mark.parametrize("device", DEVICES)
async def test_a_person_lets_the_ehub_fail_and_ends_it(chromium: Browser, stack: Stack, device: str) -> None:
    """A browser has no certificate of the market: the page has a host of its own."""
    sandbox = stack.description.sandbox
    async with httpx.AsyncClient(base_url=sandbox.ehub_control_api, trust_env=False) as control:
        await control.delete("/faults")
    context = await chromium.new_context(**DEVICES[device])
    page = await context.new_page()
    screens = Screens(f"ehub-{device}")
    try:
        await page.goto(f"{sandbox.market_url}/")
        await expect(page.get_by_text("Every call is answered correctly")).to_be_visible()
        await page.get_by_label("Kind").select_option("slow")
        await screens.look(page, "form")
        await page.get_by_label("Seconds").fill("1")
        await page.get_by_role("button", name="Add the fault").click()
        await expect(page.get_by_role("cell", name="slow")).to_be_visible()
        await screens.look(page, "fault")
        await page.get_by_role("button", name="End every fault").click()
        await expect(page.get_by_text("Every call is answered correctly")).to_be_visible()
    finally:
        await context.close()


async def test_a_developer_lets_the_register_call_a_brand(chromium: Browser, stack: Stack) -> None:
    context = await chromium.new_context(**DEVICES["phone"])
    page = await context.new_page()
    screens = Screens("register-phone")
    tenant = stack.description.tenants[0]
    try:
        await page.goto(f"{stack.description.sandbox.register_url}/")
        await screens.look(page, "form")
        await page.get_by_label("Brand").select_option(value=tenant.slug)
        await page.get_by_label("Period").select_option("CURRENT")
        await page.get_by_role("button", name="Get Metrics").click()
        await expect(page.locator("#status")).to_have_text("200 OK")
        metrics = json.loads(await page.locator("#body").inner_text())
        assert metrics["links"]["self"].startswith(tenant.resource_base_uri)
        assert "currentDay" in metrics["data"]["invocations"]["unattended"]
        assert "previousDays" not in metrics["data"]["invocations"]["unattended"], "the chosen period"
        await screens.look(page, "metrics")
        await page.get_by_role("button", name="Metadata Update").click()
        await expect(page.get_by_role("heading", name="Metadata Update")).to_be_visible()
        await expect(page.locator("#status")).to_have_text("200 OK")
        assert json.loads(await page.locator("#body").inner_text()) == {}
        await screens.look(page, "metadata-update")
    finally:
        await context.close()
