"""Several visits of one request_uri in a browser: another browser, a reload, and a prefetch."""

import re
from html import escape

from playwright.async_api import Browser, BrowserContext, Route, expect

from tests.system.browser.visit import Visit


async def test_another_browser_does_not_take_the_flow(chromium: Browser, context: BrowserContext, visit: Visit) -> None:
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
    refused = await scanner.goto(visit.client.authorisation_url(flow))
    assert refused is not None
    assert refused.status == 410
    await scanner.go_back()
    await scanner.locator("#identifier").fill(visit.identifier)
    await scanner.locator("#continue").click()
    await expect(scanner.locator("#message")).to_contain_text("belongs to another browser")
    again = await context.new_page()
    await again.goto(visit.client.authorisation_url(flow))
    await expect(again).to_have_url(page.url)
    await elsewhere.close()


async def test_a_prefetch_begins_nothing(context: BrowserContext, visit: Visit) -> None:
    url = visit.client.authorisation_url(await visit.pushed())
    origin = visit.client.redirect_uri.rpartition("/")[0]

    async def recipients_page(route: Route) -> None:
        body = f'<link rel="prefetch" href="{escape(url)}"><a href="{escape(url)}">Share</a>'
        await route.fulfill(status=200, content_type="text/html", body=body)

    await context.route(f"{origin}/**", recipients_page)
    page = await context.new_page()
    async with page.expect_response(lambda response: response.url == url) as fetched:
        await page.goto(f"{origin}/start")
    prefetch = await fetched.value
    assert "prefetch" in (await prefetch.request.all_headers()).get("sec-purpose", "")
    assert prefetch.status == 400
    assert [cookie for cookie in await context.cookies() if "flow" in str(cookie.get("name"))] == []
    await page.locator("a").click()
    await expect(page.locator("#identifier")).to_be_visible()
