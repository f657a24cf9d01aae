"""Several visits of one request_uri: the flow is bound to the first browser that sends an identifier."""

import asyncio
from datetime import timedelta
from urllib.parse import urlencode

import httpx
import pytest

from apps.http.flows import cookie_name
from haas.clock import MovableClock
from tests.support.consent_pages import ConsentPages, away, response_claims
from tests.support.consents import attempt_of


async def test_several_browsers_can_open_a_request_uri_until_an_identifier_is_sent(pages: ConsentPages) -> None:
    """A link scanner, a preview, or a conformance suite with a new cookie jar visits the address too."""
    flow, browsers = await pages.pushed(), [pages.browser() for _ in range(3)]
    shown = [await browser.get(pages.authorise_url(flow)) for browser in browsers]
    assert [page.path.rpartition("/")[2] for page in shown] == ["identify"] * 3
    assert len({browser.http.cookies[name] for browser in browsers for name in browser.http.cookies}) == 3
    for browser, page in zip(browsers, shown, strict=True):
        assert (await browser.get(page.url)).status == 200
    first = await browsers[0].send(shown[0], "/identify", identifier=pages.mia.identifier)
    assert first.path.endswith("/verify")
    accounts = await browsers[0].send(first, "/verify", code=await pages.code())
    review = await browsers[0].send(accounts, "/accounts", account=str(pages.mia.home))
    assert response_claims(await away(browsers[0].send(review, "/authorise")))["code"]


async def test_other_browsers_are_refused_after_an_identifier_was_sent(pages: ConsentPages) -> None:
    flow, mine, theirs = await pages.pushed(), pages.browser(), pages.browser()
    before = await theirs.get(pages.authorise_url(flow))
    page = await pages.identified(mine, flow)
    messages = len(await pages.messages())
    for form in ("/identify", "/cancel"):
        assert (await theirs.send(before, form, identifier=pages.mia.identifier)).status == 403
    assert (await theirs.get(before.url)).status == 403
    for browser in (theirs, pages.browser()):
        assert (await browser.get(pages.authorise_url(flow))).status == 410
    assert len(await pages.messages()) == messages
    assert (await mine.send(page, "/verify", code=await pages.code())).path.endswith("/accounts")


async def test_a_second_visit_in_the_browser_of_the_flow_continues_at_its_step(
    pages: ConsentPages, clock: MovableClock
) -> None:
    flow, browser = await pages.pushed(), pages.browser()
    page = await pages.identified(browser, flow)
    assert (await browser.get(pages.authorise_url(flow))).path == page.path
    accounts = await browser.send(page, "/verify", code=await pages.code())
    assert (await browser.get(pages.authorise_url(flow))).path == accounts.path
    clock.move(timedelta(seconds=91))  # the request_uri has expired, and the flow goes on
    assert (await browser.get(pages.authorise_url(flow))).path == accounts.path
    review = await browser.send(accounts, "/accounts", account=str(pages.mia.home))
    code = response_claims(await away(browser.send(review, "/authorise")))["code"]
    await pages.recipient.exchange(code, flow)
    ended = await browser.get(pages.authorise_url(flow))
    assert (ended.status, "What you agreed to is in force." in ended.text) == (410, True)


async def test_two_tabs_of_one_browser_continue_the_same_flow(pages: ConsentPages) -> None:
    flow, browser = await pages.pushed(), pages.browser()
    first = await browser.get(pages.authorise_url(flow))
    second = await browser.get(pages.authorise_url(flow))
    page = await browser.send(first, "/identify", identifier=pages.mia.identifier)
    assert page.path.endswith("/verify")
    assert (await browser.send(second, "/identify", identifier=pages.mia.identifier)).path == page.path


