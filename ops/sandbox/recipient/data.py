"""The data of an arrangement that the recipient reads as soon as it may, and again when the person asks for it."""

import asyncio
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from ops.sandbox.recipient.client import RecipientClient
from ops.sandbox.recipient.formats import objects
from ops.sandbox.recipient.reading import Operation, Reader
from ops.sandbox.recipient.records import Fetched

MAXIMUM_ACCOUNTS: Final = 10
MAXIMUM_SERVICE_POINTS: Final = 10
BILLING_SCOPE: Final = "energy:billing:read"
USAGE_SCOPE: Final = "energy:electricity.usage:read"
CUSTOMER: Final = Operation("common:customer.basic:read", "Get Customer", "/common/customer", 1)
CUSTOMER_DETAIL: Final = Operation("common:customer.detail:read", "Get Customer Detail", "/common/customer/detail", 2)
ACCOUNTS: Final = Operation("energy:accounts.basic:read", "Get Energy Accounts", "/energy/accounts", 2, "accounts")
BALANCES: Final = Operation(BILLING_SCOPE, "Get Bulk Balances For Energy", "/energy/accounts/balances", 1, "balances")
INVOICES: Final = Operation(BILLING_SCOPE, "Get Bulk Invoices", "/energy/accounts/invoices", 1, "invoices")
SERVICE_POINTS: Final = Operation(
    "energy:electricity.servicepoints.basic:read",
    "Get Service Points",
    "/energy/electricity/servicepoints",
    2,
    "servicePoints",
)
DER: Final = Operation(
    "energy:electricity.der:read", "Get Bulk DER", "/energy/electricity/servicepoints/der", 1, "derRecords"
)
ACCOUNT_DETAIL: Final = Operation(
    "energy:accounts.detail:read", "Get Energy Account Detail", "/energy/accounts/{id}", 4
)
PAYMENT_SCHEDULE: Final = Operation(
    "energy:accounts.paymentschedule:read",
    "Get Agreed Payment Schedule",
    "/energy/accounts/{id}/payment-schedule",
    1,
)
CONCESSIONS: Final = Operation(
    "energy:accounts.concessions:read", "Get Concessions", "/energy/accounts/{id}/concessions", 1
)
SERVICE_POINT_DETAIL: Final = Operation(
    "energy:electricity.servicepoints.detail:read",
    "Get Service Point Detail",
    "/energy/electricity/servicepoints/{id}",
    2,
)
USAGE: Final = Operation(USAGE_SCOPE, "Get Bulk Usage", "/energy/electricity/servicepoints/usage", 1, "reads")
_LISTS: Final = (CUSTOMER, CUSTOMER_DETAIL, ACCOUNTS, BALANCES, INVOICES, SERVICE_POINTS, DER)
_OF_AN_ACCOUNT: Final = (ACCOUNT_DETAIL, PAYMENT_SCHEDULE, CONCESSIONS)


async def fetch_data(client: RecipientClient, access_token: str, scope: str) -> list[Fetched]:
    """Return the answers of the operations that `scope` permits, including errors. Usage is not among them.

    Two years of usage can have many pages: they are read when the person opens the page of the usage.
    """
    granted = set(scope.split())
    reader = Reader(client, access_token)
    lists = await asyncio.gather(*(reader.read(operation) for operation in _LISTS if operation.scope in granted))
    accounts = _ids(lists, "accountId", ACCOUNTS, BALANCES)[:MAXIMUM_ACCOUNTS]
    points = _ids(lists, "servicePointId", SERVICE_POINTS, DER)[:MAXIMUM_SERVICE_POINTS]
    single = [(operation, account) for account in accounts for operation in _OF_AN_ACCOUNT]
    single += [(SERVICE_POINT_DETAIL, point) for point in points]
    answers = await asyncio.gather(
        *(reader.read(operation, quote(id_, safe="")) for operation, id_ in single if operation.scope in granted)
    )
    return [*lists, *answers]


def answer_of(answers: Iterable[Fetched], operation: Operation, resource_id: str = "") -> Fetched | None:
    """Return the answer of an operation for one resource, or None if it was not called."""
    path = operation.path_of(quote(resource_id, safe=""))
    return next((answer for answer in answers if answer.path == path), None)


def data_of(answer: Fetched | None) -> dict[str, Any]:
    """Return the data of an answer. That of an error or of no answer is empty."""
    if answer is None or answer.status != HTTPStatus.OK or not isinstance(answer.body, dict):
        return {}
    data = answer.body.get("data")
    return data if isinstance(data, dict) else {}


def items_of(answers: Sequence[Fetched], operation: Operation) -> list[dict[str, Any]]:
    """Return the items of the answer of an operation that gives a list, without those that are no objects."""
    return objects(data_of(answer_of(answers, operation)).get(operation.items or ""))


def _ids(answers: Sequence[Fetched], name: str, *operations: Operation) -> list[str]:
    """Return the ids in several lists: a person can share one list without the other."""
    found = (item.get(name) for operation in operations for item in items_of(answers, operation))
    return [id_ for id_ in dict.fromkeys(found) if isinstance(id_, str) and id_]
