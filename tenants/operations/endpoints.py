"""The endpoint table: every operation that a data holder must offer.

Routing, version negotiation, the supported scopes (`tenants/oauth/scopes.py`), metrics and the documentation use it.
Dates are those of the standards' endpoint version schedule: `binding_from` is the binding date, and from
`retired_from` on a version need not be served.
"""

from collections.abc import Iterator
from datetime import date
from typing import Literal, NamedTuple

from tenants.cds.tiers import Tier

Method = Literal["GET", "POST"]
Transport = Literal["public", "secure"]
BASE_PATH = "/cds-au/v1"


class Version(NamedTuple):
    """A version of an endpoint. `served` says whether this product implements it."""

    number: int
    binding_from: date
    retired_from: date | None = None
    served: bool = False


class Endpoint(NamedTuple):
    """An operation with the `operationId` of the standards. Its URI path is BASE_PATH followed by `path`."""

    operation: str
    name: str
    method: Method
    path: str
    versions: tuple[Version, ...]
    scope: str | None
    present_tier: Tier
    unattended_tier: Tier
    paginated: bool = False
    transport: Transport = "secure"

    def tier(self, *, customer_present: bool) -> Tier:
        """Return the performance tier of a call, which depends on whether the customer is present."""
        return self.present_tier if customer_present else self.unattended_tier

    @property
    def uri_path(self) -> str:
        """The path of the URI, with its parameters in braces."""
        return BASE_PATH + self.path

    @property
    def served_versions(self) -> tuple[int, ...]:
        """The versions that this product implements."""
        return tuple(version.number for version in self.versions if version.served)


_2022, _COMMON = date(2022, 11, 15), date(2020, 7, 1)
_V1 = (Version(1, _2022),)
_ACCOUNTS_V2, _DETAIL_V3 = date(2023, 4, 14), date(2023, 11, 1)
_SERVICE_POINTS = (Version(1, _2022, date(2026, 3, 16)), Version(2, date(2025, 11, 10)))
_BILLING = (
    Version(1, _2022, date(2024, 9, 9)),
    Version(2, date(2023, 11, 1)),
    Version(3, date(2023, 12, 21)),
)
_SERVED_V1 = (Version(1, _COMMON, served=True),)
_DISCOVERY: tuple[Tier, Tier] = ("highPriority", "highPriority")
_HIGH: tuple[Tier, Tier] = ("highPriority", "unattended")
_LOW: tuple[Tier, Tier] = ("lowPriority", "unattended")
_LARGE: tuple[Tier, Tier] = ("largePayload", "largePayload")
_SECONDARY: tuple[Tier, Tier] = ("secondary", "largeSecondary")
_LARGE_SECONDARY: tuple[Tier, Tier] = ("largeSecondary", "largeSecondary")

_ACCOUNTS = "/energy/accounts"
_POINTS = "/energy/electricity/servicepoints"
_BASIC, _DETAIL, _BILLS = "energy:accounts.basic:read", "energy:accounts.detail:read", "energy:billing:read"
_USAGE, _DER = "energy:electricity.usage:read", "energy:electricity.der:read"

