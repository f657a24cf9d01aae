"""Which browser a flow belongs to, how long it lasts, and which forms it accepts."""

from datetime import timedelta
from uuid import uuid4

from haas.clock import MovableClock
from tenants.registry.models import Tenant
from tests.support.consent_pages import ConsentPages, away, response_claims
from tests.support.consents import DAY


async def test_two_flows_in_one_browser_are_independent(pages: ConsentPages) -> None:
    browser = pages.browser()
    one, other = await pages.pushed(), await pages.pushed(sharing_duration=30 * DAY)
    first = await browser.get(pages.authorise_url(one))
    second = await browser.get(pages.authorise_url(other))
    first = await browser.send(first, "/identify", identifier=pages.mia.identifier)
    code = await pages.code()
    second = await browser.send(second, "/identify", identifier=pages.mia.identifier)
    first = await browser.send(first, "/verify", code=code)
    second = await browser.send(second, "/verify", code=await pages.code())
    first = await browser.send(first, "/accounts", account=str(pages.mia.home))
    second = await browser.send(second, "/accounts", account=str(pages.mia.joint))
    assert "90 days" in first.text
    assert "30 days" in second.text
    for page, flow in ((second, other), (first, one)):
        claims = response_claims(await away(browser.send(page, "/authorise")))
        assert claims["state"] == flow.state


async def test_a_browser_has_at_most_twenty_flow_cookies(pages: ConsentPages) -> None:
    browser = pages.browser()
    for _ in range(25):
        page = await browser.get(pages.authorise_url(await pages.pushed()))
    names = [name for name in browser.http.cookies if name.startswith("__Host-flow-")]
    assert len(names) == 20
    assert (await browser.send(page, "/identify", identifier=pages.mia.identifier)).path.endswith("/verify")


async def test_a_form_from_another_site_or_without_its_form_token_is_refused(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await browser.get(pages.authorise_url(await pages.pushed()))
    token = page.form("/identify").entries()["form_token"][0]
    body = {"identifier": pages.mia.identifier, "form_token": token}
    path = page.form("/identify").action
    for headers, fields in (
        ({}, {**body, "form_token": "0" * 64}),
        ({}, {"identifier": pages.mia.identifier}),
        ({"Origin": "https://evil.test"}, body),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, body),
        ({"Sec-Fetch-Site": "same-site"}, body),
    ):
        answer = await browser.http.post(path, data=fields, headers=headers)
        assert answer.status_code == 403, headers
        assert "form" in answer.text
    assert (await browser.http.post(path, json=body)).status_code == 403
    assert (await browser.http.post(path, data=body)).status_code == 303


async def test_a_flow_cookie_is_refused_at_another_tenant(pages: ConsentPages, neighbour: Tenant) -> None:
    browser = pages.browser()
    page = await browser.get(pages.authorise_url(await pages.pushed()))
    stranger = pages.browser(neighbour)
    for name, value in browser.http.cookies.items():
        stranger.http.cookies.set(name, value)
    assert (await stranger.get(page.path)).status == 403
    assert (await browser.get(page.path)).status == 200


async def test_a_dashboard_session_does_not_replace_authentication_in_the_flow(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await browser.get("/dashboard/sign-in")
    page = await browser.send(page, "/sign-in", identifier=pages.mia.identifier)
    page = await browser.send(page, "/dashboard/verify", code=await pages.code())
    assert page.path == "/dashboard"
    assert (await browser.get(pages.authorise_url(await pages.pushed()))).path.endswith("/identify")


async def test_a_one_time_password_for_the_dashboard_is_refused_in_the_flow(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await pages.identified(browser)
    right = await pages.code()
    dashboard = await browser.get("/dashboard/sign-in")
    await browser.send(dashboard, "/sign-in", identifier=pages.mia.identifier)
    other = await pages.code()
    assert other != right
    assert "That code is not right" in (await browser.send(page, "/verify", code=other)).text


async def test_a_flow_expires_after_one_hour_and_not_with_its_request_uri(
    pages: ConsentPages, clock: MovableClock
) -> None:
    browser = pages.browser()
    page = await pages.authenticated(browser)
    clock.move(timedelta(minutes=30))
    page = await browser.send(page, "/accounts", account=str(pages.mia.home))
    assert page.path.endswith("/review")
    clock.move(timedelta(minutes=31))
    assert (await browser.send(page, "/authorise")).status == 410


async def test_text_from_the_query_is_not_shown_on_the_page(pages: ConsentPages) -> None:
    browser = pages.browser()
    page = await browser.get(pages.authorise_url(await pages.pushed()))
    shown = await browser.get(f"{page.path}?problem=<script>alert(1)</script>&choose=all")
    assert (shown.status, "alert(1)" in shown.html) == (200, False)


async def test_html_in_names_is_shown_as_text(pages: ConsentPages) -> None:
    """The pages of the flow have no `form-action`, so that nobody may insert a form (decision 0020)."""
    markup = '"><form action="https://evil.test"><input name="x">'
    login_id, identifier = await pages.customers.add_login("Mark Up")
    await pages.customers.add_customer("Mark Up", login_id)
    company = await pages.customers.add_customer(
        f"Company {markup}", login_id, kind="organisation", role="nominated-representative"
    )
    account = await pages.customers.add_account(f"Home {markup}", company)
    browser = pages.browser()
    customer = await pages.authenticated(browser, identifier=identifier)
    accounts = await browser.send(customer, "/customer", customer=str(company))
    review = await browser.send(accounts, "/accounts", account=str(account))
    for page in (customer, accounts, review):
        assert markup in page.text
        assert {form.action.partition("?")[0].rpartition("/")[0] for form in page.forms} == {
            page.path.rpartition("/")[0]
        }


async def test_a_suspended_tenant_answers_503_with_an_html_page(pages: ConsentPages) -> None:
    async with pages.application.suspended(pages.tenant):
        shown = await pages.browser().get(f"/flow/{uuid4().hex}/identify")
        assert (shown.status, shown.headers["retry-after"]) == (503, "5")
        assert "Data sharing is paused" in shown.text
        assert shown.element("dashboard").attributes["href"] == "/dashboard"
        path = shown.html.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
        assert (await pages.browser().http.get(path)).status_code == 200
