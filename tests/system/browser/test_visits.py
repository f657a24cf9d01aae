"""Several visits of one request_uri in a browser: another browser, a reload, and a prefetch."""

import asyncio
import re
from typing import Any

from playwright.async_api import Browser, BrowserContext, expect

from ops.stack.embedded import Stack
from tests.system.browser.visit import Visit


async def test_another_browser_is_refused_after_the_person_sent_an_identifier(
    chromium: Browser, context: BrowserContext, visit: Visit
) -> None:
    flow = await visit.pushed()
    page = await context.new_page()
    await page.goto(visit.client.authorisation_url(flow))
    elsewhere = await chromium.new_context()
    scanner = await elsewhere.new_page()
    await scanner.goto(visit.client.authorisation_url(flow))
    await expect(scanner.locator("#identifier")).to_be_visible()
    await page.reload()
    await visit.sign_in(page)
    await expect(page).to_have_url(re.compile("/accounts$"))
    await scanner.locator("#identifier").fill(visit.identifier)
    await scanner.locator("#continue").click()
    await expect(scanner.locator("#message")).to_contain_text("belongs to another browser")
    refused = await scanner.goto(visit.client.authorisation_url(flow))
    assert refused is not None
    assert refused.status == 410
    again = await context.new_page()
    await again.goto(visit.client.authorisation_url(flow))
    await expect(again).to_have_url(page.url)
    await elsewhere.close()


async def test_a_prefetch_is_refused_and_starts_no_flow(chromium: Browser, stack: Stack, visit: Visit) -> None:
    """The sandbox's page prefetches the address; its own Content-Security-Policy would not allow that."""
    context = await chromium.new_context(bypass_csp=True)
    page = await context.new_page()
    await page.goto(f"{stack.description.sandbox.recipient_url}/")
    url = visit.client.authorisation_url(await visit.pushed())
    prefetch = (
        "url => { document.head.append(Object.assign(document.createElement('link'), {rel: 'prefetch', href: url})) }"
    )
    session = await context.new_cdp_session(page)  # Playwright does not report prefetches
    await session.send("Network.enable")
    requested: dict[str, dict[str, str]] = {}
    status: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def note_request(event: dict[str, Any]) -> None:
        if event["request"]["url"] == url:
            requested[event["requestId"]] = event["request"]["headers"]

    def note_response(event: dict[str, Any]) -> None:
        if event["requestId"] in requested and not status.done():
            status.set_result(event["statusCode"])

    session.on("Network.requestWillBeSent", note_request)
    session.on("Network.responseReceivedExtraInfo", note_response)
    await page.evaluate(prefetch, url)
    async with asyncio.timeout(10):
        assert await status == 400
    (headers,) = requested.values()
    assert headers["Sec-Purpose"] == "prefetch"
    assert [cookie for cookie in await context.cookies() if "flow" in str(cookie.get("name"))] == []
    await page.goto(url)
    await expect(page.locator("#identifier")).to_be_visible()
    await context.close()
