"""Requests for data that are malformed, or that ask for more than the consumer agreed to."""

from email.utils import format_datetime
from typing import Any
from uuid import uuid4

import pytest

from ops.sandbox.messages import ABSENT
from ops.sandbox.recipient.answers import Tokens
from ops.sandbox.tenants import RESOURCE_PATH
from tests.support.ecosystem import ACCOUNTS, Ecosystem
from tests.support.expectations import cds_error, refused

WITH_SEVERAL_ACCOUNTS = 0
HEADERS: dict[str, tuple[dict[str, object], str, str, int]] = {
    "no x-v": ({"x-v": ABSENT}, "Header/Missing", "x-v", 400),
    "x-v not a number": ({"x-v": "two"}, "Header/InvalidVersion", "x-v", 400),
    "x-v zero": ({"x-v": "0"}, "Header/InvalidVersion", "x-v", 400),
    "x-v negative": ({"x-v": "-2"}, "Header/InvalidVersion", "x-v", 400),
    "x-v with a decimal point": ({"x-v": "2.0"}, "Header/InvalidVersion", "x-v", 400),
    "x-v with 400 digits": ({"x-v": "9" * 400}, "Header/UnsupportedVersion", "supported: ", 406),
    "x-v not ASCII": ({"x-v": "²".encode()}, "Header/InvalidVersion", "x-v", 400),
    "x-v too new": ({"x-v": "99"}, "Header/UnsupportedVersion", "supported: 2", 406),
    "x-v too old": ({"x-v": "1"}, "Header/UnsupportedVersion", "supported: 2", 406),
    "x-min-v too new": ({"x-v": "99", "x-min-v": "98"}, "Header/UnsupportedVersion", "supported: 2", 406),
    "x-min-v not a number": ({"x-min-v": "one"}, "Header/InvalidVersion", "x-min-v", 400),
    "no auth date": ({"x-fapi-auth-date": ABSENT}, "Header/Missing", "x-fapi-auth-date", 400),
    "auth date not a date": ({"x-fapi-auth-date": "yesterday"}, "Header/Invalid", "x-fapi-auth-date", 400),
    "interaction id not a UUID": ({"x-fapi-interaction-id": "1"}, "Header/Invalid", "x-fapi-interaction-id", 400),
    "Accept without JSON": ({"Accept": "text/html"}, "GeneralError/Expected", "application/json", 406),
}


@pytest.mark.parametrize("case", HEADERS)
async def test_a_malformed_header_is_refused(ecosystem: Ecosystem, sharing: Tokens, case: str) -> None:
    headers, code, said, status = HEADERS[case]
    response = await ecosystem.mine.resource(ACCOUNTS, sharing.access_token, version=2, headers=headers)
    cds_error(response, code, said, status)


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("x-v", "Header/InvalidVersion", "x-v is not a positive integer"),
        ("x-min-v", "Header/InvalidVersion", "x-min-v is not a positive integer"),
        ("x-fapi-auth-date", "Header/Invalid", "x-fapi-auth-date is not an HTTP date"),
        ("x-fapi-interaction-id", "Header/Invalid", "x-fapi-interaction-id is not a UUID"),
    ],
)
async def test_a_repeated_header_is_refused(
    ecosystem: Ecosystem, sharing: Tokens, name: str, code: str, said: str
) -> None:
    right = {
        "x-v": "2",
        "x-min-v": "1",
        "x-fapi-auth-date": format_datetime(ecosystem.outside.clock.now(), usegmt=True),
        "x-fapi-interaction-id": str(uuid4()),
        "authorization": f"Bearer {sharing.access_token}",
    }
    http = ecosystem.mine.http
    assert (await http.get(ecosystem.accounts_url, headers=right)).status_code == 200
    twice = await http.get(ecosystem.accounts_url, headers=[*right.items(), (name, "99")])
    cds_error(twice, code, said, 400)


async def test_two_authorization_headers_are_refused(ecosystem: Ecosystem, sharing: Tokens) -> None:
    """The proxy refuses them, before the application sees the request."""
    once = await ecosystem.mine.resource(ACCOUNTS, sharing.access_token, version=2)
    assert once.status_code == 200
    headers = [*once.request.headers.multi_items(), ("Authorization", "Bearer other")]
    twice = await ecosystem.mine.http.get(ecosystem.accounts_url, headers=headers)
    assert twice.status_code == 400
    (error,) = twice.json()["errors"]
    assert error["code"] == "urn:au-cds:error:cds-all:GeneralError/Expected"
    assert error["detail"] == "The request is not well formed."


PARAMETERS: dict[str, tuple[dict[str, Any], str, str, int]] = {
    "page zero": ({"page": "0"}, "Field/Invalid", "page", 400),
    "page negative": ({"page": "-1"}, "Field/Invalid", "page", 400),
    "page not a number": ({"page": "first"}, "Field/Invalid", "page", 400),
    "page empty": ({"page": ""}, "Field/Invalid", "page", 400),
    "page twice": ({"page": ["1", "2"]}, "Field/Invalid", "page", 400),
    "page with 40 digits": ({"page": "9" * 40}, "Field/InvalidPage", "1", 422),
    "page past the end": ({"page": "2"}, "Field/InvalidPage", "1", 422),
    "page-size zero": ({"page-size": "0"}, "Field/Invalid", "page-size", 400),
    "page-size not an integer": ({"page-size": "1e2"}, "Field/Invalid", "page-size", 400),
    "page-size above 1000": ({"page-size": "1001"}, "Field/InvalidPageSize", "1000", 400),
    "page-size not UTF-8": ({"page-size": b"\xff"}, "Field/Invalid", "page-size", 400),
    "open-status unknown": ({"open-status": "MAYBE"}, "Field/Invalid", "open-status", 400),
}


