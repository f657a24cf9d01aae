"""What a representative whose scope is limited can do in the flow and on the dashboard (CDR Rules 1.13(1); K-4)."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from ops.browser.browser import Browser
from tenants.parties.tables import representation
from tests.support.consent_pages import ConsentPages, away, response_claims
from tests.support.consents import response_of
from tests.support.rows import execute

FIRM = "Waratah Bakery Pty Ltd"


class Represented(ConsentPages):
    """Rita represents a firm that shares its shop."""

    async def add(self) -> None:
        self.rita, self.identifier = await self.customers.add_login("Rita Rep")
        self.firm = await self.customers.add_customer(
            FIRM, self.rita, kind="organisation", role="nominated-representative"
        )
        self.shop = await self.customers.add_account("Shop", self.firm)

    async def limit(self, scope: str | None) -> None:
        """Set what Rita may do for the firm."""
        hers = (representation.c.login_id == self.rita) & (representation.c.customer_id == self.firm)
        limited = update(representation).where(hers).values(scope=scope)
        await execute(self.application.database, self.tenant, limited)

    async def share(self) -> Any:
        browser, flow = self.browser(), await self.pushed()
        page = await self.authenticated(browser, flow, self.identifier)
        page = await browser.send(page, "/accounts", account=str(self.shop))
        url = (await browser.post(page, "/authorise")).headers["location"]
        return await self.recipient.exchange(await self.recipient.read_response(response_of(url), flow), flow)

    async def signed_in_as_rita(self) -> Browser:
        browser = self.browser()
        await self.signed_in(browser, self.identifier)
        return browser


@pytest.fixture
async def firm(pages: ConsentPages) -> Represented:
    own = await ConsentPages.open(pages.application, pages.tenant)
    made = Represented(own.application, own.tenant, own.recipient, own.mia)
    await made.add()
    return made


@pytest.mark.parametrize("scope", ["see", "bills only"])
async def test_who_may_not_share_is_told_so_and_can_only_go_back(firm: Represented, scope: str) -> None:
    """Also if the scope is limited while the flow is open, and for an amendment."""
    tokens = await firm.share()
    open_browser = firm.browser()
    page = await firm.authenticated(open_browser, identifier=firm.identifier)
    review = await open_browser.send(page, "/accounts", account=str(firm.shop))
    await firm.limit(scope)
    assert response_claims(await away(open_browser.send(review, "/authorise")))["error"] == "access_denied"

    browser = firm.browser()
    page = await firm.authenticated(browser, identifier=firm.identifier)
    said = page.element("not-permitted").text
    assert f"We have no permission on record for you to share the data of {FIRM}." in said
    assert "continue" not in page.elements
    assert response_claims(await away(browser.send(page, "/cancel")))["error"] == "access_denied"
    amending = firm.browser()
    asked = {"identifier": firm.identifier, "cdr_arrangement_id": tokens.cdr_arrangement_id}
    if scope == "see":
        page = await firm.authenticated(amending, **asked)
        assert FIRM in page.element("not-permitted").text
    else:
        assert response_claims(await away(firm.authenticated(amending, **asked)))["error"] == "invalid_request"


async def test_a_person_shares_only_for_those_customers_for_whom_they_may(firm: Represented) -> None:
    own = await firm.customers.add_customer("Rita Rep", firm.rita)
    home = await firm.customers.add_account("Cottage", own)
    await firm.customers.add_customer("Gumnut Farm", firm.rita, kind="organisation", role="attorney")
    await firm.limit("see")
    browser = firm.browser()
    page = await firm.authenticated(browser, identifier=firm.identifier)
    assert page.path.endswith("/customer")
    assert len(page.choices("customer")) == 2
    assert FIRM in page.element("not-permitted").text
    assert "Choose whose data" in (await browser.send(page, "/customer", customer=str(firm.firm))).text
    page = await browser.send(page, "/customer", customer=str(own))
    assert str(home) in page.html
    assert "not-permitted" not in page.elements


async def test_who_may_only_see_cannot_stop_and_who_may_do_nothing_sees_nothing(firm: Represented) -> None:
    tokens = await firm.share()
    path = f"/dashboard/arrangements/{UUID(tokens.cdr_arrangement_id)}"
    browser = await firm.signed_in_as_rita()
    asked = await browser.get(f"{path}/withdraw")
    await firm.limit("see")
    page = await browser.get(path)
    assert page.status == 200
    assert "we have no permission on record for you to stop it" in page.element("only-see").text
    assert not {"stop-sharing", "stop-sharing-below"} & set(page.elements)
    assert (await browser.get(f"{path}/record")).status == 200
    assert (await browser.get(f"{path}/withdraw")).status == 403
    assert (await browser.post(asked, "/withdraw")).status_code == 403
    assert "arrangement-1" in (await browser.get("/dashboard")).elements

    await firm.limit("bills only")
    for each in (path, f"{path}/record", f"{path}/withdraw"):
        assert (await browser.get(each)).status == 404
    assert (await browser.post(asked, "/withdraw")).status_code == 404
    listed = await browser.get("/dashboard")
    assert f"We have no permission on record for you to see what {FIRM} shares." in listed.element("not-seen").text
    assert "arrangement-1" not in listed.elements

    await firm.limit("share")
    assert "stop-sharing" in (await browser.get(path)).elements
    stopped = await browser.send(asked, "/withdraw")
    assert "Stopped" in stopped.element("status").text