GET_STATUS = Endpoint(
    "getStatus", "Get Status", "GET", "/discovery/status", _SERVED_V1, None, *_DISCOVERY, transport="public"
)
GET_OUTAGES = Endpoint(
    "getOutages", "Get Outages", "GET", "/discovery/outages", _SERVED_V1, None, *_DISCOVERY, transport="public"
)
GET_CUSTOMER = Endpoint(
    "getCustomer", "Get Customer", "GET", "/common/customer", _SERVED_V1, "common:customer.basic:read", *_HIGH
)
GET_CUSTOMER_DETAIL = Endpoint(
    "getCustomerDetail",
    "Get Customer Detail",
    "GET",
    "/common/customer/detail",
    (Version(1, date(2020, 11, 1), date(2023, 2, 28)), Version(2, date(2022, 11, 30), served=True)),
    "common:customer.detail:read",
    *_HIGH,
)
LIST_ENERGY_ACCOUNTS = Endpoint(
    "listEnergyAccounts",
    "Get Energy Accounts",
    "GET",
    _ACCOUNTS,
    (Version(1, _2022, _ACCOUNTS_V2), Version(2, _ACCOUNTS_V2, served=True)),
    _BASIC,
    *_HIGH,
    paginated=True,
)
GET_ENERGY_ACCOUNT_DETAIL = Endpoint(
    "getEnergyAccountDetail",
    "Get Energy Account Detail",
    "GET",
    _ACCOUNTS + "/{accountId}",
    (
        Version(1, _2022, _ACCOUNTS_V2),
        Version(2, _ACCOUNTS_V2, date(2024, 9, 9)),
        Version(3, _DETAIL_V3, date(2025, 3, 3)),
        Version(4, date(2024, 11, 11), served=True),
    ),
    _DETAIL,
    *_HIGH,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    GET_STATUS,
    GET_OUTAGES,
    GET_CUSTOMER,
    GET_CUSTOMER_DETAIL,
    LIST_ENERGY_ACCOUNTS,
    GET_ENERGY_ACCOUNT_DETAIL,
    Endpoint(
        "listElectricityServicePoints",
        "Get Service Points",
        "GET",
        _POINTS,
        _SERVICE_POINTS,
        "energy:electricity.servicepoints.basic:read",
        *_SECONDARY,
        paginated=True,
    ),
    Endpoint(
        "getElectricityServicePointDetail",
        "Get Service Point Detail",
        "GET",
        _POINTS + "/{servicePointId}",
        _SERVICE_POINTS,
        "energy:electricity.servicepoints.detail:read",
        *_SECONDARY,
    ),
    Endpoint(
        "getElectricityServicePointUsage",
        "Get Usage For Service Point",
        "GET",
        _POINTS + "/{servicePointId}/usage",
        _V1,
        _USAGE,
        *_LARGE_SECONDARY,
        paginated=True,
    ),
    Endpoint(
        "listElectricityUsageBulk",
        "Get Bulk Usage",
        "GET",
        _POINTS + "/usage",
        _V1,
        _USAGE,
        *_LARGE_SECONDARY,
        paginated=True,
    ),
    Endpoint(
        "listElectricityUsageForServicePoints",
        "Get Usage For Specific Service Points",
        "POST",
        _POINTS + "/usage",
        _V1,
        _USAGE,
        *_LARGE_SECONDARY,
        paginated=True,
    ),
    Endpoint(
        "getElectricityDERForServicePoint",
        "Get DER For Service Point",
        "GET",
        _POINTS + "/{servicePointId}/der",
        _V1,
        _DER,
        *_SECONDARY,
    ),
    Endpoint(
        "listElectricityDERBulk", "Get Bulk DER", "GET", _POINTS + "/der", _V1, _DER, *_LARGE_SECONDARY, paginated=True
    ),
    Endpoint(
        "listElectricityDERForSpecificServicePoints",
        "Get DER For Specific Service Points",
        "POST",
        _POINTS + "/der",
        _V1,
        _DER,
        *_LARGE_SECONDARY,
        paginated=True,
    ),
    Endpoint(
        "getEnergyAccountPaymentSchedule",
        "Get Agreed Payment Schedule",
        "GET",
        _ACCOUNTS + "/{accountId}/payment-schedule",
        _V1,
        "energy:accounts.paymentschedule:read",
        *_LOW,
    ),
    Endpoint(
        "getEnergyAccountConcessions",
        "Get Concessions",
        "GET",
        _ACCOUNTS + "/{accountId}/concessions",
        _V1,
        "energy:accounts.concessions:read",
        *_LOW,
    ),
    Endpoint(
        "getEnergyAccountBalance",
        "Get Balance For Energy Account",
        "GET",
        _ACCOUNTS + "/{accountId}/balance",
        _V1,
        _BILLS,
        *_HIGH,
    ),
    Endpoint(
        "listEnergyAccountBalancesBulk",
        "Get Bulk Balances For Energy",
        "GET",
        _ACCOUNTS + "/balances",
        _V1,
        _BILLS,
        *_LOW,
        paginated=True,
    ),
    Endpoint(
        "listEnergyAccountBalancesSpecificAccounts",
        "Get Balances For Specific Energy Accounts",
        "POST",
        _ACCOUNTS + "/balances",
        _V1,
        _BILLS,
        *_LOW,
        paginated=True,
    ),
    Endpoint(
        "getEnergyAccountInvoices",
        "Get Invoices For Account",
        "GET",
        _ACCOUNTS + "/{accountId}/invoices",
        _V1,
        _BILLS,
        *_HIGH,
        paginated=True,
    ),
    Endpoint(
        "listEnergyAccountInvoicesBulk",
        "Get Bulk Invoices",
        "GET",
        _ACCOUNTS + "/invoices",
        _V1,
        _BILLS,
        *_LOW,
        paginated=True,
    ),
    Endpoint(
        "listEnergyInvoicesForSpecificAccounts",
        "Get Invoices For Specific Accounts",
        "POST",
        _ACCOUNTS + "/invoices",
        _V1,
        _BILLS,
        *_LOW,
        paginated=True,
    ),
    Endpoint(
        "getBillingForEnergyAccount",
        "Get Billing For Account",
        "GET",
        _ACCOUNTS + "/{accountId}/billing",
        _BILLING,
        _BILLS,
        *_LOW,
        paginated=True,
    ),
    Endpoint(
        "listEnergyAccountBillingBulk",
        "Get Bulk Billing",
        "GET",
        _ACCOUNTS + "/billing",
        _BILLING,
        _BILLS,
        *_LARGE,
        paginated=True,
    ),
    Endpoint(
        "listEnergyAccountBillingForSpecificAccounts",
        "Get Billing For Specific Accounts",
        "POST",
        _ACCOUNTS + "/billing",
        _BILLING,
        _BILLS,
        *_LARGE,
        paginated=True,
    ),
)


def scopes_of_served_operations() -> frozenset[str]:
    """Return the scopes that the served operations need."""
    return frozenset(endpoint.scope for endpoint in ENDPOINTS if endpoint.served_versions and endpoint.scope)


def endpoints_not_served() -> Iterator[Endpoint]:
    """Return the endpoints of the standards for which this product answers Resource/NotImplemented."""
    return (endpoint for endpoint in ENDPOINTS if not endpoint.served_versions)
