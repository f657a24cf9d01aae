"""A link to a page of the dashboard leads there after the sign-in, and never to another site."""

from datetime import timedelta
from uuid import UUID

import pytest

from apps.dashboard.return_page import page_name, page_path
from haas.clock import MovableClock
from ops.browser.browser import Browser
from ops.browser.page import Page
from tests.support.consent_pages import ConsentPages

ID = UUID("e7f0a3b5-6a52-4a0e-9a35-3c1d6f0b8d21")
PAGES = {
    f"/dashboard/arrangements/{ID}": f"{ID}",
    f"/dashboard/arrangements/{ID}/withdraw": f"{ID}.stop",
    f"/dashboard/arrangements/{ID}/record": f"{ID}.record",
    "/dashboard": "",
}
HOSTILE = (
    "https://evil.test", "//evil.test", "\\\\evil.test", "evil.test", f"{ID}.evil", f"{ID}@evil.test", f"/{ID}",
    f"{ID}/..", f"{ID}.stop?x=//evil.test", f"{str(ID).upper()}", f"{ID.hex}", "\r\nLocation: https://evil.test",
)  # fmt: skip


def test_only_pages_of_the_dashboard_have_names() -> None:
    for path, name in PAGES.items():
        assert (page_name(path), page_path(name)) == (name, path)
    for name in HOSTILE:
        assert page_path(name) == "/dashboard"
    for path in ("/dashboard/sign-in", "/dashboard/stay", "/flow/1/identify", f"/dashboard/arrangements/{ID}/other",
                 "https://evil.test", f"//evil.test/dashboard/arrangements/{ID}"):  # fmt: skip
        assert page_name(path) == ""


async def signing_in(pages: ConsentPages, browser: Browser, page: Page) -> Page:
    page = await browser.send(page, "/sign-in", identifier=pages.mia.identifier)
    return await browser.send(page, "/dashboard/verify", code=await pages.code())


async def test_a_link_leads_to_its_page_after_the_sign_in(pages: ConsentPages, clock: MovableClock) -> None:
    """Also after inputs that were wrong, after a new code, and after a session that has ended meanwhile."""
    tokens = await pages.consented(pages.browser())
    path = f"/dashboard/arrangements/{tokens.cdr_arrangement_id}/withdraw"
    browser = pages.browser()
    page = await browser.get(path)
    assert page.path == "/dashboard/sign-in"
    page = await browser.send(page, "/sign-in", identifier="")
    page = await browser.send(page, "/sign-in", identifier=pages.mia.identifier)
    page = await browser.send(page, "/dashboard/verify", code="12")
    page = await browser.get(page.element("restart").attributes["href"])
    page = await browser.send(page, "/sign-in", identifier=pages.mia.identifier)
    page = await browser.send(page, "/dashboard/resend")
    page = await browser.send(page, "/dashboard/verify", code=await pages.code())
    assert page.path == path
    clock.move(timedelta(minutes=20))
    asked_to_stop = await browser.send(page, "/withdraw")
    assert asked_to_stop.path == "/dashboard/sign-in"
    assert "some time has passed" in asked_to_stop.text
    page = await signing_in(pages, browser, asked_to_stop)
    assert page.path == path  # nothing was stopped by a form of the old session
    clock.move(timedelta(minutes=20))
    asked_to_stay = await browser.send(page, "/stay")
    assert (await signing_in(pages, browser, asked_to_stay)).path == path
    assert (await browser.get("/dashboard/sign-in?to=" + tokens.cdr_arrangement_id)).path == path.removesuffix(
        "/withdraw"
    )


@pytest.mark.parametrize("name", ["https://evil.test", "//evil.test", f"{ID}@evil.test"])
async def test_a_forged_name_leads_to_the_list(pages: ConsentPages, name: str) -> None:
    browser = pages.browser()
    page = await browser.get("/dashboard/sign-in")
    page = await browser.send(page, "/sign-in", identifier=pages.mia.identifier, to=name)
    answer = await browser.post(page, "/dashboard/verify", code=await pages.code(), to=name)
    assert answer.headers["location"] == "/dashboard"
    page = await browser.get("/dashboard/sign-in")
    assert (await browser.post(page, "/stay", to=name)).headers["location"] == "/dashboard?notice=extended"


async def test_the_name_of_the_host_leads_to_the_dashboard(pages: ConsentPages) -> None:
    assert (await pages.browser().get("/")).path == "/dashboard/sign-in"
