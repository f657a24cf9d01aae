"""How a flow ends in a browser: two tabs, further redirects of the recipient, and a window that it opened."""

import base64
import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.system.browser.visit import Visit

ARRIVED = "arrived"


async def _answer_for_recipient(page: Page, redirect_uri: str, further: str) -> list[str]:
    """Redirect the page from the redirect URI to `further`, and answer there. Return the list of requested addresses.

    The DevTools protocol is used, because Playwright's own routes do not see requests that follow a redirect.
    """
    session = await page.context.new_cdp_session(page)
    requested: list[str] = []

    async def answer(event: dict[str, object]) -> None:
        request = event["request"]
        assert isinstance(request, dict)
        url = str(request["url"])
        requested.append(url)
        fulfilled: dict[str, object] = {"requestId": event["requestId"]}
        if url.startswith(redirect_uri):
            fulfilled |= {"responseCode": 303, "responseHeaders": [{"name": "Location", "value": further}]}
        else:
            body = base64.b64encode(f"<title>{ARRIVED}</title>".encode()).decode()
            headers = [{"name": "Content-Type", "value": "text/html"}]
            fulfilled |= {"responseCode": 200, "responseHeaders": headers, "body": body}
        await session.send("Fetch.fulfillRequest", fulfilled)

    session.on("Fetch.requestPaused", answer)
    patterns = [{"urlPattern": f"{redirect_uri}*"}, {"urlPattern": f"{further}*"}]
    await session.send("Fetch.enable", {"patterns": patterns})
    return requested


def _further(redirect_uri: str, kind: str) -> str:
    host = urlsplit(redirect_uri).netloc
    return {
        "sub-domain": f"https://app.{host}/done",
        "another site": "https://another-site.test/done",
    }[kind]


@pytest.mark.parametrize("button", ["authorise", "cancel"])
@pytest.mark.parametrize("kind", ["sub-domain", "another site"])
async def test_the_redirect_uri_may_redirect_to_another_host(
    context: BrowserContext, visit: Visit, kind: str, button: str
) -> None:
    page = await context.new_page()
    await visit.to_the_review(page)
    further = _further(visit.client.redirect_uri, kind)
    requested = await _answer_for_recipient(page, visit.client.redirect_uri, further)
    await page.locator(f"#{button}").click()
    await expect(page).to_have_title(ARRIVED)
    assert page.url == further
    assert len(requested) == 2
    await page.go_back()
    said = {"authorise": "You have authorised this request", "cancel": "This request was cancelled"}[button]
    await expect(page.locator("h1")).to_have_text(said)
    await expect(page.locator("#message .button").first).to_have_attribute("id", "recipient")


@pytest.mark.parametrize("button", ["authorise", "cancel"])
async def test_the_redirect_uri_may_redirect_to_an_app(context: BrowserContext, visit: Visit, button: str) -> None:
    """Chromium reports a blocked redirect on the console; without an app it stays on the page in both cases."""
    page = await context.new_page()
    reports: list[str] = []
    page.on("console", lambda message: reports.append(message.text))
    await visit.to_the_review(page)
    requested = await _answer_for_recipient(page, visit.client.redirect_uri, "energyapp://done")
    async with page.expect_event("requestfailed") as failed:
        await page.locator(f"#{button}").click()
    assert (await failed.value).url.startswith((visit.client.redirect_uri, "energyapp:"))
    await page.reload()  # a report arrives after the failed request, and before the next page
    assert len(requested) == 1
    assert [report for report in reports if "form-action" in report] == []


async def test_a_flow_in_a_window_opened_by_the_recipient_keeps_window_opener(
    context: BrowserContext, visit: Visit
) -> None:
    recipient = await context.new_page()
    origin = visit.client.redirect_uri.rpartition("/")[0]

    async def recipients_page(route: object) -> None:
        body = f"<title>Recipient</title><script>if (opener) opener.told = location.href</script>{ARRIVED}"
        await route.fulfill(status=200, content_type="text/html", body=body)  # type: ignore[attr-defined]

    await context.route(f"{origin}/**", recipients_page)
    await recipient.goto(f"{origin}/start")
    url = visit.client.authorisation_url(await visit.pushed())
    async with context.expect_page() as opened:
        await recipient.evaluate("url => { window.flow = window.open(url) }", url)
    window = await opened.value
    await expect(window.locator("#identifier")).to_be_visible()
    assert await window.evaluate("window.opener !== null")
    assert await recipient.evaluate("window.flow.closed") is False
    await visit.sign_in(window)
    await window.locator("#account-1").check()
    await window.locator("#continue").click()
    await expect(window.locator("#authorise")).to_be_visible()
    assert await window.evaluate("window.opener !== null")
    await _answer_as_callback(window, visit.client.redirect_uri)
    await window.locator("#authorise").click()
    await expect(window).to_have_title("Recipient")
    assert str(await recipient.evaluate("window.told")).startswith(visit.client.redirect_uri)


async def _answer_as_callback(page: Page, redirect_uri: str) -> None:
    """Answer the redirect URI with a page that tells its opener where it is."""
    session = await page.context.new_cdp_session(page)
    body = "<title>Recipient</title><script>if (opener) opener.told = location.href</script>"
    headers = [{"name": "Content-Type", "value": "text/html"}]

    async def answer(event: dict[str, object]) -> None:
        fulfilled = {"responseCode": 200, "responseHeaders": headers, "body": base64.b64encode(body.encode()).decode()}
        await session.send("Fetch.fulfillRequest", {"requestId": event["requestId"], **fulfilled})

    session.on("Fetch.requestPaused", answer)
    await session.send("Fetch.enable", {"patterns": [{"urlPattern": f"{redirect_uri}*"}]})


async def test_a_review_page_with_outdated_accounts_authorises_nothing(context: BrowserContext, visit: Visit) -> None:
    first = await context.new_page()
    await visit.to_the_review(first)
    shown = await first.locator("#accounts").inner_text()
    second = await context.new_page()
    await second.goto(first.url.replace("/review", "/accounts"))
    await second.locator("#account-1").uncheck()
    await second.locator("#account-2").check()
    await second.locator("#continue").click()
    await expect(second.locator("#authorise")).to_be_visible()
    await first.locator("#authorise").click()
    await expect(first.locator("#problem")).to_contain_text("has changed since this page was shown")
    await expect(first).to_have_url(re.compile("/review"))
    assert await first.locator("#accounts").inner_text() == await second.locator("#accounts").inner_text() != shown
