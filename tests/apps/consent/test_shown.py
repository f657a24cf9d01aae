"""Only what the review page showed is authorised, even if another tab has changed the flow since."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from jinja2 import meta
from sqlalchemy import select

import themes
from haas.clock import MovableClock
from ops.browser.browser import Browser
from ops.browser.page import Page
from ops.sandbox.recipient.answers import Flow
from tenants import data_language
from tenants.arrangements.tables import authorisation, authorised_account
from tenants.consent import review
from tenants.register.store import put_accreditations
from tenants.registry.names import control_namespace
from tests.support.clients import load_client, registered_client, set_client
from tests.support.consent_pages import ConsentPages, away, response_claims
from tests.support.consents import DAY, attempt_of
from tests.support.rows import execute
from themes.rendering import environment

TEMPLATES = Path(themes.__file__).parent / "templates"
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


STATED: dict[str, set[str]] = {
    "brand": {"holder", "withdrawal"},
    "dashboard_host": {"withdrawal"},
    "recipient": {"recipient"},
    "amending": {"amends"},
    "acting_for": {"customer", "customer_named"},
    "subjects": {"accounts", "clusters", "customer"},
    "accounts": {"accounts", "removed_accounts"},
    "approvals": {"accounts"},
    "period": {"sharing_duration", "starts_on", "ends_on"},
    "previous": {"previous_sharing_duration", "previous_ends_on"},
    "period_changes": {"sharing_duration", "ends_on", "previous_sharing_duration", "previous_ends_on"},
    "history_from": {"history_from"},
    "data_parts": {"clusters", "removed_clusters"},
    "about_person": {"includes_person_claims"},
    "not_about": {"customer"},
}
"""The values of the review page's template that state something, and the members of `shown` that record them."""
NOT_STATED = {"consent", "contacts", "flow_path", "form_token", "parts", "shown"}
"""The other values of the template."""
FOLDED = re.compile("(?<=</summary>).*?(?=</details>)", re.DOTALL)
"""What a page shows only after a person has opened it. The Rules allow that for permissions only (CDR Rules 4.23)."""
DATE = re.compile(r"\d{1,2} [A-Z][a-z]+ 20\d\d")


def test_every_value_of_the_review_page_is_recorded() -> None:
    source = (TEMPLATES / "consent" / "review.html.jinja").read_text()
    used = meta.find_undeclared_variables(environment().parse(source))
    assert used - NOT_STATED == set(STATED)


def _texts(value: Any, name: str = "", *, hidden: str = "") -> Iterator[str]:
    """The texts and dates of a `shown`, as a page writes them, without what only identifies and without `hidden`."""
    match value:
        case dict():
            for member, below in value.items():
                if member not in {"id", "software_id", "part", "others", hidden}:
                    yield from _texts(below, member, hidden=hidden)
        case list():
            for below in value:
                yield from _texts(below, name, hidden=hidden)
        case str() if name.endswith("_on") or name == "history_from":
            day = date.fromisoformat(value)
            yield f"{day.day} {day:%B %Y}"
        case str():
            yield value


async def _number(pages: ConsentPages, number: str) -> None:
    """Let the Register publish an accreditation number for the recipient."""
    services, environment = pages.application.services, pages.tenant.register_environment
    entity = (await load_client(services.database, pages.tenant, pages.recipient.client_id)).recipient_id
    async with services.database.transaction(control_namespace(services.settings)) as tx:
        await put_accreditations(tx, environment.id, {entity: number}, pages.application.now)


