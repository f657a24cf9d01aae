"""The operations of the retailer's own server. The client and the OpenAPI document are made from this table (C-X2)."""

from typing import Any, Final, Literal, NamedTuple

from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_balance_v1 import EnergyBalance
from tenants.payloads.energy_concession_v1 import EnergyConcessionListV1
from tenants.payloads.energy_payment_schedule_v1 import EnergyPaymentScheduleListV1
from tenants.upstream.eligibility import UpstreamCustomer
from tenants.upstream.messages import (
    AccountSelectionRequest,
    Balances,
    Capabilities,
    EndedCustomers,
    Health,
    InvoicesPart,
    ListedAccounts,
    TransactionsPart,
    UpstreamResponse,
    User,
    UserLookupRequest,
)

MEBIBYTE: Final = 1024 * 1024
REFUSED, UNKNOWN, CLOSED = 403, 404, 409
ParameterName = Literal["oldest-date", "newest-date", "oldest-time", "newest-time", "cursor", "limit"]


class UpstreamOperation(NamedTuple):
    """An operation. Every one of them only reads, and can be repeated."""

    name: str
    """The operationId."""
    method: Literal["GET", "POST"]
    path: str
    """The path after the base URI, with its parameter in braces."""
    summary: str
    answer: Any
    """The type of the response with status 200."""
    body: Any = None
    """The type of the request body."""
    query: tuple[ParameterName, ...] = ()
    problems: tuple[int, ...] = ()
    """The statuses with which the server withholds the data, besides those of every operation."""
    optional: bool = False
    """Whether the server may lack the operation. Then `Capabilities` says so."""
    maximum_bytes: int = MEBIBYTE
    """The limit for the response."""


GET_HEALTH: Final = UpstreamOperation(
    "getHealth", "GET", "/health", "Whether the server can answer requests for data", UpstreamResponse[Health]
)
GET_CAPABILITIES: Final = UpstreamOperation(
    "getCapabilities",
    "GET",
    "/capabilities",
    "Which optional operations the server has",
    UpstreamResponse[Capabilities],
)
FIND_USER: Final = UpstreamOperation(
    "findUser",
    "POST",
    "/users/find",
    "The person who signs in with an identifier. An unknown identifier takes the same time as a known one",
    UpstreamResponse[User],
    body=UserLookupRequest,
    problems=(UNKNOWN,),
)
GET_USER: Final = UpstreamOperation(
    "getUser", "GET", "/users/{userId}", "A person who signs in, by id", UpstreamResponse[User], problems=(UNKNOWN,)
)
GET_CUSTOMER: Final = UpstreamOperation(
    "getCustomer",
    "GET",
    "/customers/{customerId}",
    "A customer, as in Get Customer Detail, and whether the customer may share data",
    UpstreamResponse[UpstreamCustomer],
    problems=(REFUSED, UNKNOWN),
)
LIST_ACCOUNTS: Final = UpstreamOperation(
    "listAccounts",
    "GET",
    "/customers/{customerId}/accounts",
    "All accounts of a customer, open and closed, as in Get Energy Accounts. The list is not paged",
    UpstreamResponse[ListedAccounts],
    problems=(REFUSED, UNKNOWN),
    maximum_bytes=8 * MEBIBYTE,
)
GET_ACCOUNT: Final = UpstreamOperation(
    "getAccount",
    "GET",
    "/accounts/{accountId}",
    "An account, as in Get Energy Account Detail",
    UpstreamResponse[EnergyAccountDetailV4],
    problems=(REFUSED, UNKNOWN, CLOSED),
    maximum_bytes=4 * MEBIBYTE,
)
GET_PAYMENT_SCHEDULE: Final = UpstreamOperation(
    "getPaymentSchedule",
    "GET",
    "/accounts/{accountId}/payment-schedule",
    "How the account is paid, as in Get Agreed Payment Schedule. The list is empty if nothing was agreed",
    UpstreamResponse[EnergyPaymentScheduleListV1],
    problems=(REFUSED, UNKNOWN, CLOSED),
)
GET_CONCESSIONS: Final = UpstreamOperation(
    "getConcessions",
    "GET",
    "/accounts/{accountId}/concessions",
    "The concessions of an account, as in Get Concessions. The list is empty if there are none",
    UpstreamResponse[EnergyConcessionListV1],
    problems=(REFUSED, UNKNOWN, CLOSED),
)
GET_BALANCE: Final = UpstreamOperation(
    "getBalance",
    "GET",
    "/accounts/{accountId}/balance",
    "The balance of an account at this moment. A positive balance is owed, a negative one is a credit",
    UpstreamResponse[EnergyBalance],
    problems=(REFUSED, UNKNOWN, CLOSED),
)
LIST_BALANCES: Final = UpstreamOperation(
    "listBalances",
    "POST",
    "/balances",
    "The balances of several accounts",
    UpstreamResponse[Balances],
    body=AccountSelectionRequest,
    optional=True,
)
LIST_INVOICES: Final = UpstreamOperation(
    "listInvoices",
    "GET",
    "/accounts/{accountId}/invoices",
    "The invoices of an account that were issued in a period, newest first. Both ends belong to the period",
    UpstreamResponse[InvoicesPart],
    query=("oldest-date", "newest-date", "cursor", "limit"),
    problems=(REFUSED, UNKNOWN, CLOSED),
    maximum_bytes=8 * MEBIBYTE,
)
LIST_TRANSACTIONS: Final = UpstreamOperation(
    "listTransactions",
    "GET",
    "/accounts/{accountId}/billing",
    "The billing transactions of an account in a period, newest first. Both ends belong to the period",
    UpstreamResponse[TransactionsPart],
    query=("oldest-time", "newest-time", "cursor", "limit"),
    problems=(REFUSED, UNKNOWN, CLOSED),
    maximum_bytes=8 * MEBIBYTE,
)
LIST_ENDED_CUSTOMERS: Final = UpstreamOperation(
    "listEndedCustomers",
    "GET",
    "/ended-customers",
    "The feed of customers who are not customers any more, and of who must not share data. "
    "Without a cursor it begins with the oldest that is kept",
    UpstreamResponse[EndedCustomers],
    query=("cursor", "limit"),
    optional=True,
)

OPERATIONS: Final = (
    GET_HEALTH,
    GET_CAPABILITIES,
    FIND_USER,
    GET_USER,
    GET_CUSTOMER,
    LIST_ACCOUNTS,
    GET_ACCOUNT,
    GET_PAYMENT_SCHEDULE,
    GET_CONCESSIONS,
    GET_BALANCE,
    LIST_BALANCES,
    LIST_INVOICES,
    LIST_TRANSACTIONS,
    LIST_ENDED_CUSTOMERS,
)
