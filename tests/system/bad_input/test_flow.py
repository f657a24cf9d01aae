"""Requests of a browser in the consent flow and at the dashboard that are late, repeated, or from another site."""

import asyncio
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import pytest

from ops.browser.page import Page
from ops.browser.person import Person
from ops.sandbox.recipient.answers import AuthorisationRefused
from ops.smoke.participants import SCOPES
from tenants.authentication.limits import HOUR, WRONG_ANSWERS_OF_AN_IDENTIFIER
from tests.support.consents import YEAR
from tests.support.ecosystem import Ecosystem
from tests.system.bad_input.expectations import page_says

LATER_THAN_ANY_REQUEST_URI = timedelta(seconds=91)
CUSTOMER_TO_LOCK = 13


async def test_a_request_uri_can_be_opened_again_until_an_identifier_is_sent(ecosystem: Ecosystem) -> None:
    client = ecosystem.mine
    flow = await client.push(SCOPES, sharing_duration=YEAR)
    first = await (await ecosystem.person()).open(client.authorisation_url(flow))
    second = await ecosystem.at_review(client, flow, 4)
    review = second.page.url
    page_says((await first.press("cancel")).page, 403, "belongs to another browser")
    for visitor in (first, await ecosystem.person()):
        page_says((await visitor.open(client.authorisation_url(flow))).page, 410, "This request is over")
    await second.open(client.authorisation_url(flow))
    assert second.page.url == review
    tokens = await client.exchange(await client.read_response(await second.authorise(), flow), flow)
    assert await ecosystem.account_ids(client, tokens)
    page_says((await second.open(client.authorisation_url(flow))).page, 410, "You have authorised this request")


async def test_a_request_uri_cannot_be_opened_after_cancelling(ecosystem: Ecosystem) -> None:
    client = ecosystem.mine
    flow = await client.push(SCOPES)
    person = await (await ecosystem.person()).open(client.authorisation_url(flow))
    with pytest.raises(AuthorisationRefused, match="access_denied"):
        await client.read_response(await person.cancel(), flow)
    page_says((await person.open(client.authorisation_url(flow))).page, 410, "This request was cancelled")


async def test_a_flow_continues_after_its_request_uri_has_expired(ecosystem: Ecosystem) -> None:
    client = ecosystem.mine
    begun, waiting = [await client.push(SCOPES, sharing_duration=YEAR) for _ in range(2)]
    assert begun.expires_in == 90
    person = await (await ecosystem.person()).open(client.authorisation_url(begun))
    with ecosystem.later(LATER_THAN_ANY_REQUEST_URI):
        late = await (await ecosystem.person()).open(client.authorisation_url(waiting))
        page_says(late.page, 410, "has expired")
        identifier = ecosystem.identifier(4)
        read = await ecosystem.code_reader(identifier)
        await person.identify(identifier)
        await person.verify(await read())
        await (await person.choose_customer()).choose_accounts()
        tokens = await client.exchange(await client.read_response(await person.authorise(), begun), begun)
        assert await ecosystem.account_ids(client, tokens)


async def test_a_wrong_authorisation_url_gets_an_error_page(ecosystem: Ecosystem) -> None:
    client = ecosystem.mine
    flow = await client.push(SCOPES, sharing_duration=YEAR)
    right = {"client_id": client.client_id, "request_uri": flow.request_uri}
    refused = [
        ({**right, "request": client.request_object({"scope": SCOPES})}, 400),
        ({"client_id": client.client_id, "request": client.request_object({})}, 400),
        ({"client_id": client.client_id, "response_type": "code", "scope": "openid"}, 400),
        ({"client_id": client.client_id, "request_uri": "https://attacker.test/request"}, 400),
        ({"request_uri": flow.request_uri}, 400),
        ({**right, "client_id": "nobody"}, 400),
        ({**right, "client_id": ecosystem.other.client_id}, 410),
        ({**right, "request_uri": f"{flow.request_uri}x"}, 410),
    ]
    for query, status in refused:
        person = await (await ecosystem.person()).open(_authorise(ecosystem, query))
        page_says(person.page, status, {400: "cannot be used", 410: "is over"}[status])
    elsewhere = client.authorisation_url(flow).replace(ecosystem.aurora.issuer, ecosystem.banksia.issuer)
    page_says((await (await ecosystem.person()).open(elsewhere)).page, 400, "cannot be used")
    await client.exchange(await ecosystem.authorised(client, flow, 5), flow)


async def test_an_essential_acr_that_cannot_be_met_gets_a_signed_error(ecosystem: Ecosystem) -> None:
    client = ecosystem.mine
    flow = await client.push(SCOPES, acr_values=["urn:cds.au:cdr:3"])
    for _ in range(2):  # a second browser gets the error too
        person = await (await ecosystem.person()).open(client.authorisation_url(flow))
        with pytest.raises(AuthorisationRefused, match="acr") as refusal:
            await client.read_response(person.response, flow)
        assert refusal.value.error == "unmet_authentication_requirements"


