"""The dashboard through the whole application: signing in, seeing arrangements, stopping them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from haas.clock import MovableClock
from ops.browser.browser import Browser
from ops.browser.page import Page
from tenants.accounts.models import DisclosureOption
from tenants.accounts.tables import holding
from tenants.parties.tables import login
from tenants.registry.models import Tenant
from tests.support.consent_pages import SCOPE, ConsentPages, away, response_claims
from tests.support.consents import DAY
from tests.support.rows import execute, notices_of
from tests.support.served import serve, serve_nothing_with

STATEMENTS = (
    "before you stop sharing to understand the consequences",
    "see if your service will be impacted",
    "CDR data is either deleted or de-identified when it is no longer required",
    "will have specific policies on how to handle your data once it’s no longer required",
    "right to ask Mock Software to delete your data",
)
"""CDS, Withdrawal Standards: Consequences, Redundant data."""


async def signed_in(pages: ConsentPages, identifier: str | None = None) -> tuple[Browser, Page]:
    browser = pages.browser()
    assert (await browser.get("/dashboard")).path == "/dashboard/sign-in"
    page = await pages.signed_in(browser, identifier)
    assert page.path == "/dashboard"
    return browser, page


@pytest.fixture
async def arrangement_path(pages: ConsentPages) -> str:
    tokens = await pages.consented(pages.browser())
    return f"/dashboard/arrangements/{tokens.cdr_arrangement_id}"


async def test_an_arrangement_is_listed_shown_and_stopped(pages: ConsentPages, arrangement_path: str) -> None:
    browser, page = await signed_in(pages)
    assert f'href="{arrangement_path}"' in page.html
    assert "Sharing now" in page.text
    page = await browser.get(arrangement_path)
    for text in (
        "Mock Software", "Home", "Beach house", "Joint account", "90 days", "You agreed",
        "Account and plan details",
        "You should check with Mock Software for more information on how they are handling your data",
    ):  # fmt: skip
        assert text in page.text, text
    for button in ("stop-sharing", "stop-sharing-below"):
        assert page.element(button).attributes["href"] == f"{arrangement_path}/withdraw"
    asked = await browser.get(f"{arrangement_path}/withdraw")
    for text in (*STATEMENTS, "Account and plan details", "other account holders may be told"):
        assert text in asked.text, text
    assert "Beach house" in asked.element("accounts").text
    assert "Home" in asked.element("accounts").text
    done = await browser.send(asked, "/withdraw")
    assert done.path == arrangement_path
    assert "You have stopped sharing with Mock Software." in done.text
    assert "You stopped sharing." in done.text
    again = await browser.send(asked, "/withdraw")
    assert again.path == arrangement_path
    assert (await browser.get(f"{arrangement_path}/withdraw")).path == arrangement_path
    assert "No longer sharing" in (await browser.get("/dashboard")).text
    told = await notices_of(pages.application.database, pages.tenant, arrangement_path.rsplit("/", 1)[1])
    assert [notice.kind for notice in told] == ["arrangement-revoked"]


async def test_each_amendment_is_listed(pages: ConsentPages) -> None:
    first = await pages.consented(pages.browser())
    asked = {"cdr_arrangement_id": first.cdr_arrangement_id, "sharing_duration": 365 * DAY}
    await pages.consented(pages.browser(), scope="openid energy:accounts.basic:read", **asked)
    browser, _ = await signed_in(pages)
    page = await browser.get(f"/dashboard/arrangements/{first.cdr_arrangement_id}")
    timeline = page.element("timeline").text
    assert timeline.index("You changed the sharing") < timeline.index("You first agreed to share")
    assert "Data removed: Name, Name and occupation" in timeline
    assert timeline.count("12 months, until") == 1
    assert timeline.count("90 days, until") == 2
    assert timeline.count("Accounts: Beach house, Home") == 1  # the second version has the same accounts
    assert "Accounts added" not in timeline


async def test_an_arrangement_keeps_data_that_is_not_served_any_more(
    pages: ConsentPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dashboard says what the person authorised (CDR Rules 1.15)."""
    with monkeypatch.context() as before:
        serve(before, "energy:billing:read")
        tokens = await pages.consented(pages.browser(), scope=f"{SCOPE} energy:billing:read")
    serve_nothing_with(monkeypatch, "energy:billing:read")
    browser, _ = await signed_in(pages)
    page = await browser.get(f"/dashboard/arrangements/{tokens.cdr_arrangement_id}")
    assert "Billing payments and history" in page.text


