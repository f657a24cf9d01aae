"""The resources: the data that the operations give. Each is declared once, even if several operations give it.

A source of data knows where it has the items of each resource (`tenants.sources.store`). The record
types of an import are made from the same declarations (`tenants.imports.records`).
"""

from collections.abc import Callable, Mapping
from operator import eq
from typing import Any, Final, Literal

import msgspec

from tenants.cds.field_types import Payload
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_account_v2 import EnergyAccountV2
from tenants.payloads.energy_balance_v1 import EnergyAccountBalance
from tenants.payloads.energy_concession_v1 import EnergyConcession
from tenants.payloads.energy_payment_schedule_v1 import EnergyPaymentSchedule
from tenants.payloads.outages_v1 import DiscoveryOutages
from tenants.payloads.status_v1 import CommonDiscoveryStatus

Owner = Literal["brand", "customer", "account"]
"""What the items of a resource belong to."""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """A query parameter that selects items by one of their fields."""

    parameter: str
    field: str
    values: Mapping[str, str | None]
    """The values that the parameter can have, each with the value to which the field is compared. None: every item."""
    default: str
    compare: Callable[[Any, Any], Any] = eq
    """The comparison of the field, on the left, with the value."""


class Resource(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """Items of one type that belong to the brand, to a customer or to an account."""

    name: str
    """The name. If the resource can be imported, it is the `kind` of its records."""
    item: type[Payload]
    """The type of an item in its newest version."""
    belongs_to: Owner
    many: bool = False
    """Whether one owner can have several items. An import replaces all items of an owner together."""
    list_name: str = ""
    """The member of `data` that contains the items where an operation gives several."""
    streamed: bool = False
    """Whether a page can be so large that the store reads it while the response is sent."""
    filters: tuple[Filter, ...] = ()
    order: tuple[str, ...] = ()
    """The fields by which items are ordered. Two items must differ in one of them, or pages could overlap. Empty: by
    owner, and then in the retailer's order."""

    @property
    def imported_member(self) -> str:
        """The member of an import record that contains the list of items, or the only item."""
        return self.list_name if self.many else self.name


STATUS: Final = Resource(name="status", item=CommonDiscoveryStatus, belongs_to="brand")
OUTAGES: Final = Resource(name="outages", item=DiscoveryOutages, belongs_to="brand")
CUSTOMER: Final = Resource(name="customer", item=CommonCustomerDetailV2, belongs_to="customer")
ACCOUNTS: Final = Resource(
    name="accounts",
    item=EnergyAccountV2,
    belongs_to="account",
    list_name="accounts",
    filters=(
        Filter(
            parameter="open-status",
            field="openStatus",
            values={"ALL": None, "OPEN": "OPEN", "CLOSED": "CLOSED"},
            default="ALL",
        ),
    ),
    order=("creationDate", "accountId"),
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
