"""The step of the one-time password: what it says about the code, and what the person can do when it is over."""

import re
from datetime import timedelta

import pytest

from haas.clock import MovableClock
from ops.browser.browser import Browser
from ops.browser.page import Page
from tests.support.consent_pages import ConsentPages, response_claims

TEN_MINUTES = timedelta(minutes=10)


async def answered_wrongly(browser: Browser, page: Page, times: int) -> Page:
    for _ in range(times):
        page = await browser.send(page, "/verify", code="000000")
    return page


async def locked(pages: ConsentPages, browser: Browser, identifier: str) -> Page:
    """Use up the budget of wrong answers of an identifier; return the page of the step."""
    page = await answered_wrongly(browser, await pages.identified(browser, identifier=identifier), 5)
    page = await browser.send(page, "/resend")
    return await answered_wrongly(browser, page, 5)


def without_what_differs(page: Page) -> str:
    return re.sub(
        r'(<strong id="entered">.*?</strong>|value="[^"]*"|datetime="[^"]*"|flow/[0-9a-f]{32})', "", page.html
    )


async def test_the_page_says_what_was_typed_and_when_the_code_was_sent(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await pages.identified(browser, identifier="<b>Nobody</b>&amp;@people.test ")
    assert page.element("entered").text == "<b>Nobody</b>&amp;@people.test"
    assert "<b>Nobody" not in page.html
    assert re.fullmatch(r"\d{1,2}:\d\d [ap]m AE[DS]T", page.element("sent-at").text)
    assert "Call 1800 555 010 or write to help@aurora.test" in page.text
    assert page.element("code").attributes["autocomplete"] == "one-time-code"
    assert page.element("code").attributes["inputmode"] == "numeric"


async def test_the_page_is_the_same_for_an_identifier_that_nobody_has(pages: ConsentPages, clock: MovableClock) -> None:
    """CDS, One Time Password Credential Requirements. Also after a new code, and when the code is over."""
    browsers = [pages.browser(), pages.browser()]
    shown = [
        await pages.identified(browser, identifier=identifier)
        for browser, identifier in zip(browsers, (pages.mia.identifier, "nobody@people.test"), strict=True)
    ]
    assert len({without_what_differs(page) for page in shown}) == 1
    shown = [await browser.send(page, "/resend") for browser, page in zip(browsers, shown, strict=True)]
    assert len({without_what_differs(page) for page in shown}) == 1
    shown = [await answered_wrongly(browser, page, 1) for browser, page in zip(browsers, shown, strict=True)]
    assert len({without_what_differs(page) for page in shown}) == 1
    clock.move(TEN_MINUTES)
    shown = [await browser.get(page.url) for browser, page in zip(browsers, shown, strict=True)]
    assert "Your code has expired" in shown[0].text
    assert len({without_what_differs(page) for page in shown}) == 1


async def test_after_a_new_code_the_page_says_that_earlier_ones_do_not_work(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await pages.identified(browser)
    assert "sent-again" not in page.elements
    before = await pages.code()
    page = await browser.send(page, "/resend")
    assert "Earlier codes no longer work." in page.element("sent-again").text
    after = await pages.code()
    if before != after:
        page = await browser.send(page, "/verify", code=before)
        assert "That code is not right." in page.text
    assert (await browser.send(page, "/verify", code=after)).path.endswith("/accounts")


async def test_an_expired_and_a_spent_code_have_pages_whose_button_sends_a_new_one(
    pages: ConsentPages, clock: MovableClock
) -> None:
    browser = pages.browser()
    await pages.identified(browser)
    clock.move(TEN_MINUTES)
    expired = await browser.open(browser.page.url)
    assert expired.page.title.startswith("Your code has expired")
    assert "code" not in expired.page.elements
    page = (await browser.press("resend")).page
    assert "code" in page.elements
    spent = await answered_wrongly(browser, page, 5)
    assert "Your code cannot be used any more" in spent.text
    assert "problem" not in spent.elements
    assert "code" not in spent.elements
    page = (await browser.press("resend")).page
    assert (await browser.send(page, "/verify", code=await pages.code())).path.endswith("/accounts")


async def test_a_lock_has_a_page_with_its_end_and_the_flow_goes_on_then(
    pages: ConsentPages, clock: MovableClock
) -> None:
    browser = pages.browser()
    _, identifier = await pages.customers.add_login("Lee Locked")
    other = pages.browser()
    await answered_wrongly(other, await pages.identified(other, identifier=identifier), 5)
    clock.move(timedelta(minutes=30))
    page = await answered_wrongly(browser, await pages.identified(browser, identifier=identifier), 5)
    assert "Too many tries" in page.title
    assert "You can go on with this request then" in page.element("what-next").text
    assert [page.element(name).attributes["class"] for name in ("restart", "resend")] == ["button", "button-text"]
    changing = (await browser.press("restart")).page
    assert changing.element("identifier").attributes["value"] == identifier, "the main button works"
    page = await browser.send(changing, "/identify", identifier=pages.mia.identifier)
    assert "code" in page.elements
    changing = await browser.send(page, "/restart")
    page = await browser.send(changing, "/identify", identifier=identifier)
    assert page.element("locked-until").text
    clock.move(timedelta(minutes=30))
    page = (await browser.follow("change")).page
    page = await browser.send(page, "/identify", identifier=identifier)
    assert "code" in page.elements
    code = await pages.code(identifier)
    assert "accounts" in (await browser.send(page, "/verify", code=code)).path


async def test_a_new_code_can_be_sent_from_a_page_that_was_locked(pages: ConsentPages, clock: MovableClock) -> None:
    browser = pages.browser()
    _, identifier = await pages.customers.add_login("Lee Locked")
    other = pages.browser()
    await answered_wrongly(other, await pages.identified(other, identifier=identifier), 5)
    clock.move(timedelta(minutes=30))
    page = await answered_wrongly(browser, await pages.identified(browser, identifier=identifier), 5)
    assert f"From {page.element('locked-until').text.split(', ')[-1]} on, you can ask" in page.text
    refused = await browser.send(page, "/resend")
    assert refused.element("locked-until").text == page.element("locked-until").text
    clock.move(timedelta(minutes=30))
    page = (await browser.press("resend")).page
    assert "code" in page.elements
    code = await pages.code(identifier)
    assert "accounts" in (await browser.send(page, "/verify", code=code)).path


async def test_a_lock_that_is_longer_than_the_flow_leads_back_to_the_recipient(
    pages: ConsentPages, clock: MovableClock
) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    clock.move(timedelta(seconds=30))  # the flow ends an hour after the request, before the lock
    page = await browser.get(pages.authorise_url(flow))
    page = await answered_wrongly(browser, await browser.send(page, "/identify", identifier="lost@people.test"), 5)
    page = await answered_wrongly(browser, await browser.send(page, "/resend"), 5)
    assert "before that" in page.element("what-next").text
    assert "resend" not in page.elements
    assert page.element("cancel").text == "Go back to Mock Software"
    await browser.press("cancel")
    assert response_claims(browser.left_for or "")["error"] == "access_denied"


async def test_a_locked_identifier_is_refused_with_a_page_and_is_still_in_the_field(
    pages: ConsentPages, clock: MovableClock
) -> None:
    identifier = "often@people.test"
    await locked(pages, pages.browser(), identifier)
    clock.move(timedelta(minutes=40))
    browser = pages.browser()
    page = await pages.identified(browser, identifier=identifier)
    assert page.path.endswith("/identify")
    assert "identifier" not in page.elements
    assert page.element("locked-until").text
    assert page.element("entered").text == identifier
    assert page.element("change").attributes["class"] == "button"
    page = (await browser.follow("change")).page
    assert page.element("identifier").attributes["value"] == identifier
    for until in ("x", "0", "9" * 11, "9" * 12, "\u0663"):
        page = await browser.get(f"{page.path}?problem=identifier-locked&until={until}")
        assert "locked-until" not in page.elements
        assert "Too many tries" not in page.title


async def test_what_was_typed_is_kept_for_its_flow_only_and_codes_are_not_kept(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await pages.identified(browser, identifier=f" {pages.mia.identifier}")
    other = await browser.get(pages.authorise_url(await pages.pushed()))
    assert "value" not in other.element("identifier").attributes
    other = await browser.send(other, "/identify", identifier="other@people.test")
    assert other.element("entered").text == "other@people.test"
    page = await browser.get(page.url)
    assert page.element("entered").text == pages.mia.identifier
    wrong = await browser.send(page, "/verify", code="000000")
    assert "000000" not in wrong.html
    changing = await browser.send(page, "/restart")
    assert changing.element("identifier").attributes["value"] == pages.mia.identifier
    page = await browser.send(changing, "/identify", identifier=pages.mia.identifier)
    cookie = next(each for each in browser.http.cookies.jar if each.name == "__Host-typed")
    assert cookie.secure
    assert cookie.has_nonstandard_attr("HttpOnly")
    await browser.send(page, "/verify", code=await pages.code())
    assert (await browser.get(other.url)).element("entered").text == "other@people.test"
    kept = next(each.value or "" for each in browser.http.cookies.jar if each.name == "__Host-typed")
    assert kept.count(".") == 0, "what the authenticated person has typed is forgotten"


@pytest.mark.parametrize("value", ["", "x", "." * 50, "0" * 5000, "0123456789abcdef"])
async def test_a_cookie_that_the_server_did_not_make_is_ignored(pages: ConsentPages, value: str) -> None:
    browser = pages.browser()
    page = await pages.identified(browser)
    browser.http.cookies.delete("__Host-typed")
    browser.http.cookies.set("__Host-typed", value)
    shown = await browser.get(page.url)
    assert shown.status == 200
    assert "entered" not in shown.elements
