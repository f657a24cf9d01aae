"""Billing transactions, version 1 (retired).

Get Billing For Account, Get Bulk Billing and Get Billing For Specific Accounts (EnergyBillingTransaction).
"""

from typing import Literal

from tenants.cds.field_types import Payload
from tenants.payloads.energy_billing_base import (
    EnergyBillingDemand,
    EnergyBillingTransactionBase,
    EnergyBillingUsage,
    TransactionKind,
)

TimeOfUseV1 = Literal[
    "AGGREGATE",
    "CONTROLLED_LOAD",
    "OFF_PEAK",
    "OFF_PEAK_DEMAND_CHARGE",
    "PEAK",
    "SHOULDER",
    "SHOULDER1",
    "SHOULDER2",
    "SOLAR",
]


class EnergyBillingUsageTransaction(EnergyBillingUsage):
    """A charge for usage."""

    timeOfUseType: TimeOfUseV1


class EnergyBillingDemandTransaction(EnergyBillingDemand):
    """A charge for demand. The rate is in kVA."""

    timeOfUseType: TimeOfUseV1


class EnergyBillingTransaction(EnergyBillingTransactionBase):
    """A transaction of an account: a union, of which `transactionUType` names the member."""

    transactionUType: TransactionKind
    usage: EnergyBillingUsageTransaction | None = None
    demand: EnergyBillingDemandTransaction | None = None

    def __post_init__(self) -> None:
        self._check(self.transactionUType, usage=self.usage, demand=self.demand)


class EnergyBillingListV1(Payload):
    """The data of the three operations. The newest transaction comes first."""

    transactions: list[EnergyBillingTransaction]
