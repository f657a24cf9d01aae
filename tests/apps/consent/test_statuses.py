"""The status of a recipient, person or arrangement changes while a person is on the pages."""

from uuid import UUID

import pytest
from sqlalchemy import delete, update

from ops.sandbox.messages import Deviation
from tenants.arrangements.tables import arrangement, authorisation
from tenants.parties.tables import login, representation
from tests.support.clients import registered_client, set_client, unregistered_client
from tests.support.consent_pages import ConsentPages, away, response_claims
from tests.support.rows import count, execute


@pytest.mark.parametrize("status", [{"product_status": "INACTIVE"}, {"recipient_status": "SUSPENDED"}])
async def test_a_recipient_that_became_inactive_gets_no_authorisation(
    pages: ConsentPages, status: dict[str, str]
) -> None:
    """CDS, Data Holder Responsibilities: a consent may be given only to an active recipient."""
    database, tenant = pages.application.database, pages.tenant
    recipient = await registered_client(pages.application, tenant)
    theirs = ConsentPages(pages.application, tenant, recipient, pages.mia)
    browser = theirs.browser()
    page = await theirs.reviewed(browser)
    await set_client(database, tenant, recipient.client_id, **status)
    claims = response_claims(await away(browser.send(page, "/authorise")))
    assert claims["error"] == "unauthorized_client"
    assert "code" not in claims
    assert await count(database, tenant, arrangement, arrangement.c.client_id == recipient.client_id) == 0


@pytest.mark.parametrize("action", ["/authorise", "/cancel"])
async def test_a_redirect_uri_removed_by_an_update_gets_neither_a_code_nor_an_error(
    pages: ConsentPages, action: str
) -> None:
    """RFC 6749 4.1.2.1: the browser is not redirected to an address that is not registered."""
    database, tenant = pages.application.database, pages.tenant
    product, recipient = await unregistered_client(pages.application, tenant)
    kept = "https://other.test/callback"
    await recipient.register(product.ssa(pages.application.now, redirect_uris=[recipient.redirect_uri, kept]))
    theirs = ConsentPages(pages.application, tenant, recipient, pages.mia)
    browser = theirs.browser()
    page = await theirs.reviewed(browser)
    token = (await recipient.client_credentials()).access_token
    ssa = product.ssa(pages.application.now, redirect_uris=[kept])
    await recipient.update_registration(token, ssa, Deviation(claims={"redirect_uris": [kept]}))
    response = await browser.post(page, action)
    assert (response.status_code, response.headers.get("location")) == (410, None)
    assert await count(database, tenant, arrangement, arrangement.c.client_id == recipient.client_id) == 0


@pytest.mark.parametrize("lost", ["login", "representation"])
async def test_a_person_who_lost_the_right_to_act_cannot_authorise(pages: ConsentPages, lost: str) -> None:
    """The rights of the person are checked when the consent is given, not only when the person authenticated."""
    database, tenant, mia = pages.application.database, pages.tenant, pages.mia
    browser = pages.browser()
    page = await pages.reviewed(browser)
    disable = update(login).where(login.c.id == mia.login_id)
    if lost == "login":
        await execute(database, tenant, disable.values(disabled_at=pages.application.now))
    else:
        await execute(database, tenant, delete(representation).where(representation.c.login_id == mia.login_id))
    claims = response_claims(await away(browser.send(page, "/authorise")))
    if lost == "login":
        await execute(database, tenant, disable.values(disabled_at=None))
    else:
        await pages.customers.represent(mia.login_id, mia.customer_id)
    assert claims["error"] == "access_denied"
    assert "code" not in claims


async def test_an_arrangement_that_expires_during_its_amendment_is_not_amended(pages: ConsentPages) -> None:
    """It expires between authentication and authorisation, and housekeeping has not marked it as ended."""
    first = await pages.consented(pages.browser())
    browser = pages.browser()
    page = await pages.reviewed(browser, cdr_arrangement_id=first.cdr_arrangement_id)
    version = update(authorisation).where(authorisation.c.arrangement_id == UUID(first.cdr_arrangement_id))
    await execute(pages.application.database, pages.tenant, version.values(expires_at=pages.application.now))
    claims = response_claims(await away(browser.send(page, "/authorise")))
    assert claims["error"] == "invalid_request"
    assert "code" not in claims
