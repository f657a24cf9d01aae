"""The pages of a flow after its end: they show the present state of the consent."""

import logging
import re
from datetime import timedelta

import msgspec
import pytest

from haas.clock import MovableClock
from ops.browser.browser import Browser
from ops.browser.page import Page
from ops.sandbox.recipient.answers import Flow, Tokens
from tenants.attempts import store as attempts
from tests.support.clients import load_client, set_client
from tests.support.consent_pages import ConsentPages, away, response_claims
from tests.support.rows import run


async def _authorised(pages: ConsentPages, browser: Browser, flow: Flow) -> tuple[Page, str]:
    """Return the review page from which the person authorised, and the code."""
    page = await pages.reviewed(browser, flow)
    return page, response_claims(await away(browser.send(page, "/authorise")))["code"]


async def _is_active(pages: ConsentPages, tokens: Tokens) -> bool:
    assert tokens.refresh_token is not None
    return (await pages.recipient.introspect(tokens.refresh_token)).active


async def test_authorising_twice_before_the_code_is_exchanged_returns_the_same_code(pages: ConsentPages) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    page, code = await _authorised(pages, browser, flow)
    assert response_claims(await away(browser.send(page, "/authorise")))["code"] == code
    tokens = await pages.recipient.exchange(code, flow)
    assert await _is_active(pages, tokens)


async def test_forms_sent_after_the_code_was_exchanged_answer_that_data_is_shared(pages: ConsentPages) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    page, code = await _authorised(pages, browser, flow)
    tokens = await pages.recipient.exchange(code, flow)
    for form in ("/authorise", "/cancel"):
        answer = await browser.send(page, form)
        assert answer.status == 410
        assert "What you agreed to is in force." in answer.text
        assert "Nothing has been changed" not in answer.text
    assert "What you agreed to is in force." in (await browser.get(page.url)).text
    assert await _is_active(pages, tokens)


async def test_cancelling_after_authorising_answers_that_the_request_was_authorised(pages: ConsentPages) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    page, code = await _authorised(pages, browser, flow)
    answer = await browser.send(page, "/cancel")
    assert (answer.status, "You have authorised this request" in answer.text) == (410, True)
    assert "Sharing begins when" in answer.text
    assert await _is_active(pages, await pages.recipient.exchange(code, flow))


@pytest.mark.parametrize("stage", ["preTokenExchange", "failedTokenExchange"])
async def test_authorising_again_after_the_code_expired_answers_that_the_request_was_not_completed(
    pages: ConsentPages, clock: MovableClock, stage: str
) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    page, _ = await _authorised(pages, browser, flow)
    clock.move(timedelta(seconds=61))
    if stage == "failedTokenExchange":  # set by housekeeping
        await run(pages.application.database, pages.tenant, attempts.store_endings, pages.application.now)
    answer = await browser.send(page, "/authorise")
    assert (answer.status, "This request was not completed" in answer.text) == (410, True)


async def test_authorising_again_after_revocation_answers_that_sharing_has_ended(pages: ConsentPages) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    page, code = await _authorised(pages, browser, flow)
    tokens = await pages.recipient.exchange(code, flow)
    assert tokens.cdr_arrangement_id is not None
    await pages.recipient.revoke_arrangement(tokens.cdr_arrangement_id)
    answer = await browser.send(page, "/authorise")
    assert (answer.status, "This sharing has ended" in answer.text) == (410, True)


async def test_authorising_after_cancelling_answers_that_the_request_was_cancelled(
    pages: ConsentPages, clock: MovableClock
) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    page = await pages.reviewed(browser, flow)
    assert response_claims(await away(browser.send(page, "/cancel")))["error"] == "access_denied"
    assert "This request was cancelled" in (await browser.send(page, "/authorise")).text
    assert "This request was cancelled" in (await browser.get(page.url)).text
    clock.move(timedelta(minutes=1))
    assert response_claims(await away(browser.send(page, "/cancel")))["error"] == "access_denied"


async def test_the_flow_cookie_is_not_deleted_when_the_flow_ends(pages: ConsentPages) -> None:
    """Without the cookie, a form that is sent again later could not be answered with the state of the consent."""
    browser, flow = pages.browser(), await pages.pushed()
    page = await pages.reviewed(browser, flow)
    assert "set-cookie" not in (await browser.post(page, "/authorise")).headers


async def test_authorising_after_more_than_one_hour_answers_that_the_request_has_expired(
    pages: ConsentPages, clock: MovableClock
) -> None:
    browser = pages.browser()
    page = await pages.reviewed(browser)
    clock.move(timedelta(minutes=61))
    assert "This request has expired" in (await browser.send(page, "/authorise")).text
    expired = await browser.get(page.url)
    assert (expired.status, expired.element("recipient").text) == (410, "Go back to Mock Software")


async def test_every_end_leads_back_to_the_recipient_first(pages: ConsentPages) -> None:
    """To the page that the Register publishes, and to no address of the request (decision 0057)."""
    registration = (await load_client(pages.application.database, pages.tenant, pages.recipient.client_id)).registration
    for form in ("/authorise", "/cancel"):
        browser, flow = pages.browser(), await pages.pushed()
        page = await pages.reviewed(browser, flow)
        await browser.post(page, form)
        for address in (page.url, pages.authorise_url(flow)):
            ended = await browser.get(address)
            assert ended.status == 410
            link = ended.element("recipient")
            assert (link.text, link.attributes["href"]) == ("Go back to Mock Software", registration.client_uri)
            assert ended.html.index('id="recipient"') < ended.html.index('id="dashboard"')
            assert flow.redirect_uri not in ended.html
    other = await pages.browser().get(page.url)
    assert (other.status, "recipient" in other.elements) == (403, False)
    assert "Mock Software" not in other.text


async def test_a_page_of_the_recipient_that_is_not_https_is_not_linked(pages: ConsentPages) -> None:
    database, tenant, client_id = pages.application.database, pages.tenant, pages.recipient.client_id
    stored = msgspec.to_builtins((await load_client(database, tenant, client_id)).registration)
    browser, flow = pages.browser(), await pages.pushed()
    page = await pages.reviewed(browser, flow)
    await browser.post(page, "/cancel")
    try:
        for address in ("javascript:alert(1)", "http://recipient.test", "https:", ""):
            await set_client(database, tenant, client_id, registration={**stored, "client_uri": address})
            ended = await browser.get(page.url)
            assert "To share your data, go back to Mock Software" in ended.text
            assert "recipient" not in ended.elements
    finally:
        await set_client(database, tenant, client_id, registration=stored)


async def test_the_reference_of_a_page_finds_its_line_in_the_log(
    pages: ConsentPages, caplog: pytest.LogCaptureFixture
) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    page = await pages.reviewed(browser, flow)
    await browser.post(page, "/cancel")
    with caplog.at_level(logging.INFO, "apps.http.pages"):
        reference = (await browser.get(page.url)).element("reference").text
    assert re.fullmatch("[2-9A-HJKMNP-Z]{8}", reference)
    [record] = [each for each in caplog.records if getattr(each, "reference", "") == reference]
    assert (record.message, getattr(record, "page", "")) == ("page.message_shown", "flow-cancelled")