async def test_two_equal_forms_at_once_have_the_effect_of_one(ecosystem: Ecosystem) -> None:
    """Two windows with the same cookies send every form at the same time."""
    client, identifier = ecosystem.mine, ecosystem.identifier(6)
    flow = await client.push(SCOPES, sharing_duration=YEAR)
    left = await (await ecosystem.person()).open(client.authorisation_url(flow))
    right = await Person(left.http).open(left.page.url)
    seen = await ecosystem.control.newest_message()
    await asyncio.gather(left.identify(identifier), right.identify(identifier))
    code = await ecosystem.control.code(identifier, seen)
    await asyncio.gather(left.verify(code), right.verify(code))
    assert left.page.url == right.page.url
    assert (left.step, right.step) == ("accounts", "accounts")
    await asyncio.gather(left.choose_accounts(), right.choose_accounts())
    responses = await asyncio.gather(left.authorise(), right.authorise())
    codes = {await client.read_response(response, flow) for response in responses}
    assert len(codes) == 1
    tokens = await client.exchange(codes.pop(), flow)
    mail = await ecosystem.control._ask("GET", "/mailbox", params={"to": identifier, "after": seen})
    assert len([message for message in mail["messages"] if message["code"]]) == 1

    person = await ecosystem.signed_in(6)
    address = f"{ecosystem.aurora.dashboard_url}/arrangements/{tokens.cdr_arrangement_id}"
    tabs = [await Person(person.http).open(f"{address}/withdraw") for _ in range(2)]
    await asyncio.gather(*(tab.press("confirm-stop") for tab in tabs))
    assert {tab.page.status for tab in tabs} == {200}
    await ecosystem.control.notice(str(tokens.cdr_arrangement_id))
    asked = {"cdr_arrangement_id": str(tokens.cdr_arrangement_id)}
    assert len((await ecosystem.control._ask("GET", "/notices", params=asked))["notices"]) == 1


async def test_a_flow_cookie_of_another_tenant_is_refused(ecosystem: Ecosystem) -> None:
    here = await ecosystem.mine.push(SCOPES, sharing_duration=YEAR)
    there = await ecosystem.elsewhere.push(SCOPES, sharing_duration=YEAR)
    mine = await (await ecosystem.person()).open(ecosystem.mine.authorisation_url(here))
    stranger = await (await ecosystem.person()).open(ecosystem.elsewhere.authorisation_url(there))
    ((strange_name, secret),) = stranger.http.cookies.items()
    ((name, _),) = mine.http.cookies.items()
    foreign_flow = stranger.page.url.replace(ecosystem.banksia.issuer, ecosystem.aurora.issuer)
    async with ecosystem.http() as http:
        for url, cookie, said in (
            (mine.page.url, f"{name}={secret}", "accept this form"),
            (mine.page.url, f"{strange_name}={secret}", "another browser"),  # no cookie of this flow
            (foreign_flow, f"{strange_name}={secret}", "accept this form"),
        ):
            page = await http.get(url, headers={"Cookie": cookie})
            page_says(Page(url, page.status_code, page.text), 403, "another browser")
            sent = await http.post(url, headers={"Cookie": cookie}, data={"identifier": ecosystem.identifier(7)})
            page_says(Page(url, sent.status_code, sent.text), 403, said)
    for person, client, flow in ((mine, ecosystem.mine, here), (stranger, ecosystem.elsewhere, there)):
        identifier = ecosystem.identifier(7, ecosystem.aurora if person is mine else ecosystem.banksia)
        read = await ecosystem.code_reader(identifier)
        await person.identify(identifier)
        await person.verify(await read())
        await (await person.choose_customer()).choose_accounts()
        await client.exchange(await client.read_response(await person.authorise(), flow), flow)


async def test_a_dashboard_cookie_of_another_tenant_is_treated_as_no_session(ecosystem: Ecosystem) -> None:
    tokens = await ecosystem.consent(ecosystem.mine, 8)
    stranger = await ecosystem.signed_in(8, ecosystem.banksia)
    cookie = "; ".join(f"{name}={value}" for name, value in stranger.http.cookies.items())
    arrangement = f"{ecosystem.aurora.dashboard_url}/arrangements/{tokens.cdr_arrangement_id}"
    sign_in = f"{urlsplit(ecosystem.aurora.dashboard_url).path}/sign-in"
    form_token = _form_token(stranger.page)
    async with ecosystem.http() as http:
        for url in (ecosystem.aurora.dashboard_url, arrangement, f"{arrangement}/withdraw"):
            response = await http.get(url, headers={"Cookie": cookie})
            assert (response.status_code, urlsplit(response.headers["location"]).path) == (303, sign_in)
        response = await http.post(
            f"{arrangement}/withdraw", headers={"Cookie": cookie}, data={"form_token": form_token}
        )
        assert (response.status_code, urlsplit(response.headers["location"]).path) == (303, sign_in)
    assert await ecosystem.account_ids(ecosystem.mine, tokens)
    owner = await ecosystem.signed_in(8)
    page_says((await owner.open(arrangement.replace(str(tokens.cdr_arrangement_id), _ZERO))).page, 404, "not found")
    await owner.withdraw(ecosystem.aurora.dashboard_url, str(tokens.cdr_arrangement_id))
    assert "stopped sharing" in owner.page.element("notice").text


