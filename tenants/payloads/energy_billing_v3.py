"""Billing transactions, version 3: demand has a `measureUnit`.

Get Billing For Account, Get Bulk Billing and Get Billing For Specific Accounts (EnergyBillingTransactionV3).

An earlier version is made by leaving out or replacing what it lacks (docs/decisions/0034-invoices-and-billing.md).
"""

from typing import Any, Final

from msgspec.structs import asdict

from tenants.cds.field_types import Payload
from tenants.payloads.energy_billing_base import (
    EnergyBillingDemand,
    EnergyBillingTransactionBase,
    TransactionKind,
)
from tenants.payloads.energy_billing_v1 import (
    EnergyBillingDemandTransaction,
    EnergyBillingTransaction,
    EnergyBillingUsageTransaction,
    TimeOfUseV1,
)
from tenants.payloads.energy_billing_v2 import (
    DemandTimeOfUseV2,
    EnergyBillingDemandTransactionV2,
    EnergyBillingTransactionV2,
    EnergyBillingUsageTransactionV2,
)
from tenants.payloads.energy_rate import MeasureUnit

_IN_VERSION_1: Final[dict[DemandTimeOfUseV2, TimeOfUseV1]] = {"ALL_DAY": "AGGREGATE", "EXCESS": "AGGREGATE"}


class EnergyBillingDemandTransactionV3(EnergyBillingDemand):
    """A charge for demand. Without `measureUnit`, the rate is in kVA."""

    timeOfUseType: DemandTimeOfUseV2
    measureUnit: MeasureUnit | None = None


class EnergyBillingTransactionV3(EnergyBillingTransactionBase):
    """A transaction of an account: a union, of which `transactionUType` names the member.

    The usage is the same as in version 2.
    """

    transactionUType: TransactionKind
    usage: EnergyBillingUsageTransactionV2 | None = None
    demand: EnergyBillingDemandTransactionV3 | None = None

    def __post_init__(self) -> None:
        self._check(self.transactionUType, usage=self.usage, demand=self.demand)

    def as_version_2(self) -> EnergyBillingTransactionV2:
        """Return the transaction in version 2, which has no `measureUnit` of demand (C-V2, C-D20)."""
        members = asdict(self)
        if self.demand is not None:
            of_demand = asdict(self.demand)
            del of_demand["measureUnit"]
            members["demand"] = EnergyBillingDemandTransactionV2(**of_demand)
        return EnergyBillingTransactionV2(**members)

    def as_version_1(self) -> EnergyBillingTransaction:
        """Return the transaction in version 1, which also lacks the times of use ALL_DAY and EXCESS (C-V2, C-D20).

        Both become AGGREGATE, the only value of version 1 that names no time of day.
        """
        version_2 = self.as_version_2()
        members = asdict(version_2)
        if version_2.usage is not None:
            members["usage"] = EnergyBillingUsageTransaction(**_with_time_of_use_v1(version_2.usage))
        if version_2.demand is not None:
            members["demand"] = EnergyBillingDemandTransaction(**_with_time_of_use_v1(version_2.demand))
        return EnergyBillingTransaction(**members)


class EnergyBillingListV3(Payload):
    """The data of the three operations. The newest transaction comes first."""

    transactions: list[EnergyBillingTransactionV3]


def _with_time_of_use_v1(
    charge: EnergyBillingUsageTransactionV2 | EnergyBillingDemandTransactionV2,
) -> dict[str, Any]:
    time_of_use = charge.timeOfUseType
    return asdict(charge) | {"timeOfUseType": _IN_VERSION_1.get(time_of_use, time_of_use)}
