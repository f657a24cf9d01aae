"""Signing in with a one-time password: what the page says about the code, and what the browser keeps."""

from ops.browser.browser import Browser
from tenants.authentication.limits import TRIES_PER_CODE
from tests.support.consent_pages import ConsentPages

TYPED = "__Host-typed"


def keeps_what_was_typed(browser: Browser) -> bool:
    return any(each.name == TYPED for each in browser.http.cookies.jar)


async def test_what_was_typed_is_shown_until_the_person_has_signed_in(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await browser.get("/dashboard/sign-in")
    page = await browser.send(page, "/sign-in", identifier=f" {pages.mia.identifier} ")
    assert page.element("entered").text == pages.mia.identifier
    page = await browser.send(page, "/dashboard/verify", code="1")
    assert page.element("entered").text == pages.mia.identifier
    assert page.element("code").attributes.get("value") is None
    assert keeps_what_was_typed(browser)
    page = await browser.send(page, "/dashboard/verify", code=await pages.code())
    assert page.path == "/dashboard"
    assert not keeps_what_was_typed(browser)


async def test_a_new_code_is_announced_and_a_code_without_tries_left_can_only_be_replaced(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await browser.get("/dashboard/sign-in")
    page = await browser.send(page, "/sign-in", identifier=pages.mia.identifier)
    assert "sent-again" not in page.elements
    page = await browser.send(page, "/dashboard/resend")
    assert "Earlier codes no longer work" in page.element("sent-again").text
    for _ in range(TRIES_PER_CODE):
        page = await browser.send(page, "/dashboard/verify", code="000000")
    assert page.title.startswith("Your code cannot be used any more")
    assert "code" not in page.elements
    page = await browser.send(page, "/dashboard/resend")
    assert (await browser.send(page, "/dashboard/verify", code=await pages.code())).path == "/dashboard"
