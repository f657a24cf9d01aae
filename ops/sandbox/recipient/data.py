"""Requests the data of an arrangement from the resource APIs."""

from base64 import b64encode
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx

from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.records import Fetched

MAXIMUM_ACCOUNTS = 10
CUSTOMER_PRESENT = {
    "x-fapi-customer-ip-address": "127.0.0.1",
    "x-cds-client-headers": b64encode(b"User-Agent: browser\r\n").decode(),
}
"""The headers of a request for which the customer is present (CDS, HTTP Headers)."""


class _Resource(NamedTuple):
    scope: str
    title: str
    path: str
    version: int


_CUSTOMER = _Resource("common:customer.basic:read", "Get Customer", "/common/customer", 1)
_CUSTOMER_DETAIL = _Resource("common:customer.detail:read", "Get Customer Detail", "/common/customer/detail", 2)
_BALANCES = _Resource("energy:billing:read", "Get Bulk Balances For Energy", "/energy/accounts/balances", 1)
_ACCOUNTS = _Resource("energy:accounts.basic:read", "Get Energy Accounts", "/energy/accounts", 2)
_OF_AN_ACCOUNT = (
    _Resource("energy:accounts.detail:read", "Get Energy Account Detail", "/energy/accounts/{id}", 4),
    _Resource(
        "energy:accounts.paymentschedule:read",
        "Get Agreed Payment Schedule",
        "/energy/accounts/{id}/payment-schedule",
        1,
    ),
    _Resource("energy:accounts.concessions:read", "Get Concessions", "/energy/accounts/{id}/concessions", 1),
)


async def fetch_data(client: RecipientClient, access_token: str, scope: str) -> list[Fetched]:
    """Return the responses of the resource APIs that `scope` permits and the recipient uses, including errors."""
    granted = set(scope.split())
    answers = [
        await _get(client, access_token, resource, resource.path)
        for resource in (_CUSTOMER, _CUSTOMER_DETAIL, _ACCOUNTS, _BALANCES)
        if resource.scope in granted
    ]
    for account_id in _account_ids(answers)[:MAXIMUM_ACCOUNTS]:
        for resource in _OF_AN_ACCOUNT:
            if resource.scope in granted:
                path = resource.path.replace("{id}", account_id)
                answers.append(await _get(client, access_token, resource, path))
    return answers


async def _get(client: RecipientClient, access_token: str, resource: _Resource, path: str) -> Fetched:
    try:
        response = await client.resource(path, access_token, version=resource.version, headers=CUSTOMER_PRESENT)
    except httpx.HTTPError as error:
        return Fetched(title=resource.title, path=path, status=0, body={"error": type(error).__name__})
    try:
        body: Any = response.json()
    except ValueError:
        body = None
    return Fetched(title=resource.title, path=path, status=response.status_code, body=body)


def _account_ids(answers: list[Fetched]) -> list[str]:
    for answer in answers:
        if answer.path == _ACCOUNTS.path and answer.status == HTTPStatus.OK and isinstance(answer.body, dict):
            accounts = answer.body.get("data", {}).get("accounts", [])
            return [str(account["accountId"]) for account in accounts if "accountId" in account]
    return []