async def test_an_account_that_is_no_longer_shared_is_marked(pages: ConsentPages, arrangement_path: str) -> None:
    """CDS, Authorisation Standards, Pending status: the page says that no data is disclosed and what is required."""
    browser, _ = await signed_in(pages)
    assert "Not shared now" not in (await browser.get(arrangement_path)).text
    options: tuple[DisclosureOption, ...] = ("no-disclosure", "pre-approval")
    for option in options:
        await pages.customers.set_option(pages.mia.joint, option)
        text = (await browser.get(arrangement_path)).text
        assert text.count("Not shared now") == (option == "no-disclosure")
        assert text.count("An account holder can turn it on again on our data sharing dashboard") == (
            option == "no-disclosure"
        )


async def test_an_expired_arrangement_is_shown_as_finished(
    pages: ConsentPages, arrangement_path: str, clock: MovableClock
) -> None:
    clock.move(timedelta(days=91))
    browser, page = await signed_in(pages)
    assert "Finished" in page.text
    page = await browser.get(arrangement_path)
    assert "The agreed time was over." in page.text
    assert "stop-sharing" not in page.elements


async def test_arrangements_of_other_people_are_not_found(pages: ConsentPages, arrangement_path: str) -> None:
    login_id, identifier = await pages.customers.add_login("Olga Other")
    await pages.customers.add_customer("Olga Other", login_id)
    browser, page = await signed_in(pages, identifier)
    assert "You are not sharing your data with anyone." in page.text
    for path in (arrangement_path, f"{arrangement_path}/withdraw", f"/dashboard/arrangements/{uuid4()}"):
        assert (await browser.get(path)).status == 404
    token = page.form("/sign-out").entries()
    assert (await browser.http.post(f"{arrangement_path}/withdraw", data=token)).status_code == 404
    _, mine = await signed_in(pages)
    assert "Sharing now" in mine.text


async def test_an_organisation_reads_its_own_words_and_sees_its_history_without_an_account(
    pages: ConsentPages,
) -> None:
    """CDS, Data Language Standards (*), when data is reviewed and withdrawn; K-3."""
    login_id, identifier = await pages.customers.add_login("Sacha Moreau")
    firm = await pages.customers.add_customer(
        "Waratah Bakery Pty Ltd", login_id, kind="organisation", role="nominated-representative"
    )
    shop = await pages.customers.add_account("Shop", firm)
    browser, flow = pages.browser(), await pages.pushed()
    page = await pages.authenticated(browser, flow, identifier=identifier)
    page = await browser.send(page, "/accounts", account=str(shop))
    claims = response_claims(await away(browser.send(page, "/authorise")))
    path = f"/dashboard/arrangements/{(await pages.recipient.exchange(claims['code'], flow)).cdr_arrangement_id}"
    browser, _ = await signed_in(pages, identifier)
    for address in (path, f"{path}/record", f"{path}/withdraw"):
        text = (await browser.get(address)).text
        assert "Organisation profile" in text, address
        assert "Name and occupation" not in text, address
    gone = holding.delete().where(holding.c.customer_id == firm)
    await execute(pages.application.database, pages.tenant, gone)
    assert f'href="{path}"' in (await browser.get("/dashboard")).html
    assert "You no longer have this account with us." in (await browser.get(path)).text


