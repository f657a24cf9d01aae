"""The endpoint table: every operation that a data holder must offer.

Routing, version negotiation, the supported scopes (`tenants/oauth/scopes.py`), metrics and the documentation use it.
Dates are those of the standards' endpoint version schedule: `binding_from` is the binding date, and from
`retired_from` on a version need not be served.
"""

from datetime import date
from typing import Final

from tenants.cds.tiers import Tier
from tenants.operations.models import Endpoint, Version
from tenants.operations.resources import (
    ACCOUNT_DETAIL,
    ACCOUNTS,
    BALANCE,
    BILLING,
    CONCESSIONS,
    CUSTOMER,
    DER,
    INVOICES,
    OUTAGES,
    PAYMENT_SCHEDULES,
    SERVICE_POINT_DETAIL,
    SERVICE_POINTS,
    STATUS,
    USAGE,
)
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.payloads.customer_v1 import CommonCustomer
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_account_v2 import EnergyAccountListV2
from tenants.payloads.energy_balance_v1 import EnergyAccountBalance, EnergyBalance, EnergyBalanceListV1
from tenants.payloads.energy_billing_v1 import EnergyBillingListV1
from tenants.payloads.energy_billing_v2 import EnergyBillingListV2
from tenants.payloads.energy_billing_v3 import EnergyBillingListV3, EnergyBillingTransactionV3
from tenants.payloads.energy_concession_v1 import EnergyConcessionListV1
from tenants.payloads.energy_der_v1 import EnergyDerListV1, EnergyDerRecord
from tenants.payloads.energy_invoice_v1 import EnergyInvoiceListV1
from tenants.payloads.energy_payment_schedule_v1 import EnergyPaymentScheduleListV1
from tenants.payloads.energy_service_point_detail_v1 import EnergyServicePointDetailV1
from tenants.payloads.energy_service_point_detail_v2 import EnergyServicePointDetailV2
from tenants.payloads.energy_service_point_v1 import EnergyServicePointListV1
from tenants.payloads.energy_service_point_v2 import EnergyServicePointListV2, EnergyServicePointV2
from tenants.payloads.energy_usage_v1 import EnergyUsageListV1
from tenants.payloads.metadata_update_v1 import MetadataUpdateV1
from tenants.payloads.metrics_v5 import MetricsV5
from tenants.payloads.outages_v1 import DiscoveryOutages
from tenants.payloads.status_v1 import CommonDiscoveryStatus

_2022, _COMMON = date(2022, 11, 15), date(2020, 7, 1)
_V1 = (Version(1, _2022),)
_ACCOUNTS_V2, _DETAIL_V3 = date(2023, 4, 14), date(2023, 11, 1)
_POINTS_V2, _POINTS_V1_ENDS = date(2025, 11, 10), date(2026, 3, 16)
_BILLING = (
    Version(1, _2022, date(2024, 9, 9), EnergyBillingListV1, EnergyBillingTransactionV3.as_version_1),
    Version(2, date(2023, 11, 1), date(2024, 9, 9), EnergyBillingListV2, EnergyBillingTransactionV3.as_version_2),
    Version(3, date(2023, 12, 21), payload=EnergyBillingListV3),
)
_INVOICES = (Version(1, _2022, payload=EnergyInvoiceListV1),)
_DISCOVERY: tuple[Tier, Tier] = ("highPriority", "highPriority")
_HIGH: tuple[Tier, Tier] = ("highPriority", "unattended")
_LOW: tuple[Tier, Tier] = ("lowPriority", "unattended")
_UNATTENDED: tuple[Tier, Tier] = ("unattended", "unattended")
_LARGE: tuple[Tier, Tier] = ("largePayload", "largePayload")
_SECONDARY: tuple[Tier, Tier] = ("secondary", "largeSecondary")
_LARGE_SECONDARY: tuple[Tier, Tier] = ("largeSecondary", "largeSecondary")

