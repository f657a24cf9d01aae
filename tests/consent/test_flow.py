"""The consent flow through the whole application, as a scripted browser goes through it."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from tenants.arrangements.tables import arrangement
from tenants.register.store import put_accreditations
from tenants.registry.names import control_namespace
from tests.consent.ground import DAY, Ground, away
from tests.identity.conftest import response_of


async def test_a_person_goes_through_every_step_and_the_recipient_gets_tokens(ground: Ground) -> None:
    browser, flow = ground.browser(), await ground.pushed()
    page = await browser.get(ground.authorise_url(flow))
    assert page.path.endswith("/identify")
    assert "Step 1 of 4" in page.text
    assert "Mock Software" in page.text
    assert "password" in page.text  # CDS, Common Authentication Standards, Passwords
    page = await browser.send(page, "/identify", identifier=f" {ground.identifier.upper()} ")
    assert page.path.endswith("/verify")
    assert "10 minutes after we sent it" in page.text  # CDS, OTP Expiry
    page = await browser.send(page, "/verify", code=await ground.code())
    assert page.path.endswith("/accounts")
    assert "Sharing is turned off for this joint account" in page.text
    assert "has not given you permission" in page.text
    assert "Joint account. The other account holders may be told" in page.text  # CDS, Joint Account Alerts
    page = await browser.send(page, "/accounts", account=[str(ground.home), str(ground.joint)])
    assert "The other account holders may be told that you share data from it." in page.text
    assert "Stop sharing under “Data sharing” on our website" in page.text  # CDR Rules 4.23
    assert page.path.endswith("/review")
    for text in (
        "Full name and title(s)", "Name and occupation", "Accounts and plans", "Account and plan details",
        "Billing payments and history", "90 days", "Home", "Beach house", "other account holders may be told",
        "You can stop at any time", "Mock Company Pty Ltd",
    ):  # fmt: skip
        assert text in page.text, text
    url = (await browser.post(page, "/authorise")).headers["location"]
    assert url.startswith(flow.redirect_uri)
    code = await ground.recipient.read_response(response_of(url), flow)
    tokens = await ground.recipient.exchange(code, flow)
    assert tokens.refresh_token is not None
    assert tokens.id_claims["acr"] == "urn:cds.au:cdr:2"


async def test_pages_carry_their_headers_and_keep_nothing(ground: Ground) -> None:
    page = await ground.browser().get(ground.authorise_url(await ground.pushed()))
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' https://any.recipients.test;" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_the_stylesheet_is_kept_for_as_long_as_it_is_the_same(ground: Ground) -> None:
    browser = ground.browser()
    page = await browser.get(ground.authorise_url(await ground.pushed()))
    path = page.html.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    kept = await browser.http.get(path)
    assert kept.headers["content-type"].startswith("text/css")
    assert "immutable" in kept.headers["cache-control"]
    stale = await browser.http.get("/theme/0123456789abcdef.css")
    assert (stale.status_code, stale.headers["cache-control"]) == (200, "no-cache")


async def test_the_logo_that_the_register_names_is_an_image_that_can_do_nothing(ground: Ground) -> None:
    logo = await ground.browser().http.get("/logo.svg")
    assert logo.status_code == 200
    assert logo.headers["content-type"].startswith("image/svg+xml")
    assert logo.text.startswith("<svg ")
    assert "sandbox" in logo.headers["content-security-policy"]


@pytest.mark.parametrize("step", ["identify", "verify", "accounts", "review"])
async def test_cancelling_anywhere_is_access_denied_and_stays_so(ground: Ground, step: str) -> None:
    browser, flow = ground.browser(), await ground.pushed()
    page = await browser.get(ground.authorise_url(flow))
    if step != "identify":
        page = await browser.send(page, "/identify", identifier=ground.identifier)
    if step in {"accounts", "review"}:
        page = await browser.send(page, "/verify", code=await ground.code())
    if step == "review":
        page = await browser.send(page, "/accounts", account=str(ground.home))
    assert page.path.endswith(f"/{step}")
    assert "cancel" in page.elements
    for _ in range(2):
        claims = await ground.response(await away(browser.send(page, "/cancel")))
        assert (claims["error"], claims["state"]) == ("access_denied", flow.state)
    over = await browser.get(page.url)
    assert over.status == 410
    assert (await browser.get(ground.authorise_url(flow))).status == 410  # the request_uri is spent


async def test_the_authorisation_sent_twice_has_one_code_and_one_arrangement(ground: Ground) -> None:
    browser, flow = ground.browser(), await ground.pushed()
    page = await ground.reviewed(browser, flow)

    async def count() -> int:
        async with ground.world.services.database.transaction(ground.tenant.namespace) as tx:
            found: int = (await tx.execute(select(func.count()).select_from(arrangement))).scalar_one()
            return found

    before = await count()
    answers = await asyncio.gather(browser.post(page, "/authorise"), browser.post(page, "/authorise"))
    codes = {(await ground.response(answer.headers["location"]))["code"] for answer in answers}
    assert len(codes) == 1
    assert await count() == before + 1
    await ground.recipient.exchange(codes.pop(), flow)
    assert (await browser.send(page, "/authorise")).status == 410


async def test_forms_sent_twice_lead_to_the_same_step_and_send_one_code(ground: Ground) -> None:
    browser = ground.browser()
    first = await browser.get(ground.authorise_url(await ground.pushed()))
    before = len(await ground.messages())
    page = await browser.send(first, "/identify", identifier=ground.identifier)
    again = await browser.send(first, "/identify", identifier=ground.identifier)
    assert page.path == again.path
    assert len(await ground.messages()) == before + 1
    code = await ground.code()
    accounts = await browser.send(page, "/verify", code=code)
    assert (await browser.send(page, "/verify", code=code)).path == accounts.path
    review = await browser.send(accounts, "/accounts", account=str(ground.home))
    assert (await browser.send(accounts, "/accounts", account=str(ground.joint))).path == review.path
    assert "Beach house" in (await browser.get(review.url)).text


async def test_back_leads_to_the_step_whose_turn_it_is(ground: Ground) -> None:
    browser = ground.browser()
    page = await ground.identified(browser)
    base = page.path.rsplit("/", 1)[0]
    assert (await browser.get(f"{base}/identify")).path == page.path
    assert (await browser.get(f"{base}/review")).path == page.path
    assert (await browser.get(f"{base}/resend")).path == page.path
    page = await browser.send(page, "/verify", code=await ground.code())
    assert (await browser.get(f"{base}/verify")).path == page.path
    page = await browser.send(page, "/accounts", account=str(ground.home))
    changing = await browser.get(f"{base}/accounts")
    assert changing.path.endswith("/accounts")  # accounts can be chosen again until the end
    assert f'value="{ground.home}" checked' in changing.html
    assert (await browser.get(f"{base}/nowhere")).status == 404


async def test_no_accounts_chosen_or_ones_that_cannot_be_say_so(ground: Ground) -> None:
    browser = ground.browser()
    page = await ground.authenticated(browser)
    unavailable = page.text.count("cannot be shared")
    assert unavailable == 0
    for chosen in ([], [str(uuid4())], ["nonsense"], [str(ground.home), str(uuid4())]):
        shown = await browser.send(page, "/accounts", account=chosen)
        assert shown.path.endswith("/accounts")
        assert "Choose at least one account." in shown.text
        assert 'href="#account-1"' in shown.html
    everything = await browser.get(f"{page.path}?choose=all")
    assert everything.html.count(" checked") == 3


async def test_once_off_and_no_accounts_needed(ground: Ground) -> None:
    browser = ground.browser()
    flow = await ground.pushed("openid common:customer.detail:read", sharing_duration=None)
    page = await ground.authenticated(browser, flow)
    assert page.path.endswith("/review")
    assert "Once only" in page.text
    assert "Name, occupation, contact details" in page.text  # the merged language, asked for alone
    claims = await ground.response(await away(browser.send(page, "/authorise")))
    tokens = await ground.recipient.exchange(claims["code"], flow)
    assert tokens.refresh_token is None


async def test_whoever_acts_for_several_customers_chooses_one(ground: Ground) -> None:
    login_id, identifier = await ground.people.login("Sacha Moreau")
    await ground.people.customer("Sacha Moreau", login_id)
    firm = await ground.people.customer(
        "Waratah Bakery Pty Ltd", login_id, kind="organisation", role="nominated-representative"
    )
    shop = await ground.people.account("Shop", firm)
    browser = ground.browser()
    page = await browser.get(ground.authorise_url(await ground.pushed()))
    page = await browser.send(page, "/identify", identifier=identifier)
    page = await browser.send(page, "/verify", code=await ground.code(identifier))
    assert page.path.endswith("/customer")
    assert "Choose whose data" in (await browser.send(page, "/customer")).text
    assert "Choose whose data" in (await browser.send(page, "/customer", customer=str(ground.customer_id))).text
    page = await browser.send(page, "/customer", customer=str(firm))
    assert "Waratah Bakery" in page.text
    page = await browser.send(page, "/accounts", account=str(shop))
    assert "Organisation profile" in page.text
    assert "it is about you, not about Waratah Bakery" in page.text
    back = await browser.get(page.path.replace("/review", "/customer"))
    assert back.path.endswith("/customer")


async def test_a_customer_without_open_accounts_cannot_share(ground: Ground) -> None:
    login_id, identifier = await ground.people.login("Ned Gone")
    gone = await ground.people.customer("Ned Gone", login_id)
    await ground.people.account("Left", gone, open_status="CLOSED")
    browser = ground.browser()
    page = await browser.get(ground.authorise_url(await ground.pushed()))
    page = await browser.send(page, "/identify", identifier=identifier)
    page = await browser.send(page, "/verify", code=await ground.code(identifier))
    assert "No account can be shared" in page.text
    assert "continue" not in page.elements
    assert (await ground.response(await away(browser.send(page, "/cancel"))))["error"] == "access_denied"


async def test_accounts_without_a_name_can_be_told_apart(ground: Ground) -> None:
    login_id, identifier = await ground.people.login("Noor Nameless")
    someone = await ground.people.customer("Noor Nameless", login_id)
    await ground.people.account("", someone, display_name=None, account_number="61004401")
    opened = {"account_number": None, "creation_date": date(2019, 3, 3)}
    await ground.people.account("", someone, display_name=None, **opened)
    browser = ground.browser()
    page = await browser.get(ground.authorise_url(await ground.pushed()))
    page = await browser.send(page, "/identify", identifier=identifier)
    page = await browser.send(page, "/verify", code=await ground.code(identifier))
    assert "Energy account ending in 4401" in page.text
    assert "Energy account opened 3 March 2019" in page.text


async def test_an_amendment_chooses_the_accounts_and_marks_what_changes(ground: Ground) -> None:
    tokens = await ground.consented(ground.browser())
    browser = ground.browser()
    flow = await ground.pushed(
        "openid profile common:customer.basic:read energy:accounts.basic:read energy:electricity.usage:read",
        cdr_arrangement_id=tokens.cdr_arrangement_id,
        sharing_duration=365 * DAY,
    )
    page = await ground.authenticated(browser, flow)
    assert page.html.count(" checked") == 2
    page = await browser.send(page, "/accounts", account=str(ground.home))
    assert "Review the change" in page.text
    assert "12 months Changed" in page.text
    assert "Electricity usage New" in page.text
    assert "Accounts and plans New" not in page.text
    assert "No longer shared: Account and plan details, Billing payments and history." in page.text
    claims = await ground.response(await away(browser.send(page, "/authorise")))
    amended = await ground.recipient.exchange(claims["code"], flow)
    assert amended.cdr_arrangement_id == tokens.cdr_arrangement_id


async def test_an_amendment_of_the_same_length_says_that_it_ends_later(ground: Ground, moved_clock: Any) -> None:
    tokens = await ground.consented(ground.browser())
    asked = {"cdr_arrangement_id": tokens.cdr_arrangement_id, "sharing_duration": 90 * DAY}
    assert "Changed" not in (await ground.reviewed(ground.browser(), **asked)).text
    moved_clock.move(timedelta(days=30))
    page = await ground.reviewed(ground.browser(), **asked)
    assert "90 days Changed" in page.text
    assert "Before this change: 90 days, until" in page.text


async def test_an_arrangement_of_somebody_else_cannot_be_amended(ground: Ground) -> None:
    tokens = await ground.consented(ground.browser())
    _, identifier = await ground.people.login("Eve Else")
    browser = ground.browser()
    page = await browser.get(ground.authorise_url(await ground.pushed(cdr_arrangement_id=tokens.cdr_arrangement_id)))
    page = await browser.send(page, "/identify", identifier=identifier)
    claims = await ground.response(await away(browser.send(page, "/verify", code=await ground.code(identifier))))
    assert claims["error"] == "invalid_request"


async def test_the_recipients_accreditation_number_is_told_once_the_register_has_said_it(ground: Ground) -> None:
    services, tenant = ground.world.services, ground.tenant
    page = await ground.reviewed(ground.browser())
    assert "accredited data recipient" in page.text
    assert "accreditation-number" not in page.elements
    async with services.database.transaction(control_namespace(services.settings)) as tx:
        await put_accreditations(tx, tenant.register_environment.id, {"entity": "ADR000777"}, ground.world.now)
    page = await ground.reviewed(ground.browser())
    assert "accredited data recipient ADR000777" in page.text
    assert page.element("accreditation").attributes["href"].startswith("https://www.cdr.gov.au/")


async def test_no_identifier_says_so(ground: Ground) -> None:
    browser = ground.browser()
    page = await browser.get(ground.authorise_url(await ground.pushed()))
    shown = await browser.send(page, "/identify", identifier="  ")
    assert "Enter your email address." in shown.text
    assert 'href="#identifier"' in shown.html
    assert "Error:" in shown.text