async def test_signing_in_changes_the_session_cookie(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await browser.get("/dashboard/sign-in")
    before = browser.http.cookies["__Host-dashboard"]
    page = await browser.send(page, "/sign-in", identifier=pages.mia.identifier)
    await browser.send(page, "/dashboard/verify", code=await pages.code())
    after = browser.http.cookies["__Host-dashboard"]
    assert before != after
    browser.http.cookies.clear()
    browser.http.cookies.set("__Host-dashboard", before)
    assert (await browser.get("/dashboard")).path == "/dashboard/sign-in"


async def test_the_session_cookie_has_the_host_prefix_and_its_attributes(pages: ConsentPages) -> None:
    answer = await pages.browser().http.get("/dashboard/sign-in")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-dashboard=")
    for part in ("secure", "httponly", "path=/", "samesite=lax"):
        assert part in cookie
    assert "domain" not in cookie


async def test_forms_without_the_form_token_of_the_session_are_refused(
    pages: ConsentPages, arrangement_path: str
) -> None:
    browser, page = await signed_in(pages)
    token = page.form("/sign-out").entries()
    path = f"{arrangement_path}/withdraw"
    assert (await browser.http.post(path)).status_code == 403
    assert (await browser.http.post(path, data={"form_token": "0" * 64})).status_code == 403
    assert (await browser.http.post(path, data=token, headers={"Origin": "https://evil.test"})).status_code == 403
    assert (await browser.get(arrangement_path)).element("stop-sharing")


async def test_a_session_of_another_tenant_is_refused(pages: ConsentPages, neighbour: Tenant) -> None:
    browser, page = await signed_in(pages)
    stranger = pages.browser(neighbour)
    stranger.http.cookies.set("__Host-dashboard", browser.http.cookies["__Host-dashboard"])
    assert (await stranger.get("/dashboard")).path == "/dashboard/sign-in"
    token = page.form("/sign-out").entries()
    answer = await stranger.http.post(f"/dashboard/arrangements/{uuid4()}/withdraw", data=token)
    assert answer.headers["location"].startswith("/dashboard/sign-in")


async def test_a_disabled_login_is_signed_out(pages: ConsentPages) -> None:
    login_id, identifier = await pages.customers.add_login("Dan Done")
    await pages.customers.add_customer("Dan Done", login_id)
    browser, _ = await signed_in(pages, identifier)
    await execute(
        pages.application.database,
        pages.tenant,
        update(login).where(login.c.id == login_id).values(disabled_at=pages.application.now),
    )
    assert (await browser.get("/dashboard")).path == "/dashboard/sign-in"


async def test_a_wrong_one_time_password_is_counted_and_a_resent_one_is_accepted(pages: ConsentPages) -> None:
    _, identifier = await pages.customers.add_login("Wanda Wrong")
    browser = pages.browser()
    page = await browser.get("/dashboard/sign-in")
    assert "Enter your" in (await browser.send(page, "/sign-in", identifier="")).text
    page = await browser.send(page, "/sign-in", identifier=identifier)
    assert "Enter the 6 digits" in (await browser.send(page, "/dashboard/verify", code="12")).text
    right = await pages.code(identifier)
    wrong = "000000" if right != "000000" else "111111"
    assert "You can try 4 more times" in (await browser.send(page, "/dashboard/verify", code=wrong)).text
    before = len(await pages.messages())
    newer = await browser.send(page, "/dashboard/resend")
    assert (await browser.send(page, "/dashboard/resend")).path == newer.path
    assert len(await pages.messages()) == before + 1
    shown = await browser.send(newer, "/dashboard/verify", code=await pages.code(identifier))
    assert shown.path == "/dashboard"
    stale = await browser.send(newer, "/dashboard/verify", code="123456")
    assert stale.status == 403  # signing in has changed the session, and with it the tokens of its forms


async def test_sharing_can_be_stopped_at_a_suspended_tenant(pages: ConsentPages, arrangement_path: str) -> None:
    async with pages.application.suspended(pages.tenant):
        browser, _ = await signed_in(pages)
        done = await browser.send(await browser.get(f"{arrangement_path}/withdraw"), "/withdraw")
        assert "You have stopped sharing" in done.text