async def test_one_of_two_browsers_that_send_an_identifier_at_once_is_refused(pages: ConsentPages) -> None:
    flow, browsers = await pages.pushed(), [pages.browser(), pages.browser()]
    shown = [await browser.get(pages.authorise_url(flow)) for browser in browsers]
    answers = await asyncio.gather(
        *(
            browser.post(page, "/identify", identifier=pages.mia.identifier)
            for browser, page in zip(browsers, shown, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [303, 403]


async def test_cancelling_in_one_browser_ends_the_request_in_all_browsers(pages: ConsentPages) -> None:
    flow, mine, theirs = await pages.pushed(), pages.browser(), pages.browser()
    page, other = await mine.get(pages.authorise_url(flow)), await theirs.get(pages.authorise_url(flow))
    assert response_claims(await away(mine.send(page, "/cancel")))["error"] == "access_denied"
    assert response_claims(await away(mine.send(page, "/cancel")))["error"] == "access_denied"
    assert (await theirs.send(other, "/identify", identifier=pages.mia.identifier)).status == 403
    assert (await theirs.get(pages.authorise_url(flow))).status == 410


async def test_an_empty_identifier_does_not_bind_the_flow_to_the_browser(pages: ConsentPages) -> None:
    flow, mine, theirs = await pages.pushed(), pages.browser(), pages.browser()
    page, other = await mine.get(pages.authorise_url(flow)), await theirs.get(pages.authorise_url(flow))
    assert (await theirs.send(other, "/identify", identifier=" ")).path.endswith("/identify")
    assert (await mine.send(page, "/identify", identifier=pages.mia.identifier)).path.endswith("/verify")


@pytest.mark.parametrize("secret", ["guess", "guess.", ".", "é", "a.b.c"])
async def test_a_forged_flow_cookie_is_refused(pages: ConsentPages, secret: str) -> None:
    flow, mine, theirs = await pages.pushed(), pages.browser(), pages.browser()
    page = await mine.get(pages.authorise_url(flow))
    name = next(iter(mine.http.cookies))
    header = {"Cookie": f"{name}={secret}".encode()}
    assert (await theirs.http.get(page.url, headers=header)).status_code == 403
    replaced = await theirs.http.get(pages.authorise_url(flow), headers=header)
    assert replaced.cookies[name] != secret


async def test_a_flow_cookie_of_another_request_is_refused(pages: ConsentPages) -> None:
    one, other = pages.browser(), pages.browser()
    page = await one.get(pages.authorise_url(await pages.pushed()))
    await other.get(pages.authorise_url(await pages.pushed()))
    one.http.cookies.set(next(iter(one.http.cookies)), next(iter(other.http.cookies.values())))
    assert (await one.get(page.url)).status == 403


@pytest.mark.parametrize(
    "header",
    [
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Sec-Purpose": "prefetch;anonymous-client-ip"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
    ],
    ids=str,
)
async def test_a_prefetch_request_is_refused_and_starts_no_flow(pages: ConsentPages, header: dict[str, str]) -> None:
    flow = await pages.pushed(acr_values=["urn:cds.au:cdr:3"])  # a visit would end this request with an error
    response = await pages.browser().http.get(pages.authorise_url(flow), headers=header)
    assert (response.status_code, response.headers["cache-control"]) == (400, "no-store")
    assert "set-cookie" not in response.headers
    assert (await attempt_of(pages.application, pages.tenant, flow, pages.recipient.client_id)).stage == (
        "preIdentification"
    )


async def _post(pages: ConsentPages, http: httpx.AsyncClient, request_uri: str) -> httpx.Response:
    """Send the form as from another site: without the cookies, which are SameSite=Lax."""
    body = urlencode({"client_id": pages.recipient.client_id, "request_uri": request_uri})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "cross-site", "Cookie": ""}
    return await http.post("/authorise", content=body, headers=headers)


async def test_a_second_visit_by_form_post_continues_the_flow(pages: ConsentPages) -> None:
    flow, browser = await pages.pushed(), pages.browser()
    first = await _post(pages, browser.http, flow.request_uri)
    assert "set-cookie" not in first.headers
    page = await browser.get(first.headers["location"])
    again = await _post(pages, browser.http, flow.request_uri)
    assert (await browser.get(again.headers["location"])).path == page.path
    page = await browser.send(page, "/identify", identifier=pages.mia.identifier)
    assert page.path.endswith("/verify")
    again = await _post(pages, browser.http, flow.request_uri)
    assert (await browser.get(again.headers["location"])).path == page.path
    assert (await pages.browser().get(again.headers["location"])).status == 410


async def test_the_cookie_of_a_flow_visited_again_is_not_deleted_as_the_oldest(pages: ConsentPages) -> None:
    flow, browser = await pages.pushed(), pages.browser()
    await browser.get(pages.authorise_url(flow))
    for _ in range(19):
        await browser.get(pages.authorise_url(await pages.pushed()))
    page = await browser.get(pages.authorise_url(flow))
    attempt = await attempt_of(pages.application, pages.tenant, flow, pages.recipient.client_id)
    assert cookie_name(attempt.id) in browser.http.cookies
    assert (await browser.send(page, "/identify", identifier=pages.mia.identifier)).path.endswith("/verify")
