"""The resources: the data that the operations give. Each is declared once, even if several operations give it.

A source of data knows where it has the items of each resource (`tenants.sources.store`). The record
types of an import are made from the same declarations (`tenants.imports.records`).
"""

from typing import Final

from tenants.operations.filters import ChoiceFilter
from tenants.operations.models import Order, Resource
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_account_v2 import EnergyAccountV2
from tenants.payloads.energy_balance_v1 import EnergyAccountBalance
from tenants.payloads.energy_concession_v1 import EnergyConcession
from tenants.payloads.energy_payment_schedule_v1 import EnergyPaymentSchedule
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

IMPORTED: Final = (PAYMENT_SCHEDULES, CONCESSIONS, BALANCE)
"""The resources that an import can contain in records of their own."""
