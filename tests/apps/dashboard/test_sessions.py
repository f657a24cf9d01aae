"""The end of a dashboard session: announced, moved by the person, and told afterwards; and its cookie."""

from datetime import timedelta

import httpx

from apps.http.page_forms import form_token
from haas.clock import MovableClock
from tests.support.consent_pages import ConsentPages

COOKIE = "__Host-dashboard"


def cookie_of(answer: httpx.Response) -> str:
    return str(answer.headers["set-cookie"]).lower()


async def test_signing_out_deletes_the_cookie_with_the_attributes_that_its_prefix_requires(pages: ConsentPages) -> None:
    """A browser ignores a `__Host-` cookie without Secure, also a cookie that deletes it (RFC 6265bis 4.1.3.2)."""
    browser = pages.browser()
    answer = await browser.post(await pages.signed_in(browser), "/sign-out")
    cookie = cookie_of(answer)
    assert cookie.startswith("__host-dashboard=")
    assert "max-age=0" in cookie
    assert "secure" in cookie
    assert "path=/" in cookie


async def test_a_person_can_sign_in_again_after_a_session_has_ended(pages: ConsentPages, clock: MovableClock) -> None:
    browser = pages.browser()
    assert (await pages.signed_in(browser)).path == "/dashboard"
    clock.move(timedelta(minutes=20))
    assert (await browser.get("/dashboard")).path == "/dashboard/sign-in"
    page = await pages.signed_in(browser)
    assert page.path == "/dashboard"
    secret = browser.http.cookies[COOKIE]
    await browser.send(page, "/sign-out")
    host = pages.tenant.hosts.public
    browser.http.cookies.set(COOKIE, secret, domain=host)  # as if the browser had not deleted it
    assert (await pages.signed_in(browser)).path == "/dashboard"
    assert browser.http.cookies[COOKIE] != secret


async def test_a_form_without_a_cookie_is_refused_even_with_the_token_of_an_empty_secret(pages: ConsentPages) -> None:
    """A form of another site comes without the cookie; a token that anybody can compute must not make it valid."""
    form, headers = {"form_token": form_token(""), "identifier": pages.mia.identifier}, {"Origin": "null"}
    before = len(await pages.messages())
    answer = await pages.browser().http.post("/dashboard/sign-in", data=form, headers=headers)
    assert answer.status_code == 403
    assert len(await pages.messages()) == before
    browser = pages.browser()
    shown = await browser.get("/dashboard/sign-in")
    form |= shown.form("/sign-in").entries() | {"identifier": pages.mia.identifier}
    assert (await browser.http.post("/dashboard/sign-in", data=form, headers=headers)).status_code == 303
    assert len(await pages.messages()) == before + 1


async def test_a_session_ends_after_inactivity_and_the_page_says_when(pages: ConsentPages, clock: MovableClock) -> None:
    """WCAG 2.2, 2.2.1 Timing Adjustable: the person is told, and can extend the time at least ten times."""
    browser = pages.browser()
    page = await pages.signed_in(browser)
    for _ in range(11):
        clock.move(timedelta(minutes=14))
        before = page.element("session-end").text
        page = await browser.send(page, "/stay")
        assert page.path == "/dashboard"
        assert page.element("session-end").text != before
        assert "You now stay signed in until" in page.text
    clock.move(timedelta(minutes=14))  # the time that nothing extends: three hours after the sign-in
    page = await browser.get("/dashboard")
    assert "You have to sign in again after" in page.element("session-end").text
    assert "stay" not in page.elements
    clock.move(timedelta(minutes=12))
    page = await browser.send(page, "/sign-out")
    assert "You have signed out." in page.element("notice").text
    page = await pages.signed_in(browser)
    clock.move(timedelta(minutes=15))
    page = await browser.send(page, "/stay")
    assert page.path == "/dashboard/sign-in"
    assert "some time has passed" in page.element("notice").text
    assert (await browser.get("/dashboard")).path == "/dashboard/sign-in"


async def test_a_secret_is_of_no_use_after_signing_out(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await pages.signed_in(browser)
    secret = browser.http.cookies[COOKIE]
    await browser.send(page, "/sign-out")
    browser.http.cookies.set(COOKIE, secret)
    assert (await browser.get("/dashboard")).path == "/dashboard/sign-in"
