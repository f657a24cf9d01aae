"""Only what the review page showed is authorised, even if another tab has changed the flow since."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select

from haas.clock import MovableClock
from ops.browser.page import Page
from ops.sandbox.recipient.answers import Flow
from tenants.arrangements.tables import authorisation, authorised_account
from tests.support.clients import load_client, set_client
from tests.support.consent_pages import ConsentPages, away, response_claims
from tests.support.consents import attempt_of
from tests.support.rows import execute

CHANGED = "What we would share has changed since this page was shown."


async def _authorised(pages: ConsentPages, flow: Flow) -> tuple[dict[str, Any], set[UUID]]:
    """Return the stored content of the review page, and the ids of the accounts that were authorised."""
    found = await attempt_of(pages.application, pages.tenant, flow, pages.recipient.client_id)
    database, tenant = pages.application.database, pages.tenant
    version = authorisation.c.id == found.authorisation_id
    (row,) = await execute(database, tenant, select(authorisation.c.shown).where(version))
    chosen = authorised_account.c.authorisation_id == found.authorisation_id
    accounts = await execute(database, tenant, select(authorised_account.c.account_id).where(chosen))
    return row.shown, {each.account_id for each in accounts}


async def _review_of(pages: ConsentPages, browser: Any, flow: Flow, account: UUID) -> Page:
    page = await pages.authenticated(browser, flow)
    return await browser.send(page, "/accounts", account=str(account))


async def test_a_review_page_with_outdated_accounts_authorises_nothing(pages: ConsentPages) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    first_tab = await _review_of(pages, browser, flow, pages.mia.home)
    other = await browser.get(first_tab.url.replace("/review", "/accounts"))
    second_tab = await browser.send(other, "/accounts", account=str(pages.mia.joint))
    assert "Beach house" in second_tab.text
    again = await browser.send(first_tab, "/authorise")
    assert again.path.endswith("/review")
    assert CHANGED in again.text
    assert "Beach house" in again.text
    found = await attempt_of(pages.application, pages.tenant, flow, pages.recipient.client_id)
    assert (found.stage, found.authorisation_id) == ("preAuthorisation", None)
    await away(browser.send(again, "/authorise"))
    shown, accounts = await _authorised(pages, flow)
    assert accounts == {pages.mia.joint}
    assert [account["id"] for account in shown["accounts"]] == [str(pages.mia.joint)]


async def test_the_content_of_the_review_page_is_stored_with_the_authorisation(pages: ConsentPages) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    page = await _review_of(pages, browser, flow, pages.mia.home)
    await away(browser.send(page, "/authorise"))
    shown, accounts = await _authorised(pages, flow)
    assert accounts == {pages.mia.home}
    assert shown["recipient"]["client_name"] in page.text
    assert [account["name"] for account in shown["accounts"]] == ["Home"]
    days = (shown["starts_on"], shown["ends_on"])
    for cluster in shown["clusters"]:
        assert cluster["title"] in page.text
        assert all(permission in page.text for permission in cluster["permissions"])
    assert [f"{day.day} {day:%B %Y}" in page.text for day in map(date.fromisoformat, days)] == [True, True]
    found = await attempt_of(pages.application, pages.tenant, flow, pages.recipient.client_id)
    assert found.shown_digest is not None
    assert found.shown_digest.hex() == page.form("/authorise").entries()["shown"][0]


@pytest.mark.parametrize("sent", ["", "0" * 64, "é"])
async def test_an_authorise_form_with_a_wrong_digest_of_the_page_authorises_nothing(
    pages: ConsentPages, sent: str
) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    page = await _review_of(pages, browser, flow, pages.mia.home)
    assert CHANGED in (await browser.send(page, "/authorise", shown=sent)).text
    found = await attempt_of(pages.application, pages.tenant, flow, pages.recipient.client_id)
    assert found.stage == "preAuthorisation"


async def test_a_review_page_with_an_outdated_recipient_name_authorises_nothing(pages: ConsentPages) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    page = await _review_of(pages, browser, flow, pages.mia.home)
    database, tenant, client_id = pages.application.database, pages.tenant, pages.recipient.client_id
    before = (await load_client(database, tenant, client_id)).registration
    await _rename(pages, "Another Name")
    again = await browser.send(page, "/authorise")
    assert CHANGED in again.text
    assert "Another Name" in again.text
    await _rename(pages, before.client_name)


async def _rename(pages: ConsentPages, name: str) -> None:
    database, tenant, client_id = pages.application.database, pages.tenant, pages.recipient.client_id
    registration = msgspec.to_builtins((await load_client(database, tenant, client_id)).registration)
    await set_client(database, tenant, client_id, registration={**registration, "client_name": name})


async def test_a_review_page_with_an_outdated_end_date_authorises_nothing(
    pages: ConsentPages, clock: MovableClock
) -> None:
    browser = pages.browser()
    local = pages.application.now.astimezone(pages.tenant.time_zone)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    clock.move(midnight - local - timedelta(minutes=5))
    flow = await pages.pushed()
    page = await _review_of(pages, browser, flow, pages.mia.home)
    clock.move(timedelta(minutes=10))
    again = await browser.send(page, "/authorise")
    assert CHANGED in again.text
    assert response_claims(await away(browser.send(again, "/authorise")))["code"]


async def test_the_review_is_shown_again_if_the_arrangement_was_amended_meanwhile(pages: ConsentPages) -> None:
    tokens = await pages.consented(pages.browser())
    asked = {"cdr_arrangement_id": tokens.cdr_arrangement_id}
    browser, other = pages.browser(), pages.browser()
    scope = "openid profile common:customer.basic:read common:customer.detail:read energy:accounts.basic:read"
    flow = await pages.pushed(scope, **asked)
    page = await pages.reviewed(browser, flow)
    assert "Contact details New" in page.text
    between = await pages.pushed(scope, **asked)
    url = (await other.post(await pages.reviewed(other, between), "/authorise")).headers["location"]
    await pages.recipient.exchange(response_claims(url)["code"], between)
    again = await browser.send(page, "/authorise")
    assert CHANGED in again.text
    assert "Contact details New" not in again.text


async def test_authorising_again_from_a_tab_with_other_accounts_answers_410(pages: ConsentPages) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    first_tab = await _review_of(pages, browser, flow, pages.mia.home)
    other = await browser.get(first_tab.url.replace("/review", "/accounts"))
    second_tab = await browser.send(other, "/accounts", account=str(pages.mia.joint))
    await away(browser.send(second_tab, "/authorise"))
    assert (await browser.send(first_tab, "/authorise")).status == 410