async def _shown(pages: ConsentPages, browser: Browser, flow: Flow, page: Page) -> dict[str, Any]:
    """Authorise; compare what was stored with what the page said, and return it."""
    response = await browser.post(page, "/authorise")
    code = response_claims(response.headers["location"])["code"]
    await pages.recipient.exchange(code, flow)
    shown, _ = await _authorised(pages, flow)
    assert set(shown) == set().union(*STATED.values())
    said = Page(page.url, page.status, page.html.replace("<wbr>", "")).text
    missing = [text for text in _texts(shown) if text not in said]
    unfolded = Page(page.url, page.status, FOLDED.sub("", page.html).replace("<wbr>", "")).text
    assert [text for text in _texts(shown, hidden="permissions") if text not in unfolded] == missing, "K-20"
    assert missing == ([] if shown["customer_named"] else [shown["customer"]["name"]])
    assert set(DATE.findall(page.text)) <= set(_texts(shown))
    return shown


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the requested data have a history. The scopes of such data are not offered yet."""
    monkeypatch.setattr(data_language, "has_history", lambda _: True)


@pytest.mark.usefixtures("history")
async def test_what_is_stored_is_everything_that_the_page_says(pages: ConsentPages, clock: MovableClock) -> None:
    await _number(pages, "ADR000777")
    clock.move(timedelta(minutes=2))  # the numbers are read again after a minute
    browser, flow = pages.browser(), await pages.pushed()
    page = await pages.reviewed(browser, flow)
    assert "How far back" in page.text
    shown = await _shown(pages, browser, flow, page)
    assert shown["recipient"]["accreditation_number"] == "ADR000777"
    assert shown["history_from"] == f"{int(shown['starts_on'][:4]) - 2}{shown['starts_on'][4:]}"
    assert (shown["amends"], shown["previous_ends_on"], shown["removed_clusters"]) == (False, None, [])
    assert f"If you authorise, {shown['holder']} shares data about" in page.text
    assert shown["withdrawal"]["dashboard_host"] == pages.tenant.issuer.removeprefix("https://")


async def test_what_is_stored_of_an_amendment_is_everything_that_the_page_says(pages: ConsentPages) -> None:
    tokens = await pages.consented(pages.browser(), scope="openid profile energy:accounts.basic:read")
    browser = pages.browser()
    flow = await pages.pushed(
        "openid energy:accounts.basic:read common:customer.basic:read",
        sharing_duration=365 * DAY,
        cdr_arrangement_id=tokens.cdr_arrangement_id,
    )
    shown = await _shown(pages, browser, flow, await pages.reviewed(browser, flow))
    assert (shown["amends"], shown["previous_sharing_duration"]) == (True, 90 * DAY)
    assert shown["previous_ends_on"] is not None
    assert shown["removed_clusters"]
    assert [cluster["new"] for cluster in shown["clusters"]].count(True) == 1


async def test_a_consent_without_history_stores_no_start_of_history(pages: ConsentPages) -> None:
    browser, flow = pages.browser(), await pages.pushed("openid common:customer.basic:read")
    page = await pages.authenticated(browser, flow)
    assert "How far back" not in page.text
    assert (await _shown(pages, browser, flow, page))["history_from"] is None


async def test_an_accreditation_number_that_is_read_while_the_page_is_open_does_not_show_the_page_again(
    pages: ConsentPages, clock: MovableClock
) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    page = await pages.reviewed(browser, flow)
    await _number(pages, "ADR000778")
    clock.move(timedelta(minutes=2))  # the numbers are read again after a minute
    code = response_claims((await browser.post(page, "/authorise")).headers["location"])["code"]
    await pages.recipient.exchange(code, flow)
    shown, _ = await _authorised(pages, flow)
    assert shown["recipient"]["accreditation_number"] == "ADR000778"


async def test_a_recipient_that_became_inactive_is_refused_without_another_review(pages: ConsentPages) -> None:
    """The poll that reads the status can also bring a first accreditation number."""
    database, tenant = pages.application.database, pages.tenant
    recipient = await registered_client(pages.application, tenant)
    theirs = ConsentPages(pages.application, tenant, recipient, pages.mia)
    browser = theirs.browser()
    page = await theirs.reviewed(browser)
    await _number(theirs, "ADR000999")
    await set_client(database, tenant, recipient.client_id, product_status="INACTIVE")
    assert response_claims(await away(browser.send(page, "/authorise")))["error"] == "unauthorized_client"


@pytest.mark.parametrize(("today", "first"), [("2027-03-01", "2025-03-01"), ("2028-02-29", "2026-02-28")])
def test_history_begins_two_years_ago(today: str, first: str) -> None:
    moment = datetime.fromisoformat(f"{today}T02:00:00+00:00")
    assert review.history_from(moment) == datetime.fromisoformat(f"{first}T02:00:00+00:00")


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
