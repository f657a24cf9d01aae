"""The endpoint table: every operation that a data holder must offer.

Routing, version negotiation, the supported scopes (`tenants/oauth/scopes.py`), metrics and the documentation use it.
Dates are those of the standards' endpoint version schedule: `binding_from` is the binding date, and from
`retired_from` on a version need not be served.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from tenants.cds.field_types import Payload
from tenants.cds.tiers import Tier
from tenants.operations.resources import (
    ACCOUNT_DETAIL,
    ACCOUNTS,
    BALANCE,
    CONCESSIONS,
    CUSTOMER,
    OUTAGES,
    PAYMENT_SCHEDULES,
    STATUS,
    Resource,
)
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.payloads.customer_v1 import CommonCustomer
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_account_v2 import EnergyAccountListV2
from tenants.payloads.energy_balance_v1 import EnergyAccountBalance, EnergyBalance, EnergyBalanceListV1
from tenants.payloads.energy_concession_v1 import EnergyConcessionListV1
from tenants.payloads.energy_payment_schedule_v1 import EnergyPaymentScheduleListV1
from tenants.payloads.outages_v1 import DiscoveryOutages
from tenants.payloads.status_v1 import CommonDiscoveryStatus

Method = Literal["GET", "POST"]
Transport = Literal["public", "secure"]
BASE_PATH = "/cds-au/v1"
_SYDNEY: Final = ZoneInfo("Australia/Sydney")


def obligation_day(now: datetime) -> date:
    """Return the date in Sydney, where the standards' obligations begin at 00:00 of their dates."""
    return now.astimezone(_SYDNEY).date()


class Version(NamedTuple):
    """A version of an endpoint. A version without a payload is not implemented."""

    number: int
    binding_from: date
    retired_from: date | None = None
    payload: type[Payload] | None = None
    """The type of `data` in this version."""
    convert: Callable[[Any], Payload] | None = None
    """Makes an item of this version from an item of the resource. None: the item is used unchanged."""

    def is_served(self, today: date, *, retired_too: bool) -> bool:
        """Return whether the version is served on a day. With `retired_too`, it is also served after its retirement.

        A version may be served before its binding date.
        """
        current = retired_too or self.retired_from is None or today < self.retired_from
        return self.payload is not None and current


class Endpoint(NamedTuple):
    """An operation with the `operationId` of the standards. Its URI path is BASE_PATH followed by `path`.

    The path, the method and the resource determine the rest: which ids a request names, and whether the response
    contains one item or a list.
    """

    operation: str
    name: str
    method: Method
    path: str
    versions: tuple[Version, ...]
    scope: str | None
    present_tier: Tier
    unattended_tier: Tier
    resource: Resource | None = None
    """What the operation gives. None: the operation is not implemented."""
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
        return tuple(version.number for version in self.versions if version.payload is not None)

    def versions_on(self, today: date, *, retired_too: bool) -> dict[int, Version]:
        """Return the versions that are served on a day, by their numbers. See `Version.is_served`."""
        return {each.number: each for each in self.versions if each.is_served(today, retired_too=retired_too)}

    @property
    def ids_in(self) -> Literal["path", "body"] | None:
        """Where a request names the accounts whose data it asks for. None: nowhere, it asks for all data."""
        if self.method == "POST":
            return "body"
        return "path" if "{" in self.path else None

    @property
    def gives_list(self) -> bool:
        """Whether `data` contains a list of items. Otherwise `data` is one item."""
        resource = self.resource
        if resource is None:
            return False
        return resource.many or (resource.belongs_to == "account" and self.ids_in != "path")


