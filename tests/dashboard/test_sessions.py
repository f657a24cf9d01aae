"""What a browser keeps of a dashboard session, once it is over."""

from datetime import timedelta
from typing import Any

import httpx

from apps.http.page_forms import form_token
from ops.browser.browser import Browser
from ops.browser.page import Page
from tests.consent.ground import Ground

COOKIE = "__Host-dashboard"


async def signed_in(ground: Ground, browser: Browser) -> Page:
    page = await browser.get("/dashboard/sign-in")
    page = await browser.send(page, "/sign-in", identifier=ground.identifier)
    return await browser.send(page, "/dashboard/verify", code=await ground.code())


def cookie_of(answer: httpx.Response) -> str:
    return str(answer.headers["set-cookie"]).lower()


async def test_signing_out_drops_the_cookie_in_a_way_that_its_prefix_allows(ground: Ground) -> None:
    """A browser ignores a `__Host-` cookie without Secure, also one that is to delete it (RFC 6265bis 4.1.3.2)."""
    browser = ground.browser()
    answer = await browser.post(await signed_in(ground, browser), "/sign-out")
    cookie = cookie_of(answer)
    assert cookie.startswith("__host-dashboard=")
    assert "max-age=0" in cookie
    assert "secure" in cookie
    assert "path=/" in cookie


async def test_who_was_signed_out_can_sign_in_again(ground: Ground, moved_clock: Any) -> None:
    browser = ground.browser()
    assert (await signed_in(ground, browser)).path == "/dashboard"
    moved_clock.move(timedelta(minutes=20))
    assert (await browser.get("/dashboard")).path == "/dashboard/sign-in"
    page = await signed_in(ground, browser)
    assert page.path == "/dashboard"
    secret = browser.http.cookies[COOKIE]
    await browser.send(page, "/sign-out")
    host = ground.tenant.hosts.public
    browser.http.cookies.set(COOKIE, secret, domain=host)  # one that the browser has not dropped
    assert (await signed_in(ground, browser)).path == "/dashboard"
    assert browser.http.cookies[COOKIE] != secret


async def test_a_form_without_a_cookie_has_no_token_that_anybody_could_make(ground: Ground) -> None:
    """SameSite keeps the cookie from another site's form; that form must not pass with the token of no secret."""
    form = {"form_token": form_token(""), "identifier": ground.identifier}
    before = len(await ground.messages())
    answer = await ground.browser().http.post("/dashboard/sign-in", data=form, headers={"Origin": "null"})
    assert answer.status_code == 403
    assert len(await ground.messages()) == before
