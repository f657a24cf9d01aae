"""Billing transactions, version 2 (retired): the times of use ALL_DAY and, for demand, EXCESS were added.

Get Billing For Account, Get Bulk Billing and Get Billing For Specific Accounts (EnergyBillingTransactionV2).
"""

from typing import Literal

from tenants.cds.field_types import Payload
from tenants.payloads.energy_billing_base import (
    EnergyBillingDemand,
    EnergyBillingTransactionBase,
    EnergyBillingUsage,
    TransactionKind,
)
from tenants.payloads.energy_billing_v1 import TimeOfUseV1

UsageTimeOfUseV2 = Literal[TimeOfUseV1, "ALL_DAY"]
DemandTimeOfUseV2 = Literal[UsageTimeOfUseV2, "EXCESS"]


class EnergyBillingUsageTransactionV2(EnergyBillingUsage):
    """A charge for usage."""

    timeOfUseType: UsageTimeOfUseV2


class EnergyBillingDemandTransactionV2(EnergyBillingDemand):
    """A charge for demand. The rate is in kVA."""

    timeOfUseType: DemandTimeOfUseV2


class EnergyBillingTransactionV2(EnergyBillingTransactionBase):
    """A transaction of an account: a union, of which `transactionUType` names the member."""

    transactionUType: TransactionKind
    usage: EnergyBillingUsageTransactionV2 | None = None
    demand: EnergyBillingDemandTransactionV2 | None = None

    def __post_init__(self) -> None:
        self._check(self.transactionUType, usage=self.usage, demand=self.demand)


class EnergyBillingListV2(Payload):
    """The data of the three operations. The newest transaction comes first."""

    transactions: list[EnergyBillingTransactionV2]
