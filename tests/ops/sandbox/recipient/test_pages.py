"""The recipient's pages for a person."""

import httpx
import pytest

from ops.sandbox.jose import read_unverified
from ops.sandbox.messages import Deviation
from ops.smoke.participants import Participants
from ops.stack.description import TenantDescription
from ops.stack.embedded import Stack
from tests.ops.sandbox.addresses import HOLDER, RECIPIENT
from tests.ops.sandbox.conftest import RunningSandbox, customer_identifier
from tests.ops.sandbox.faulty_holder import BRAND_ID, FaultyHolder
from tests.ops.sandbox.recipient.browsing import CHOICE, share


async def test_the_start_page_uses_the_data_language_of_the_standards(browser: httpx.AsyncClient) -> None:
    page = await browser.get(f"{RECIPIENT}/")
    assert "Aurora Energy" in page.text
    for text in ("Name, occupation, contact details", "Phone; Email address; Mail address; Residential address"):
        assert text in page.text  # CDS, Data Language Standards
    assert "we send you to your retailer’s own website" in page.text  # CDS, Consent Standards, Redirection
    assert f"form-action 'self' {HOLDER}" in page.headers["content-security-policy"]


async def test_a_person_can_share_data_fetch_it_again_and_stop_sharing(
    stack: Stack, participants: Participants, aurora: TenantDescription
) -> None:
    person, identifier = await participants.person(), customer_identifier(aurora, 6)
    await person.open(f"{stack.description.sandbox.recipient_url}/")
    assert person.page.element("brand-1").attributes["value"] == aurora.register_brand_id
    await person.press("continue")
    seen = await participants.control.newest_message()
    await person.consent(str(person.left_for), identifier, lambda: participants.control.code(identifier, seen))
    await person.open(str(person.left_for))
    assert person.page.element("state").text == "Connected"
    shared = (await person.http.get(person.page.url)).text
    for text in ("About you", "Your energy accounts", "Name, occupation, contact details, Account and plan details"):
        assert text in shared
    address = person.page.url
    await person.press("fetch")
    assert person.page.element("state").text == "Connected"
    assert "accounts" in person.page.elements
    await person.open(address)
    await person.press("stop")
    assert person.page.element("state").text == "Ended"
    ended = (await person.http.get(address)).text
    assert "You stopped sharing here" in ended
    assert "Your energy accounts" not in ended, "the data is deleted when the sharing ends"


@pytest.mark.parametrize("brand", [0, 1])
async def test_the_login_shown_on_the_pages_can_share_data(
    stack: Stack, participants: Participants, brand: int
) -> None:
    tenant, sandbox = stack.description.tenants[brand], stack.description.sandbox
    identifier = str(tenant.demonstration_login)
    person = await participants.person()
    for address in (sandbox.recipient_url, sandbox.mailbox_url):
        page = (await person.http.get(f"{address}/")).text
        assert f"{tenant.name}: <strong>{identifier}</strong>" in page
    assert f'href="{sandbox.mailbox_url}/"' in (await person.http.get(f"{sandbox.recipient_url}/")).text
    await person.open(f"{sandbox.recipient_url}/")
    sent = await person.post(person.page, "/connect", brand=tenant.register_brand_id)
    seen = await participants.control.newest_message()
    await person.consent(sent.headers["location"], identifier, lambda: participants.control.code(identifier, seen))
    await person.open(str(person.left_for))
    assert person.page.element("state").text == "Connected"
    assert "accounts" in person.page.elements


async def test_after_sharing_is_stopped_at_the_data_holder_the_page_shows_that_it_ended(
    stack: Stack, participants: Participants, aurora: TenantDescription
) -> None:
    person, identifier = await participants.person(), customer_identifier(aurora, 7)
    await person.open(f"{stack.description.sandbox.recipient_url}/")
    await person.press("continue")
    seen = await participants.control.newest_message()
    await person.consent(str(person.left_for), identifier, lambda: participants.control.code(identifier, seen))
    await person.open(str(person.left_for))
    address, arrangement_id = person.page.url, person.page.element("cdr-arrangement-id").text
    seen = await participants.control.newest_message()
    await person.sign_in(aurora.dashboard_url, identifier, lambda: participants.control.code(identifier, seen))
    await person.withdraw(aurora.dashboard_url, arrangement_id)
    await participants.control.notice(arrangement_id)
    await person.open(address)
    assert person.page.element("state").text == "Ended"
    assert "Aurora Energy told us that you stopped sharing" in (await person.http.get(address)).text


async def test_nothing_is_requested_after_the_end_of_sharing(browser: httpx.AsyncClient, holder: FaultyHolder) -> None:
    path = await share(browser, holder)
    assert "Connected" in (await browser.post(f"{RECIPIENT}{path}/fetch")).text
    assert "You stopped sharing here" in (await browser.post(f"{RECIPIENT}{path}/stop")).text
    assert holder.sent["/arrangements/revoke"][-1]["cdr_arrangement_id"] == path.rpartition("/")[2]
    requests = len(holder.headers)
    assert "Ended" in (await browser.post(f"{RECIPIENT}{path}/fetch")).text
    assert len(holder.headers) == requests
    assert "Ended" in (await browser.get(f"{RECIPIENT}/")).text


