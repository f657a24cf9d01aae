"""Signing in with a one-time password: what the page says about the code, and what the browser keeps."""

from datetime import timedelta

from haas.clock import MovableClock, epoch
from ops.browser.browser import Browser
from tenants.authentication.limits import DAY, HOUR, TRIES_PER_CODE
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


async def test_a_locked_person_reads_until_when_and_can_enter_something_else(
    pages: ConsentPages, clock: MovableClock
) -> None:
    """For the limit of a day too, which lasts longer than an hour."""
    identifier = "often.locked@people.test"
    browser = pages.browser()
    for hours in range(3):
        page = await browser.get("/dashboard/sign-in?to=joint")
        page = await browser.send(page, "/sign-in", identifier=identifier)
        for _ in range(2):
            for _ in range(TRIES_PER_CODE):
                page = await browser.send(page, "/dashboard/verify", code="000000")
            if "locked-until" not in page.elements:
                page = await browser.send(page, "/dashboard/resend")
        assert page.title.startswith("Too many tries")
        assert [page.element(name).attributes["class"] for name in ("restart", "resend")] == ["button", "button-text"]
        if hours < 2:
            clock.move(HOUR + timedelta(minutes=1))
    locked_there = page.element("locked-until")
    changing = (await browser.follow("restart")).page
    page = await browser.send(changing, "/sign-in", identifier=identifier)
    assert page.path == "/dashboard/sign-in"
    assert page.title.startswith("Too many tries")
    assert page.element("locked-until").text == locked_there.text
    assert page.element("entered").text == identifier
    assert "identifier" not in page.elements
    assert page.element("restart").attributes["class"] == "button"
    changing = (await browser.follow("restart")).page
    assert changing.element("identifier").attributes["value"] == identifier
    page = await browser.send(changing, "/sign-in", identifier=pages.mia.identifier)
    page = await browser.send(page, "/dashboard/verify", code=await pages.code())
    assert page.path == "/dashboard/joint-accounts"


async def test_a_lock_that_is_over_or_cannot_be_is_ignored(pages: ConsentPages, clock: MovableClock) -> None:
    browser = pages.browser()
    for until in ("", "x", str(epoch(clock.now())), str(epoch(clock.now() + 2 * DAY)), "9" * 12):
        page = await browser.get(f"/dashboard/sign-in?problem=identifier-locked&until={until}")
        assert "identifier" in page.elements
        assert "locked-until" not in page.elements
        assert "problem" not in page.elements
