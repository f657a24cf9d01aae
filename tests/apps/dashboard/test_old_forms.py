"""Forms of the dashboard that are sent again after something has changed: Back, reload and two tabs."""

from datetime import timedelta

from haas.clock import MovableClock
from ops.browser.browser import Browser
from tests.support.consent_pages import ConsentPages


async def stop_page(pages: ConsentPages, browser: Browser) -> str:
    """Share data, and sign in; return the address of the page that asks whether to stop."""
    tokens = await pages.consented(pages.browser())
    await pages.signed_in(browser)
    return f"/dashboard/arrangements/{tokens.cdr_arrangement_id}/withdraw"


async def test_the_form_of_a_session_that_was_left_stops_nothing(pages: ConsentPages) -> None:
    """The person signs out in another tab, later signs in again, and goes back to the old page."""
    browser = pages.browser()
    path = await stop_page(pages, browser)
    asked = await browser.get(path)
    in_other_tab = await browser.get("/dashboard")
    await browser.send(in_other_tab, "/sign-out")
    refused = await browser.send(asked, "/withdraw")
    assert (refused.status, "nothing has been changed" in refused.text) == (403, True)
    assert (await browser.get(path)).path == "/dashboard/sign-in", "a reload leads to the sign-in"
    await pages.signed_in(browser)
    assert (await browser.send(asked, "/withdraw")).status == 403
    page = await browser.get(path)
    assert page.path == path, "it is still shared"
    assert "You have stopped sharing" in (await browser.send(page, "/withdraw")).text


async def test_the_form_of_another_persons_session_stops_nothing(pages: ConsentPages) -> None:
    browser, other = pages.browser(), pages.browser()
    path = await stop_page(pages, browser)
    asked = await browser.get(path)
    login_id, identifier = await pages.customers.add_login("Olga Other")
    await pages.customers.add_customer("Olga Other", login_id)
    await pages.signed_in(other, identifier)
    assert (await other.send(asked, "/withdraw")).status == 403
    assert (await browser.get(path)).path == path


async def test_two_tabs_that_both_stop_the_sharing_show_the_same_page(pages: ConsentPages) -> None:
    browser = pages.browser()
    path = await stop_page(pages, browser)
    first, second = await browser.get(path), await browser.get(path)
    before = await browser.get(path.removesuffix("/withdraw"))
    done = await browser.send(first, "/withdraw")
    assert "You have stopped sharing" in done.text
    again = await browser.send(second, "/withdraw")
    assert (again.path, again.element("status").text) == (done.path, "Stopped")
    assert (await browser.get(before.element("stop-sharing").attributes["href"])).path == done.path
    assert (await browser.get(done.url)).element("notice"), "a reload shows the page again and sends no form"


async def test_signing_in_and_staying_signed_in_from_old_pages(pages: ConsentPages, clock: MovableClock) -> None:
    """Each page of the sign-in is opened again, and its form sent again, after the person has signed in."""
    browser = pages.browser()
    start = await browser.get("/dashboard/sign-in")
    waiting = await browser.send(start, "/sign-in", identifier=pages.mia.identifier)
    code = await pages.code()
    page = await browser.send(waiting, "/dashboard/verify", code=code)
    assert page.path == "/dashboard"
    sent = len(await pages.messages())
    for old, action, values in (
        (start, "/sign-in", {"identifier": pages.mia.identifier}),
        (waiting, "/dashboard/verify", {"code": code}),
        (waiting, "/dashboard/resend", {}),
    ):
        assert (await browser.send(old, action, **values)).status == 403, action
    assert len(await pages.messages()) == sent, "no message was sent"
    for address in ("/dashboard/sign-in", "/dashboard/verify", "/dashboard/resend"):
        assert (await browser.get(address)).path == "/dashboard", address
    clock.move(timedelta(minutes=10))
    for _ in range(2):
        page = await browser.send(page, "/stay")
        assert "You now stay signed in until" in page.text
    await browser.send(page, "/sign-out")
    for action in ("/stay", "/sign-out"):
        assert (await browser.send(page, action)).status == 403, action
