"""Whose a flow is, and until when: browsers, tenants, forms from elsewhere, time."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from tenants.registry.models import Tenant
from tests.consent.ground import DAY, Ground, away


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
    token = page.form("/identify").entries()["form_token"][0]
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


async def test_a_flow_outlives_its_request_uri_but_not_an_hour(ground: Ground, moved_clock: Any) -> None:
    browser = ground.browser()
    page = await ground.authenticated(browser)
    moved_clock.move(timedelta(minutes=30))
    page = await browser.send(page, "/accounts", account=str(ground.home))
    assert page.path.endswith("/review")
    moved_clock.move(timedelta(minutes=31))
    assert (await browser.send(page, "/authorise")).status == 410


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
        assert shown.element("dashboard").attributes["href"] == "/dashboard"
        path = shown.html.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
        assert (await ground.browser().http.get(path)).status_code == 200