_ACCOUNTS = "/energy/accounts"
_POINTS = "/energy/electricity/servicepoints"
_BASIC, _DETAIL, _BILLS = "energy:accounts.basic:read", "energy:accounts.detail:read", "energy:billing:read"
_USAGE_VERSIONS = (Version(1, _2022, payload=EnergyUsageListV1),)
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
        (
            Version(1, _2022, _POINTS_V1_ENDS, EnergyServicePointListV1, EnergyServicePointV2.version_1),
            Version(2, _POINTS_V2, payload=EnergyServicePointListV2),
        ),
        "energy:electricity.servicepoints.basic:read",
        *_SECONDARY,
        SERVICE_POINTS,
        paginated=True,
    ),
    Endpoint(
        "getElectricityServicePointDetail",
        "Get Service Point Detail",
        "GET",
        _POINTS + "/{servicePointId}",
        (
            Version(1, _2022, _POINTS_V1_ENDS, EnergyServicePointDetailV1, EnergyServicePointDetailV2.version_1),
            Version(2, _POINTS_V2, payload=EnergyServicePointDetailV2),
        ),
        "energy:electricity.servicepoints.detail:read",
        *_SECONDARY,
        SERVICE_POINT_DETAIL,
    ),
    Endpoint(
        "getElectricityServicePointUsage",
        "Get Usage For Service Point",
        "GET",
        _POINTS + "/{servicePointId}/usage",
        _USAGE_VERSIONS,
        _USAGE,
        *_LARGE_SECONDARY,
        USAGE,
        paginated=True,
    ),
    Endpoint(
        "listElectricityUsageBulk",
        "Get Bulk Usage",
        "GET",
        _POINTS + "/usage",
        _USAGE_VERSIONS,
        _USAGE,
        *_LARGE_SECONDARY,
        USAGE,
        paginated=True,
    ),
    Endpoint(
        "listElectricityUsageForServicePoints",
        "Get Usage For Specific Service Points",
        "POST",
        _POINTS + "/usage",
        _USAGE_VERSIONS,
        _USAGE,
        *_LARGE_SECONDARY,
        USAGE,
        paginated=True,
    ),
    Endpoint(
        "getElectricityDERForServicePoint",
        "Get DER For Service Point",
        "GET",
        _POINTS + "/{servicePointId}/der",
        (Version(1, _2022, payload=EnergyDerRecord),),
        _DER,
        *_SECONDARY,
        DER,
    ),
    Endpoint(
        "listElectricityDERBulk",
        "Get Bulk DER",
        "GET",
        _POINTS + "/der",
        (Version(1, _2022, payload=EnergyDerListV1),),
        _DER,
        *_LARGE_SECONDARY,
        DER,
        paginated=True,
    ),
    Endpoint(
        "listElectricityDERForSpecificServicePoints",
        "Get DER For Specific Service Points",
        "POST",
        _POINTS + "/der",
        (Version(1, _2022, payload=EnergyDerListV1),),
        _DER,
        *_LARGE_SECONDARY,
        DER,
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
        _INVOICES,
        _BILLS,
        *_HIGH,
        INVOICES,
        paginated=True,
    ),
    Endpoint(
        "listEnergyAccountInvoicesBulk",
        "Get Bulk Invoices",
        "GET",
        _ACCOUNTS + "/invoices",
        _INVOICES,
        _BILLS,
        *_LOW,
        INVOICES,
        paginated=True,
    ),
    Endpoint(
        "listEnergyInvoicesForSpecificAccounts",
        "Get Invoices For Specific Accounts",
        "POST",
        _ACCOUNTS + "/invoices",
        _INVOICES,
        _BILLS,
        *_LOW,
        INVOICES,
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
        BILLING,
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
        BILLING,
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
        BILLING,
        paginated=True,
    ),
)


GET_METRICS: Final = Endpoint(
    "getMetrics",
    "Get Metrics",
    "GET",
    "/admin/metrics",
    (
        Version(1, _COMMON, date(2021, 10, 31)),
        Version(2, date(2020, 11, 1), date(2022, 12, 5)),
        Version(3, date(2022, 10, 1), date(2024, 5, 13)),
        Version(4, date(2023, 11, 1), date(2024, 5, 13)),
        Version(5, date(2024, 5, 13), payload=MetricsV5),
    ),
    "admin:metrics.basic:read",
    *_UNATTENDED,
)
METADATA_UPDATE: Final = Endpoint(
    "metadataUpdate",
    "Metadata Update",
    "POST",
    "/admin/register/metadata",
    (Version(1, _COMMON, payload=MetadataUpdateV1),),
    "admin:metadata:update",
    *_UNATTENDED,
)
ADMIN_ENDPOINTS: Final[tuple[Endpoint, ...]] = (GET_METRICS, METADATA_UPDATE)
"""The operations that only the CDR Register may call. They give nothing that belongs to a customer."""


def scopes_of_served_operations() -> frozenset[str]:
    """Return the scopes that the served operations need."""
    every = (*ENDPOINTS, *ADMIN_ENDPOINTS)
    return frozenset(endpoint.scope for endpoint in every if endpoint.served_versions and endpoint.scope)
