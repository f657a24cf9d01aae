"""The resources: the data that the operations give. Each is declared once, even if several operations give it.

A source of data knows where it has the items of each resource (`tenants.sources.store`). The record
types of an import are made from the same declarations (`tenants.imports.records`).
"""

from typing import Final

from tenants.operations.filters import ChoiceFilter, FormChoice, date_period, time_period
from tenants.operations.models import Order, Resource
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_account_v2 import EnergyAccountV2
from tenants.payloads.energy_balance_v1 import EnergyAccountBalance
from tenants.payloads.energy_billing_v3 import EnergyBillingTransactionV3
from tenants.payloads.energy_concession_v1 import EnergyConcession
from tenants.payloads.energy_der_v1 import EnergyDerRecord
from tenants.payloads.energy_invoice_v1 import EnergyInvoice
from tenants.payloads.energy_payment_schedule_v1 import EnergyPaymentSchedule
from tenants.payloads.energy_service_point_detail_v2 import EnergyServicePointDetailV2
from tenants.payloads.energy_service_point_v2 import EnergyServicePointV2
from tenants.payloads.energy_usage_v1 import EnergyUsageRead
from tenants.payloads.outages_v1 import DiscoveryOutages
from tenants.payloads.status_v1 import CommonDiscoveryStatus

STATUS: Final = Resource(name="status", item=CommonDiscoveryStatus, belongs_to="brand")
OUTAGES: Final = Resource(name="outages", item=DiscoveryOutages, belongs_to="brand")
CUSTOMER: Final = Resource(name="customer", item=CommonCustomerDetailV2, belongs_to="customer")
ACCOUNTS: Final = Resource(
    name="accounts",
    item=EnergyAccountV2,
    belongs_to="account",
    list_name="accounts",
    filters=(
        ChoiceFilter(
            parameter="open-status",
            field="openStatus",
            values={"ALL": None, "OPEN": "OPEN", "CLOSED": "CLOSED"},
            default="ALL",
        ),
    ),
    order=(Order("creationDate"),),
)
ACCOUNT_DETAIL: Final = Resource(name="account detail", item=EnergyAccountDetailV4, belongs_to="account")
PAYMENT_SCHEDULES: Final = Resource(
    name="payment-schedules",
    item=EnergyPaymentSchedule,
    belongs_to="account",
    many=True,
    list_name="paymentSchedules",
)
CONCESSIONS: Final = Resource(
    name="concessions", item=EnergyConcession, belongs_to="account", many=True, list_name="concessions"
)
BALANCE: Final = Resource(name="balance", item=EnergyAccountBalance, belongs_to="account", list_name="balances")
INVOICES: Final = Resource(
    name="invoice",
    item=EnergyInvoice,
    belongs_to="account",
    many=True,
    imported_one_by_one=True,
    list_name="invoices",
    filters=date_period("issueDate", months=24),
    order=(Order("issueDate", descending=True),),
    dated_by="issueDate",
)
BILLING: Final = Resource(
    name="transaction",
    item=EnergyBillingTransactionV3,
    belongs_to="account",
    many=True,
    imported_one_by_one=True,
    list_name="transactions",
    filters=time_period("executionDateTime", months=12),
    order=(Order("executionDateTime", descending=True),),
    dated_by="executionDateTime",
)
SERVICE_POINTS: Final = Resource(
    name="service points", item=EnergyServicePointV2, belongs_to="service-point", list_name="servicePoints"
)
SERVICE_POINT_DETAIL: Final = Resource(
    name="service point detail", item=EnergyServicePointDetailV2, belongs_to="service-point"
)
DER: Final = Resource(
    name="der",
    item=EnergyDerRecord,
    belongs_to="service-point",
    list_name="derRecords",
    of_nothing=EnergyDerRecord.of_nothing,
)
INTERVAL_READS: Final = "interval-reads"
USAGE: Final = Resource(
    name="usage",
    item=EnergyUsageRead,
    belongs_to="service-point",
    many=True,
    list_name="reads",
    disclosed_by_day=True,
    filters=(
        *date_period("readStartDate", months=24, is_market_day=True),
        FormChoice(
            parameter=INTERVAL_READS,
            field="intervalRead",
            values={"NONE": "NONE", "MIN_30": "MIN_30", "FULL": "FULL"},
            default="NONE",
        ),
    ),
    order=(Order("readStartDate", descending=True), Order("registerSuffix")),
)

IMPORTED: Final = (PAYMENT_SCHEDULES, CONCESSIONS, BALANCE, INVOICES, BILLING, DER)
"""The resources that an import can contain in records of their own."""
