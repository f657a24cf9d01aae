"""The consent flow through the whole application, as a scripted browser goes through it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from tenants.arrangements.tables import arrangement
from tenants.register.store import put_accreditations
from tenants.registry.models import Tenant
from tenants.registry.names import control_namespace
from tests.consent.browser import Away
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
    page = await browser.send(page, "/accounts", account=[str(ground.home), str(ground.joint)])
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
    assert "cancel" in page.ids
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


async def test_two_flows_in_one_browser_do_not_disturb_each_other(ground: Ground) -> None:
    browser = ground.browser()
    one, other = await ground.pushed(), await ground.pushed(sharing_duration=30 * DAY)
    first = await browser.get(ground.authorise_url(one))
    second = await browser.get(ground.authorise_url(other))
    first = await browser.send(first, "/identify", identifier=ground.identifier)
    code = await ground.code()
    second = await browser.send(second, "/identify", identifier=ground.identifier)
    first = await browser.send(first, "/verify", code=code)
    second = await browser.send(second, "/verify", code=await ground.code())
    first = await browser.send(first, "/accounts", account=str(ground.home))
    second = await browser.send(second, "/accounts", account=str(ground.joint))
    assert "90 days" in first.text
    assert "30 days" in second.text
    for page, flow in ((second, other), (first, one)):
        claims = await ground.response(await away(browser.send(page, "/authorise")))
        assert claims["state"] == flow.state


async def test_a_browser_that_goes_through_many_flows_keeps_few_cookies(ground: Ground) -> None:
    browser = ground.browser()
    for _ in range(25):
        page = await browser.get(ground.authorise_url(await ground.pushed()))
    names = [name for name in browser.http.cookies if name.startswith("__Host-flow-")]
    assert len(names) == 20
    assert (await browser.send(page, "/identify", identifier=ground.identifier)).path.endswith("/verify")
    answer = await browser.post(page, "/cancel")
    assert "max-age=120" in answer.headers["set-cookie"].lower()


async def test_a_flow_is_one_browsers_and_a_new_visit_takes_it(ground: Ground) -> None:
    mine, theirs = ground.browser(), ground.browser()
    flow = await ground.pushed()
    page = await ground.identified(mine, flow)
    assert (await theirs.get(page.url)).status == 403
    theirs.http.cookies.set(next(iter(mine.http.cookies)), "guess")
    assert (await theirs.get(page.url)).status == 403
    taken = await theirs.get(ground.authorise_url(flow))  # before authentication a second visit starts again
    assert taken.path.endswith("/identify")
    assert (await mine.get(page.url)).status == 403


async def test_forms_from_elsewhere_are_refused(ground: Ground) -> None:
    browser = ground.browser()
    page = await browser.get(ground.authorise_url(await ground.pushed()))
    token = dict(page.form("/identify").fields)["form_token"]
    body = {"identifier": ground.identifier, "form_token": token}
    path = page.form("/identify").action
    for headers, fields in (
        ({}, {**body, "form_token": "0" * 64}),
        ({}, {"identifier": ground.identifier}),
        ({"Origin": "https://evil.test"}, body),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, body),
        ({"Sec-Fetch-Site": "same-site"}, body),
    ):
        answer = await browser.http.post(path, data=fields, headers=headers)
        assert answer.status_code == 403, headers
        assert "form" in answer.text
    assert (await browser.http.post(path, json=body)).status_code == 403
    assert (await browser.http.post(path, data=body)).status_code == 303


async def test_another_tenants_cookie_is_refused(ground: Ground, neighbour: Tenant) -> None:
    browser = ground.browser()
    page = await browser.get(ground.authorise_url(await ground.pushed()))
    stranger = ground.browser(neighbour)
    for name, value in browser.http.cookies.items():
        stranger.http.cookies.set(name, value)
    shown = await stranger.get(page.path)
    assert shown.status == 403


async def test_a_dashboard_session_never_stands_in_for_consent(ground: Ground) -> None:
    browser = ground.browser()
    page = await browser.get("/dashboard/sign-in")
    page = await browser.send(page, "/sign-in", identifier=ground.identifier)
    page = await browser.send(page, "/dashboard/verify", code=await ground.code())
    assert page.path == "/dashboard"
    assert (await browser.get(ground.authorise_url(await ground.pushed()))).path.endswith("/identify")


async def test_a_dashboard_code_does_not_authorise(ground: Ground) -> None:
    browser = ground.browser()
    page = await ground.identified(browser)
    right = await ground.code()
    dashboard = await browser.get("/dashboard/sign-in")
    await browser.send(dashboard, "/sign-in", identifier=ground.identifier)
    other = await ground.code()
    assert other != right
    assert "That code is not right" in (await browser.send(page, "/verify", code=other)).text


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
    assert "continue" not in page.ids
    assert (await ground.response(await away(browser.send(page, "/cancel"))))["error"] == "access_denied"


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
    claims = await ground.response(await away(browser.send(page, "/authorise")))
    amended = await ground.recipient.exchange(claims["code"], flow)
    assert amended.cdr_arrangement_id == tokens.cdr_arrangement_id


async def test_an_arrangement_of_somebody_else_cannot_be_amended(ground: Ground) -> None:
    tokens = await ground.consented(ground.browser())
    _, identifier = await ground.people.login("Eve Else")
    browser = ground.browser()
    page = await browser.get(ground.authorise_url(await ground.pushed(cdr_arrangement_id=tokens.cdr_arrangement_id)))
    page = await browser.send(page, "/identify", identifier=identifier)
    claims = await ground.response(await away(browser.send(page, "/verify", code=await ground.code(identifier))))
    assert claims["error"] == "invalid_request"


async def test_a_flow_outlives_its_request_uri_but_not_an_hour(ground: Ground, moved_clock: Any) -> None:
    browser = ground.browser()
    page = await ground.authenticated(browser)
    moved_clock.move(timedelta(minutes=30))
    page = await browser.send(page, "/accounts", account=str(ground.home))
    assert page.path.endswith("/review")
    moved_clock.move(timedelta(minutes=31))
    assert (await browser.send(page, "/authorise")).status == 410


async def test_the_recipients_accreditation_number_is_told_once_the_register_has_said_it(ground: Ground) -> None:
    services, tenant = ground.world.services, ground.tenant
    page = await ground.reviewed(ground.browser())
    assert "accredited data recipient" in page.text
    assert "accreditation-number" not in page.ids
    async with services.database.transaction(control_namespace(services.settings)) as tx:
        await put_accreditations(tx, tenant.register_environment.id, {"entity": "ADR000777"}, ground.world.now)
    page = await ground.reviewed(ground.browser())
    assert "accredited data recipient ADR000777" in page.text
    assert page.ids["accreditation"]["href"].startswith("https://www.cdr.gov.au/")


async def test_no_identifier_says_so(ground: Ground) -> None:
    browser = ground.browser()
    page = await browser.get(ground.authorise_url(await ground.pushed()))
    shown = await browser.send(page, "/identify", identifier="  ")
    assert "Enter your email address." in shown.text
    assert 'href="#identifier"' in shown.html
    assert "Error:" in shown.text


async def test_what_a_page_says_never_comes_from_its_address(ground: Ground) -> None:
    browser = ground.browser()
    page = await browser.get(ground.authorise_url(await ground.pushed()))
    shown = await browser.get(f"{page.path}?problem=<script>alert(1)</script>&choose=all")
    assert (shown.status, "alert(1)" in shown.html) == (200, False)


async def test_a_suspended_tenant_shows_a_page(ground: Ground, deployment: Any) -> None:
    async with ground.suspended(deployment):
        shown = await ground.browser().get(f"/flow/{uuid4().hex}/identify")
        assert (shown.status, shown.headers["retry-after"]) == (503, "5")
        assert "Data sharing is paused" in shown.text
        assert shown.ids["dashboard"]["href"] == "/dashboard"
        path = shown.html.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
        assert (await ground.browser().http.get(path)).status_code == 200


async def test_away_is_raised_only_for_another_origin(ground: Ground) -> None:
    with pytest.raises(Away):
        browser = ground.browser()
        page = await browser.get(ground.authorise_url(await ground.pushed()))
        await browser.send(page, "/cancel")
