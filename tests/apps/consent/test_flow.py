"""The consent flow through the whole application, as a scripted browser goes through it."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from haas.clock import MovableClock
from tenants.accounts.models import DisclosureRefusal, Ineligibility
from tenants.accounts.service import market_day
from tenants.accounts.store import insert_decision
from tenants.arrangements.tables import arrangement
from tenants.calls.tables import refused_day
from tenants.register.store import put_accreditations
from tenants.registry.names import control_namespace
from tests.support.clients import load_client
from tests.support.consent_pages import SCOPE, ConsentPages, away, response_claims
from tests.support.consents import DAY, response_of
from tests.support.rows import count, execute, run
from tests.support.served import serve, serve_nothing_with


async def test_a_person_goes_through_every_step_and_the_recipient_gets_tokens(pages: ConsentPages) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    page = await browser.get(pages.authorise_url(flow))
    assert page.path.endswith("/identify")
    assert "Step 1 of 4" in page.text
    assert "Mock Software" in page.text
    assert "password" in page.text  # CDS, Common Authentication Standards, Passwords
    page = await browser.send(page, "/identify", identifier=f" {pages.mia.identifier.upper()} ")
    assert page.path.endswith("/verify")
    assert "10 minutes after we sent it" in page.text  # CDS, OTP Expiry
    page = await browser.send(page, "/verify", code=await pages.code())
    assert page.path.endswith("/accounts")
    assert "Sharing is turned off for this joint account" in page.text
    assert "has not given you permission" in page.text
    assert "Joint account. The other account holders may be told" in page.text  # CDS, Joint Account Alerts
    page = await browser.send(page, "/accounts", account=[str(pages.mia.home), str(pages.mia.joint)])
    assert "The other account holders may be told that you share it." in page.element("accounts").text
    assert "Stop sharing under “Data sharing” on our website" in page.text  # CDR Rules 4.23
    assert page.path.endswith("/review")
    for text in (
        "Full name and title(s)", "Name and occupation", "Accounts and plans", "Account and plan details",
        "90 days", "Home", "Beach house", "other account holders may be told",
        "You can stop at any time", "Mock Company Pty Ltd",
    ):  # fmt: skip
        assert text in page.text, text
    assert "history" not in page.elements
    url = (await browser.post(page, "/authorise")).headers["location"]
    assert url.startswith(flow.redirect_uri)
    code = await pages.recipient.read_response(response_of(url), flow)
    tokens = await pages.recipient.exchange(code, flow)
    assert tokens.refresh_token is not None
    assert tokens.id_claims["acr"] == "urn:cds.au:cdr:2"


async def test_pages_have_security_headers_and_are_not_cached(pages: ConsentPages) -> None:
    page = await pages.browser().get(pages.authorise_url(await pages.pushed()))
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action" not in policy  # decision 0020
    assert "frame-ancestors 'none'" in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_no_response_of_the_flow_has_a_cross_origin_opener_policy(pages: ConsentPages) -> None:
    """With this header, even on a redirect, the recipient's page would lose its reference to the window of the flow."""
    browser, flow = pages.browser(), await pages.pushed()
    page = await pages.reviewed(browser, flow)
    step = await browser.http.get(page.url)
    visit = await browser.http.get(pages.authorise_url(await pages.pushed()))
    unknown = await browser.http.get(page.url.replace("/review", "/nowhere"))
    authorised = await browser.post(page, "/authorise")
    ended = await browser.http.get(page.url)
    refused = await browser.http.get("/authorise?client_id=nobody")
    answers = (step, visit, unknown, authorised, ended, refused)
    assert [answer.status_code for answer in answers] == [200, 303, 404, 303, 410, 400]
    assert [answer for answer in answers if "cross-origin-opener-policy" in answer.headers] == []


@pytest.mark.parametrize("path", ["/dashboard/sign-in", "/dashboard/nowhere", "/nowhere"])
async def test_pages_outside_the_flow_have_opener_and_form_action_policies(pages: ConsentPages, path: str) -> None:
    answer = await pages.browser().http.get(path)
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "form-action 'self'" in answer.headers["content-security-policy"]


