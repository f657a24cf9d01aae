"""The endpoint table: every operation that a data holder must offer.

Routing, version negotiation, the supported scopes (`tenants/oauth/scopes.py`), metrics and the documentation use it.
Dates are those of the standards' endpoint version schedule: `binding_from` is the binding date, and from
`retired_from` on a version need not be served.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from tenants.cds.tiers import Tier
from tenants.operations.models import Endpoint, Version
from tenants.operations.resources import (
    ACCOUNT_DETAIL,
    ACCOUNTS,
    BALANCE,
    CONCESSIONS,
    CUSTOMER,
    OUTAGES,
    PAYMENT_SCHEDULES,
    STATUS,
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

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
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