@pytest.mark.parametrize("case", PARAMETERS)
async def test_a_malformed_parameter_is_refused(ecosystem: Ecosystem, sharing: Tokens, case: str) -> None:
    params, code, said, status = PARAMETERS[case]
    response = await ecosystem.mine.resource(ACCOUNTS, sharing.access_token, version=2, params=params)
    cds_error(response, code, said, status)


@pytest.mark.parametrize(
    ("method", "path", "code", "status"),
    [
        ("POST", ACCOUNTS, "GeneralError/Expected", 405),
        ("DELETE", ACCOUNTS, "GeneralError/Expected", 405),
        ("PUT", f"{ACCOUNTS}/made-up", "GeneralError/Expected", 405),
        ("GET", "/energy/nothing", "Resource/NotFound", 404),
        ("GET", "/energy/plans", "Resource/NotFound", 404),
    ],
)
async def test_a_method_or_path_that_is_not_served_is_refused(
    ecosystem: Ecosystem, sharing: Tokens, method: str, path: str, code: str, status: int
) -> None:
    content = b"{" if method == "POST" else None
    response = await ecosystem.mine.resource(path, sharing.access_token, version=2, method=method, content=content)
    cds_error(response, code, "", status)
    assert ("GET" in response.headers.get("allow", "")) == (status == 405)


@pytest.mark.parametrize("path", ["/discovery/status", "/discovery/outages"])
async def test_a_malformed_header_is_refused_at_the_public_host(ecosystem: Ecosystem, path: str) -> None:
    async with ecosystem.http() as http:
        for headers, code, said, status in list(HEADERS.values())[:6]:
            sent = {name: value for name, value in headers.items() if value is not ABSENT}
            response = await http.get(f"{ecosystem.aurora.public_base_uri}{RESOURCE_PATH}{path}", headers=sent)  # type: ignore[arg-type]
            cds_error(response, code, said, status)


async def test_data_of_a_scope_that_the_consumer_did_not_authorise_is_refused(ecosystem: Ecosystem) -> None:
    client = ecosystem.mine
    tokens = await ecosystem.consent(client, WITH_SEVERAL_ACCOUNTS, scope="openid energy:accounts.basic:read")
    (account_id, *_) = await ecosystem.account_ids(client, tokens)
    for path, version, scope in (
        ("/common/customer", 1, "common:customer.basic:read"),
        ("/common/customer/detail", 2, "common:customer.detail:read"),
        (f"{ACCOUNTS}/{account_id}", 4, "energy:accounts.detail:read"),
    ):
        response = await client.resource(path, tokens.access_token, version=version)
        cds_error(response, "Authorisation/InvalidConsent", scope, 403)
        assert response.headers["www-authenticate"] == f'Bearer error="insufficient_scope", scope="{scope}"'
    with refused("invalid_scope", "exceeds what the consumer authorised"):
        await client.refresh(
            str(tokens.refresh_token), form={"scope": "openid energy:accounts.basic:read common:customer.basic:read"}
        )
    registration = await client.client_credentials()
    response = await client.resource(ACCOUNTS, registration.access_token, version=2)
    cds_error(response, "Authorisation/InvalidConsent", "energy:accounts.basic:read", 403)
    with refused("insufficient_scope", "does not carry openid", 403):
        await client.userinfo(registration.access_token)
    with refused("insufficient_scope", "cdr:registration", 403):
        await client.read_registration(tokens.access_token)


async def test_a_request_without_a_scope_that_a_consumer_can_authorise_is_refused(ecosystem: Ecosystem) -> None:
    for scope in ("openid cdr:registration", "openid energy:accounts.basic:read admin:metrics.basic:read"):
        with refused("invalid_scope", "a consumer cannot authorise"):
            await ecosystem.mine.push(scope)
    for scope in ("openid bank:accounts.basic:read", "openid profile bank:payees:read x", "openid made:up"):
        with refused("invalid_scope", "supported here"):
            await ecosystem.mine.push(scope)
    with refused("invalid_scope", "must contain openid"):
        await ecosystem.mine.push("energy:accounts.basic:read")
    with refused("invalid_scope", "cannot request with client_credentials"):
        await ecosystem.mine.client_credentials("openid")


async def test_an_account_outside_the_arrangement_is_invalid(ecosystem: Ecosystem, sharing: Tokens) -> None:
    client = ecosystem.mine
    everything = await ecosystem.account_ids(client, sharing)
    part = await ecosystem.consent(client, WITH_SEVERAL_ACCOUNTS, "account-1")
    (shared,) = await ecosystem.account_ids(client, part)
    assert shared in everything
    withheld = next(account_id for account_id in everything if account_id != shared)
    (neighbours, *_) = await ecosystem.account_ids(client, await ecosystem.consent(client, 3))
    (of_other, *_) = await ecosystem.account_ids(
        ecosystem.other, await ecosystem.consent(ecosystem.other, WITH_SEVERAL_ACCOUNTS)
    )
    (of_banksia, *_) = await ecosystem.account_ids(ecosystem.elsewhere, await ecosystem.consent(ecosystem.elsewhere, 0))
    for account_id in (withheld, neighbours, of_other, of_banksia, "made-up", "x" * 3000):
        response = await client.resource(f"{ACCOUNTS}/{account_id}", part.access_token, version=4)
        cds_error(response, "cds-energy:Authorisation/InvalidEnergyAccount", "", 404)
    assert (await client.resource(f"{ACCOUNTS}/{shared}", part.access_token, version=4)).status_code == 200