async def test_the_stylesheet_is_cached_at_its_current_address_and_not_at_an_old_one(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await browser.get(pages.authorise_url(await pages.pushed()))
    path = page.html.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    current = await browser.http.get(path)
    assert current.headers["content-type"].startswith("text/css")
    assert "immutable" in current.headers["cache-control"]
    stale = await browser.http.get("/theme/0123456789abcdef.css")
    assert (stale.status_code, stale.headers["cache-control"]) == (200, "no-cache")


async def test_the_logo_is_an_svg_image_with_a_sandbox_policy(pages: ConsentPages) -> None:
    logo = await pages.browser().http.get("/logo.svg")
    assert logo.status_code == 200
    assert logo.headers["content-type"].startswith("image/svg+xml")
    assert logo.text.startswith("<svg ")
    assert "sandbox" in logo.headers["content-security-policy"]


@pytest.mark.parametrize("step", ["identify", "verify", "accounts", "review"])
async def test_cancelling_at_any_step_ends_the_flow_with_access_denied(pages: ConsentPages, step: str) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    page = await browser.get(pages.authorise_url(flow))
    if step != "identify":
        page = await browser.send(page, "/identify", identifier=pages.mia.identifier)
    if step in {"accounts", "review"}:
        page = await browser.send(page, "/verify", code=await pages.code())
    if step == "review":
        page = await browser.send(page, "/accounts", account=str(pages.mia.home))
    assert page.path.endswith(f"/{step}")
    assert "cancel" in page.elements
    for _ in range(2):
        claims = response_claims(await away(browser.send(page, "/cancel")))
        assert (claims["error"], claims["state"]) == ("access_denied", flow.state)
    over = await browser.get(page.url)
    assert over.status == 410
    assert (await browser.get(pages.authorise_url(flow))).status == 410  # the request_uri is spent


async def test_two_authorise_forms_at_once_give_one_code_and_one_arrangement(pages: ConsentPages) -> None:
    browser, flow = pages.browser(), await pages.pushed()
    page = await pages.reviewed(browser, flow)

    database, tenant = pages.application.database, pages.tenant
    before = await count(database, tenant, arrangement)
    answers = await asyncio.gather(browser.post(page, "/authorise"), browser.post(page, "/authorise"))
    codes = {(response_claims(answer.headers["location"]))["code"] for answer in answers}
    assert len(codes) == 1
    assert await count(database, tenant, arrangement) == before + 1
    await pages.recipient.exchange(codes.pop(), flow)
    assert (await browser.send(page, "/authorise")).status == 410


async def test_forms_sent_twice_lead_to_the_same_step_and_send_one_message(pages: ConsentPages) -> None:
    browser = pages.browser()
    first = await browser.get(pages.authorise_url(await pages.pushed()))
    before = len(await pages.messages())
    page = await browser.send(first, "/identify", identifier=pages.mia.identifier)
    again = await browser.send(first, "/identify", identifier=pages.mia.identifier)
    assert page.path == again.path
    assert len(await pages.messages()) == before + 1
    code = await pages.code()
    accounts = await browser.send(page, "/verify", code=code)
    assert (await browser.send(page, "/verify", code=code)).path == accounts.path
    review = await browser.send(accounts, "/accounts", account=str(pages.mia.home))
    assert (await browser.send(accounts, "/accounts", account=str(pages.mia.joint))).path == review.path
    assert "Beach house" in (await browser.get(review.url)).text


async def test_a_request_for_another_step_is_redirected_to_the_current_step(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await pages.identified(browser)
    base = page.path.rsplit("/", 1)[0]
    assert (await browser.get(f"{base}/identify")).path == page.path
    assert (await browser.get(f"{base}/review")).path == page.path
    assert (await browser.get(f"{base}/resend")).path == page.path
    page = await browser.send(page, "/verify", code=await pages.code())
    assert (await browser.get(f"{base}/verify")).path == page.path
    page = await browser.send(page, "/accounts", account=str(pages.mia.home))
    changing = await browser.get(f"{base}/accounts")
    assert changing.path.endswith("/accounts")  # accounts can be chosen again until the end
    assert f'value="{pages.mia.home}" checked' in changing.html
    assert (await browser.get(f"{base}/nowhere")).status == 404


async def test_choosing_no_account_or_an_unavailable_one_shows_an_error_on_the_page(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await pages.authenticated(browser)
    for chosen in ([], [str(uuid4())], ["nonsense"], [str(pages.mia.home), str(uuid4())]):
        shown = await browser.send(page, "/accounts", account=chosen)
        assert shown.path.endswith("/accounts")
        assert "Choose at least one account." in shown.text
        assert 'href="#account-1"' in shown.html


@pytest.mark.parametrize("of_whom", ["account", "customer", "customer for the account", "other holder"])
async def test_who_is_not_eligible_cannot_choose_the_account(pages: ConsentPages, of_whom: str) -> None:
    """K-1: at the account step, from the first day of the period to the last."""
    customers, now = pages.customers, pages.application.now
    login_id, identifier = await customers.add_login("Uma Young")
    uma = await customers.add_customer("Uma Young", login_id)
    other = await customers.add_customer("Otto Old", (await customers.add_login("Otto Old"))[0])
    home = await customers.add_account("Home", uma)
    plant = await customers.add_account("Plant", uma, other, role="joint-holder")
    subjects: dict[str, dict[str, Any]] = {
        "account": {"account_id": plant},
        "customer": {"customer_id": uma},
        "customer for the account": {"customer_id": uma, "account_id": plant},
        "other holder": {"customer_id": other},
    }
    today = market_day(now)
    period = Ineligibility(
        id=uuid4(), **subjects[of_whom], reason="under-age", valid_from=today, valid_to=today, set_by="import"
    )
    await run(pages.application.database, pages.tenant, insert_decision, period)
    page = await pages.authenticated(browser := pages.browser(), identifier=identifier)
    assert "Data of this account cannot be shared under the Consumer Data Right." in page.text
    assert f'value="{plant}"' not in page.html
    if of_whom == "customer":
        assert "No account can be shared" in page.text
        assert "continue" not in page.elements
        assert (await browser.send(page, "/accounts", account=str(home))).path.endswith("/accounts")
    else:
        assert (await browser.send(page, "/accounts", account=[str(home), str(plant)])).path.endswith("/accounts")
        assert (await browser.send(page, "/accounts", account=str(home))).path.endswith("/review")


async def test_an_authorisation_that_the_holder_does_not_ask_for_is_counted(pages: ConsentPages) -> None:
    """K-36, CDR Rules 4.7, 9.4: once for each reason, however often the page with the accounts is shown."""
    login_id, identifier = await pages.customers.add_login("Robin Vale")
    customer_id = await pages.customers.add_customer("Robin Vale", login_id)
    accounts = [await pages.customers.add_account(name, customer_id) for name in ("Home", "Shed", "Farm")]
    database, now = pages.application.database, pages.application.now
    decided = {"reason": "account-suspended", "rule": "4.7(1)(c)", "refused_by": "staff", "since": now}
    for account_id in accounts[1:]:
        made = DisclosureRefusal(id=uuid4(), account_id=account_id, **decided)
        await run(database, pages.tenant, insert_decision, made)
    page = await pages.authenticated(browser := pages.browser(), identifier=identifier)
    await browser.get(page.path)
    counts = refused_day.select().where(refused_day.c.request == "authorisation")
    [row] = await execute(database, pages.tenant, counts)
    assert (row.reason, row.rule, row.arrangement_id, row.calls) == ("account-suspended", "4.7(1)(c)", None, 1)


async def test_a_once_only_consent_without_account_scopes_skips_the_account_step(pages: ConsentPages) -> None:
    browser = pages.browser()
    flow = await pages.pushed("openid common:customer.detail:read", sharing_duration=None)
    page = await pages.authenticated(browser, flow)
    assert page.path.endswith("/review")
    assert "Once only" in page.text
    assert "Name, occupation, contact details" in page.text  # the merged cluster of the basic and the detailed scope
    claims = response_claims(await away(browser.send(page, "/authorise")))
    tokens = await pages.recipient.exchange(claims["code"], flow)
    assert tokens.refresh_token is None


async def test_a_person_who_acts_for_several_customers_must_choose_one(pages: ConsentPages) -> None:
    login_id, identifier = await pages.customers.add_login("Sacha Moreau")
    await pages.customers.add_customer("Sacha Moreau", login_id)
    firm = await pages.customers.add_customer(
        "Waratah Bakery Pty Ltd", login_id, kind="organisation", role="nominated-representative"
    )
    shop = await pages.customers.add_account("Shop", firm)
    browser = pages.browser()
    page = await pages.authenticated(browser, identifier=identifier)
    assert page.path.endswith("/customer")
    assert "Choose whose data" in (await browser.send(page, "/customer")).text
    assert "Choose whose data" in (await browser.send(page, "/customer", customer=str(pages.mia.customer_id))).text
    page = await browser.send(page, "/customer", customer=str(firm))
    assert "Waratah Bakery" in page.text
    page = await browser.send(page, "/accounts", account=str(shop))
    assert "Organisation profile" in page.text
    assert "it is about you, the person who has signed in, not about Waratah Bakery" in page.text
    back = await browser.get(page.path.replace("/review", "/customer"))
    assert back.path.endswith("/customer")


@pytest.mark.parametrize("scope", [SCOPE, "openid profile common:customer.basic:read"], ids=["accounts", "no accounts"])
async def test_a_customer_without_open_accounts_can_only_cancel(pages: ConsentPages, scope: str) -> None:
    """K-1: also if the requested data belongs to no account."""
    login_id, identifier = await pages.customers.add_login("Ned Gone")
    gone = await pages.customers.add_customer("Ned Gone", login_id)
    await pages.customers.add_account("Left", gone, open_status="CLOSED")
    browser = pages.browser()
    page = await pages.authenticated(browser, identifier=identifier, scope=scope)
    assert "No account can be shared" in page.text
    assert "continue" not in page.elements
    assert (response_claims(await away(browser.send(page, "/cancel"))))["error"] == "access_denied"


async def test_accounts_without_a_name_are_shown_with_their_number_or_opening_date(pages: ConsentPages) -> None:
    login_id, identifier = await pages.customers.add_login("Noor Nameless")
    someone = await pages.customers.add_customer("Noor Nameless", login_id)
    await pages.customers.add_account("", someone, display_name=None, account_number="61004401")
    opened = {"account_number": None, "creation_date": date(2019, 3, 3)}
    await pages.customers.add_account("", someone, display_name=None, **opened)
    browser = pages.browser()
    page = await pages.authenticated(browser, identifier=identifier)
    assert "Energy account ending in 4401" in page.text
    assert "Energy account opened 3 March 2019" in page.text


async def test_an_amendment_preselects_the_accounts_and_marks_the_changes(pages: ConsentPages) -> None:
    tokens = await pages.consented(pages.browser())
    browser = pages.browser()
    flow = await pages.pushed(
        "openid profile common:customer.basic:read common:customer.detail:read energy:accounts.basic:read",
        cdr_arrangement_id=tokens.cdr_arrangement_id,
        sharing_duration=365 * DAY,
    )
    page = await pages.authenticated(browser, flow)
    assert page.html.count(" checked") == 2
    page = await browser.send(page, "/accounts", account=str(pages.mia.home))
    assert page.title.startswith("Change what you share with Mock Software")
    assert "about you and 1 account with Mock Software until" in page.element("summary").text
    assert "You already share data with Mock Software, until" in page.element("before").text
    assert "Home ending in" in page.element("accounts").text.replace(" As before", "")
    assert "Beach house No longer shared" in page.element("accounts").text
    assert "12 months Changed" in page.text
    assert "Contact details New" in page.text
    assert "Accounts and plans New" not in page.text
    assert "Account and plan details No longer shared" in page.text
    assert "Accounts and plans As before" in page.text
    claims = response_claims(await away(browser.send(page, "/authorise")))
    amended = await pages.recipient.exchange(claims["code"], flow)
    assert amended.cdr_arrangement_id == tokens.cdr_arrangement_id


async def test_data_that_no_operation_serves_is_not_on_the_review_page(
    pages: ConsentPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_nothing_with(monkeypatch, "energy:billing:read", "energy:electricity.usage:read")
    asked = f"{SCOPE} energy:billing:read energy:electricity.usage:read"
    page = await pages.reviewed(pages.browser(), await pages.pushed(asked))
    assert "Accounts and plans" in page.text
    for text in ("Billing payments and history", "Electricity usage"):
        assert text not in page.text
    assert "history" not in page.elements


async def test_historical_data_that_is_served_is_described_with_the_time_that_it_goes_back(
    pages: ConsentPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, "energy:billing:read")
    page = await pages.reviewed(pages.browser(), await pages.pushed(f"{SCOPE} energy:billing:read"))
    assert "Billing payments and history" in page.text
    assert "Usage and billing since" in page.element("history").text


async def test_an_amendment_without_data_that_is_not_served_any_more_says_so(
    pages: ConsentPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = f"{SCOPE} energy:billing:read"
    with monkeypatch.context() as before:
        serve(before, "energy:billing:read")
        tokens = await pages.consented(pages.browser(), scope=scope)
    serve_nothing_with(monkeypatch, "energy:billing:read")
    flow = await pages.pushed(scope, cdr_arrangement_id=tokens.cdr_arrangement_id)
    page = await pages.reviewed(pages.browser(), flow)
    assert "Billing payments and history No longer shared" in page.text


async def test_an_amendment_with_the_same_duration_shows_the_later_end_as_a_change(
    pages: ConsentPages, clock: MovableClock
) -> None:
    tokens = await pages.consented(pages.browser())
    asked = {"cdr_arrangement_id": tokens.cdr_arrangement_id, "sharing_duration": 90 * DAY}
    assert "90 days As before" in (await pages.reviewed(pages.browser(), **asked)).text
    clock.move(timedelta(days=30))
    page = await pages.reviewed(pages.browser(), **asked)
    assert "90 days Changed" in page.text
    assert "Before this change: 90 days, until" in page.text


async def test_an_arrangement_of_another_customer_cannot_be_amended(pages: ConsentPages) -> None:
    tokens = await pages.consented(pages.browser())
    _, identifier = await pages.customers.add_login("Eve Else")
    browser = pages.browser()
    amending = {"cdr_arrangement_id": tokens.cdr_arrangement_id}
    claims = response_claims(await away(pages.authenticated(browser, identifier=identifier, **amending)))
    assert claims["error"] == "invalid_request"


async def test_the_accreditation_number_is_shown_when_it_is_known_from_the_register(pages: ConsentPages) -> None:
    services, tenant = pages.application.services, pages.tenant
    entity = (await load_client(services.database, tenant, pages.recipient.client_id)).recipient_id
    page = await pages.reviewed(pages.browser())
    assert "accredited data recipient" in page.text
    assert "accreditation-number" not in page.elements
    assert "accreditation" not in page.elements  # nothing leads out of the flow (K-22)
    async with services.database.transaction(control_namespace(services.settings)) as tx:
        await put_accreditations(tx, tenant.register_environment.id, {entity: "ADR000777"}, pages.application.now)
    page = await pages.reviewed(pages.browser())
    assert "accredited data recipient ADR000777" in page.text
    assert "cdr.gov.au" not in page.html


async def test_an_empty_identifier_shows_an_error_on_the_page(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await browser.get(pages.authorise_url(await pages.pushed()))
    shown = await browser.send(page, "/identify", identifier="  ")
    assert "Enter your email address." in shown.text
    assert 'href="#identifier"' in shown.html
    assert "Error:" in shown.text


async def test_invisible_characters_in_a_pasted_identifier_or_password_are_ignored(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await browser.get(pages.authorise_url(await pages.pushed()))
    invisible = await browser.send(page, "/identify", identifier="\N{ZERO WIDTH SPACE}\N{RIGHT-TO-LEFT MARK}.")
    assert "Enter your email address." in invisible.text
    page = await browser.send(page, "/identify", identifier=f"\N{LEFT-TO-RIGHT MARK}{pages.mia.identifier}.")
    code = await pages.code()
    pasted = f"\N{FIRST STRONG ISOLATE}{code[:3]}\N{NON-BREAKING HYPHEN}{code[3:]}\N{POP DIRECTIONAL ISOLATE}."
    assert (await browser.send(page, "/verify", code=pasted)).path.endswith("/accounts")


async def test_invisible_characters_pasted_at_the_dashboard_are_ignored(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await browser.get("/dashboard/sign-in")
    assert "problem=identifier-missing" in (await browser.send(page, "/sign-in", identifier="\N{WORD JOINER}")).url
    page = await browser.send(page, "/sign-in", identifier=f"{pages.mia.identifier}\N{ZERO WIDTH SPACE}.")
    assert (await browser.send(page, "/dashboard/verify", code=f"{await pages.code()}.")).path == "/dashboard"
