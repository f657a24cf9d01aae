"""Signing in with the link of a message: once, soon, and only in the browser that asked for it."""

import re
from datetime import timedelta

import pytest

from haas.clock import MovableClock
from ops.browser.browser import Browser
from ops.browser.page import Page
from tests.support.consent_pages import ConsentPages


async def link_of(pages: ConsentPages) -> str:
    """Return the link in the latest message to Mia."""
    sent = [message for message in await pages.messages() if message["to"] == pages.mia.identifier]
    return re.findall(r"^https://\S+$", sent[-1]["text"], re.MULTILINE)[0]


async def asked(pages: ConsentPages, path: str = "/dashboard") -> tuple[Browser, Page]:
    """Return a browser that has asked for a message, and the page that waits for the code."""
    browser = pages.browser()
    page = await browser.get(path)
    return browser, await browser.send(page, "/sign-in", identifier=pages.mia.identifier)


async def test_the_link_signs_in_once_and_leads_to_the_page(pages: ConsentPages) -> None:
    tokens = await pages.consented(pages.browser())
    path = f"/dashboard/arrangements/{tokens.cdr_arrangement_id}"
    browser, waiting = await asked(pages, path)
    link, code = await link_of(pages), await pages.code()
    assert link.startswith(f"{pages.tenant.issuer}/dashboard/link?")
    for _ in range(3):  # opening it changes nothing
        page = await browser.get(link)
        assert page.element("continue")
        assert (await browser.get("/dashboard")).path == "/dashboard/sign-in"
    page = await browser.send(page, "/link")
    assert page.path == path
    assert not any(each.name == "__Host-typed" for each in browser.http.cookies.jar), "what was typed is forgotten"
    again = pages.browser()
    assert "works once" in (await again.get(link)).element("link").text
    assert "has been used" in (await browser.get(link)).element("link").text
    assert (await browser.send(waiting, "/dashboard/verify", code=code)).status == 403


async def test_programs_that_open_links_and_other_browsers_do_no_harm(pages: ConsentPages) -> None:
    """A scanner has no cookie. A second browser can have asked for a message of its own."""
    browser, waiting = await asked(pages)
    link = await link_of(pages)
    scanner = pages.browser()
    assert (await scanner.http.head(link)).status_code in (200, 405)
    shown = await scanner.get(link)
    assert "type the 6 digits of the same message there" in shown.text
    assert "continue" not in shown.elements
    token = link.rpartition("t=")[2]
    assert (await scanner.http.post("/dashboard/link", data={"t": token})).status_code == 403
    other, page = await asked(pages)
    assert "cannot be used" in (await other.get(link)).element("link").text
    form = {**page.form("/verify").entries(), "t": token}
    answer = await other.http.post("/dashboard/link", data=form)
    assert answer.headers["location"] == "/dashboard/verify?problem=code-closed"
    assert (await other.get("/dashboard")).path == "/dashboard/sign-in"
    assert (await browser.send(await browser.get(link), "/link")).path == "/dashboard"
    assert waiting.path == "/dashboard/verify"


@pytest.mark.parametrize("cut", [1, 22])
async def test_a_broken_link_leaves_the_code_valid(pages: ConsentPages, cut: int) -> None:
    browser, page = await asked(pages)
    link = await link_of(pages)
    for broken in (link[:-cut], link[:-cut].partition("?")[0], f"{link}%20"):
        shown = await browser.get(broken)
        assert "not complete" in shown.element("link").text
        assert shown.element("enter-code").attributes["href"] == "/dashboard/verify"
    assert (await browser.send(page, "/dashboard/verify", code=await pages.code())).path == "/dashboard"


async def test_a_link_ends_with_its_code_and_with_a_newer_message(pages: ConsentPages, clock: MovableClock) -> None:
    browser, page = await asked(pages)
    first = await link_of(pages)
    ready = await browser.get(first)
    await browser.send(page, "/dashboard/resend")
    assert "cannot be used" in (await browser.get(first)).element("link").text
    assert "problem=code-closed" in (await browser.send(ready, "/link")).url
    newer = await browser.get(await link_of(pages))
    clock.move(timedelta(minutes=10))
    assert "has expired" in (await browser.send(newer, "/link")).text
    assert (await browser.get("/dashboard")).path == "/dashboard/sign-in"