async def test_a_form_that_is_malformed_or_of_another_site_is_refused(ecosystem: Ecosystem) -> None:
    flow = await ecosystem.mine.push(SCOPES, sharing_duration=YEAR)
    person = await (await ecosystem.person()).open(ecosystem.mine.authorisation_url(flow))
    url, right = person.page.url, {"form_token": _form_token(person.page), "identifier": ecosystem.identifier(8)}
    for sent in (
        {"data": {"identifier": ecosystem.identifier(8)}},
        {"data": {**right, "form_token": "0" * 64}},
        {"json": right},
        {"content": b"\xff\xfe"},
        {"data": {**right, "identifier": "nul\0"}},
        {"data": right, "headers": {"Origin": "https://attacker.test"}},
        {"data": right, "headers": {"Sec-Fetch-Site": "cross-site"}},
    ):
        response = await person.http.post(url, **sent)
        page_says(Page(url, response.status_code, response.text), 403, "could not accept this form")
    response = await person.http.post(url, data={**right, "identifier": "x" * 100_000})
    page_says(Page(url, response.status_code, response.text), 413, "Too much")
    response = await person.http.post(url, data={**right, "identifier": "x" * 20_000})
    assert response.status_code == 303, response.text
    await (await person.open(ecosystem.mine.authorisation_url(flow))).press("restart")
    read = await ecosystem.code_reader(right["identifier"])
    await person.identify(right["identifier"])
    await person.verify(await read())
    await (await person.choose_customer()).choose_accounts()
    await ecosystem.mine.exchange(await ecosystem.mine.read_response(await person.authorise(), flow), flow)


async def test_ten_wrong_one_time_passwords_lock_known_and_unknown_identifiers_with_the_same_texts(
    ecosystem: Ecosystem,
) -> None:
    """The texts on the page do not show whether the identifier exists."""
    known, unknown = ecosystem.identifier(CUSTOMER_TO_LOCK), "nobody.at.all@example.test"
    told = [await _locked_out(ecosystem, identifier) for identifier in (known, unknown)]
    assert told[0] == told[1]
    assert len(told[0]) == WRONG_ANSWERS_OF_AN_IDENTIFIER[0].most
    assert [text for text in told[0] if "Too many tries" in text] == [told[0][-1]]
    assert "try once more" in told[0][3]
    assert "cannot be used any more" in told[0][4]
    for identifier in (known, unknown):
        at_dashboard = await (await ecosystem.person()).open(ecosystem.aurora.dashboard_url)
        await at_dashboard.identify(identifier)
        assert at_dashboard.page.title.startswith("Too many tries")
        assert at_dashboard.page.element("locked-until").text
    with ecosystem.later(HOUR + timedelta(minutes=1)):
        tokens = await ecosystem.consent(ecosystem.mine, CUSTOMER_TO_LOCK)
        assert await ecosystem.account_ids(ecosystem.mine, tokens)


async def _locked_out(ecosystem: Ecosystem, identifier: str) -> list[str]:
    """Return what the page says after each of ten wrong codes; the right code and a new flow are refused then."""
    client = ecosystem.mine
    flow = await client.push(SCOPES)
    person = await (await ecosystem.person()).open(client.authorisation_url(flow))
    somebody = identifier == ecosystem.identifier(CUSTOMER_TO_LOCK)
    read = await ecosystem.code_reader(identifier)
    await person.identify(identifier)
    right = await read() if somebody else "123456"
    said = []
    for tries in range(WRONG_ANSWERS_OF_AN_IDENTIFIER[0].most):
        if tries == 5:
            read = await ecosystem.code_reader(identifier)
            await person.press("resend")
            right = await read() if somebody else "123456"
        entering = person.page
        await person.verify(f"{(int(right) + 1) % 1_000_000:06}")
        problem = person.page.elements.get("problem")
        said.append(person.page.title if problem is None else problem.text)
    locked = await person.send(entering, "/verify", code=right)
    assert locked.path.endswith("/verify")
    assert "Too many tries" in locked.title
    assert "Too many tries" in (await person.send(entering, "/resend")).title
    again = await client.push(SCOPES)
    other = await (await ecosystem.person()).open(client.authorisation_url(again))
    await other.identify(identifier)
    assert "Too many tries" in other.page.title
    with pytest.raises(AuthorisationRefused, match="access_denied"):
        await client.read_response(await other.cancel(), again)
    return said


_ZERO = "00000000-0000-4000-8000-000000000000"


def _authorise(ecosystem: Ecosystem, query: dict[str, str]) -> str:
    return f"{ecosystem.mine.holder.metadata.authorization_endpoint}?{urlencode(query)}"


def _form_token(page: Page) -> str:
    forms = [element.form for element in page.elements.values() if element.form is not None]
    return next(
        control.attributes["value"]
        for form in forms
        for control in form.controls
        if control.attributes.get("name") == "form_token"
    )