async def test_a_change_amends_the_arrangement_with_the_same_data(
    browser: httpx.AsyncClient, holder: FaultyHolder
) -> None:
    path = await share(browser, holder)
    page = await browser.get(f"{RECIPIENT}{path}/change")
    assert f"form-action 'self' {HOLDER}" in page.headers["content-security-policy"]
    sent = await browser.post(f"{RECIPIENT}{path}/change", data={"duration": "7776000"})
    assert (sent.status_code, sent.headers["location"].partition("?")[0]) == (303, f"{HOLDER}/authorise")
    first, second = (read_unverified(form["request"]).claims for form in holder.sent["/par"][-2:])
    assert second["claims"]["cdr_arrangement_id"] == path.rpartition("/")[2]
    assert (first["claims"]["sharing_duration"], second["claims"]["sharing_duration"]) == (31536000, 7776000)
    assert set(second["scope"].split()) == set(first["scope"].split())
    for wrong in ({}, {"duration": "0"}, {"duration": "1"}):
        assert (await browser.post(f"{RECIPIENT}{path}/change", data=wrong)).status_code == 400
    await browser.post(f"{RECIPIENT}{path}/stop")
    assert (await browser.post(f"{RECIPIENT}{path}/change", data={"duration": "7776000"})).status_code == 404
    assert (await browser.get(f"{RECIPIENT}/sharing/unknown/change")).status_code == 404


async def test_a_person_who_cancels_sees_that_nothing_was_shared(
    browser: httpx.AsyncClient, holder: FaultyHolder
) -> None:
    sent = await browser.post(f"{RECIPIENT}/connect", data=CHOICE)
    answer = holder.respond(sent.headers["location"], error="access_denied")
    page = await browser.get(f"{RECIPIENT}/callback?response={answer}")
    assert page.status_code == 200
    assert "You chose not to share" in page.text


async def test_a_wrong_authorisation_response_is_refused(
    sandbox: RunningSandbox, browser: httpx.AsyncClient, holder: FaultyHolder
) -> None:
    sent = await browser.post(f"{RECIPIENT}/connect", data=CHOICE)
    forged = holder.respond(sent.headers["location"], Deviation(header={"alg": "none"}))
    correct = holder.respond(sent.headers["location"])
    async with sandbox.open_http() as other_browser:
        assert (await other_browser.get(f"{RECIPIENT}/callback?response={correct}")).status_code == 404
    assert (await browser.get(f"{RECIPIENT}/callback?response={forged}")).status_code == 502
    repeated = await browser.get(f"{RECIPIENT}/callback?response={correct}")
    assert repeated.status_code == 404, "one response is accepted for each request"
    assert (await browser.get(f"{RECIPIENT}/callback?response=x")).status_code == 400
    assert (await browser.get(f"{RECIPIENT}/callback?response={'x' * 20_000}")).status_code == 400
    assert (await browser.get(f"{RECIPIENT}/sharing/unknown")).status_code == 404
    path = await share(browser, holder)
    assert (await browser.get(f"{RECIPIENT}{path}")).status_code == 200


async def test_an_incomplete_form_or_one_of_another_origin_is_refused(
    sandbox: RunningSandbox, browser: httpx.AsyncClient
) -> None:
    nothing = {"brand": BRAND_ID, "duration": "0"}
    assert (await browser.post(f"{RECIPIENT}/connect", data=nothing)).status_code == 400
    assert (await browser.post(f"{RECIPIENT}/connect", data={**CHOICE, "duration": "1"})).status_code == 400
    assert (await browser.post(f"{RECIPIENT}/connect", data={**CHOICE, "brand": "x"})).status_code == 404
    own = {"Origin": RECIPIENT}
    assert (await browser.post(f"{RECIPIENT}/connect", data=nothing, headers=own)).status_code == 400
    assert (await browser.post(f"{RECIPIENT}/connect", data=CHOICE, headers=own)).status_code == 303
    elsewhere = {"Origin": "https://evil.test"}
    assert (await browser.post(f"{RECIPIENT}/connect", data=CHOICE, headers=elsewhere)).status_code == 400
    async with sandbox.open_http() as without_cookie:
        assert "Cookies are off" in (await without_cookie.post(f"{RECIPIENT}/connect", data=CHOICE)).text


async def test_a_refused_resource_is_shown_with_its_status(browser: httpx.AsyncClient, holder: FaultyHolder) -> None:
    holder.refuses["/cds-au/v1/energy/accounts"] = (403, {"errors": [{"code": "x", "title": "t", "detail": "d"}]})
    path = await share(browser, holder)
    shown = (await browser.get(f"{RECIPIENT}{path}")).text
    assert "403" in shown
    assert "Ms Ada Lovelace" in shown
    assert "Your energy accounts" not in shown