_2022, _COMMON = date(2022, 11, 15), date(2020, 7, 1)
_V1 = (Version(1, _2022),)
_ACCOUNTS_V2, _DETAIL_V3 = date(2023, 4, 14), date(2023, 11, 1)
_SERVICE_POINTS = (Version(1, _2022, date(2026, 3, 16)), Version(2, date(2025, 11, 10)))
_BILLING = (
    Version(1, _2022, date(2024, 9, 9)),
    Version(2, date(2023, 11, 1), date(2024, 9, 9)),
    Version(3, date(2023, 12, 21)),
)
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

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "getStatus",
        "Get Status",
        "GET",
        "/discovery/status",
        (Version(1, _COMMON, payload=CommonDiscoveryStatus),),
        None,
        *_DISCOVERY,
        STATUS,
        transport="public",
    ),
    Endpoint(
        "getOutages",
        "Get Outages",
        "GET",
        "/discovery/outages",
        (Version(1, _COMMON, payload=DiscoveryOutages),),
        None,
        *_DISCOVERY,
        OUTAGES,
        transport="public",
    ),
    Endpoint(
        "getCustomer",
        "Get Customer",
        "GET",
        "/common/customer",
        (Version(1, _COMMON, payload=CommonCustomer, convert=CommonCustomerDetailV2.basic),),
        "common:customer.basic:read",
        *_HIGH,
        CUSTOMER,
    ),
    Endpoint(
        "getCustomerDetail",
        "Get Customer Detail",
        "GET",
        "/common/customer/detail",
        (
            Version(1, date(2020, 11, 1), date(2023, 2, 28)),
            Version(2, date(2022, 11, 30), payload=CommonCustomerDetailV2),
        ),
        "common:customer.detail:read",
        *_HIGH,
        CUSTOMER,
    ),
    Endpoint(
        "listEnergyAccounts",
        "Get Energy Accounts",
        "GET",
        _ACCOUNTS,
        (Version(1, _2022, _ACCOUNTS_V2), Version(2, _ACCOUNTS_V2, payload=EnergyAccountListV2)),
        _BASIC,
        *_HIGH,
        ACCOUNTS,
        paginated=True,
    ),
    Endpoint(
        "getEnergyAccountDetail",
        "Get Energy Account Detail",
        "GET",
        _ACCOUNTS + "/{accountId}",
        (
            Version(1, _2022, _ACCOUNTS_V2),
            Version(2, _ACCOUNTS_V2, date(2024, 9, 9)),
            Version(3, _DETAIL_V3, date(2025, 3, 3)),
            Version(4, date(2024, 11, 11), payload=EnergyAccountDetailV4),
        ),
        _DETAIL,
        *_HIGH,
        ACCOUNT_DETAIL,
    ),
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
        (Version(1, _2022, payload=EnergyPaymentScheduleListV1),),
        "energy:accounts.paymentschedule:read",
        *_LOW,
        PAYMENT_SCHEDULES,
    ),
    Endpoint(
        "getEnergyAccountConcessions",
        "Get Concessions",
        "GET",
        _ACCOUNTS + "/{accountId}/concessions",
        (Version(1, _2022, payload=EnergyConcessionListV1),),
        "energy:accounts.concessions:read",
        *_LOW,
        CONCESSIONS,
    ),
    Endpoint(
        "getEnergyAccountBalance",
        "Get Balance For Energy Account",
        "GET",
        _ACCOUNTS + "/{accountId}/balance",
        (Version(1, _2022, payload=EnergyBalance, convert=EnergyAccountBalance.without_account),),
        _BILLS,
        *_HIGH,
        BALANCE,
    ),
    Endpoint(
        "listEnergyAccountBalancesBulk",
        "Get Bulk Balances For Energy",
        "GET",
        _ACCOUNTS + "/balances",
        (Version(1, _2022, payload=EnergyBalanceListV1),),
        _BILLS,
        *_LOW,
        BALANCE,
        paginated=True,
    ),
    Endpoint(
        "listEnergyAccountBalancesSpecificAccounts",
        "Get Balances For Specific Energy Accounts",
        "POST",
        _ACCOUNTS + "/balances",
        (Version(1, _2022, payload=EnergyBalanceListV1),),
        _BILLS,
        *_LOW,
        BALANCE,
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
