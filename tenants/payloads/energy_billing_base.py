"""The parts of billing transactions that are the same in every version of the billing operations."""

from datetime import UTC
from typing import Literal

from tenants.cds.field_types import (
    AmountString,
    DateString,
    DateTimeString,
    NonEmptyString,
    Number,
    Payload,
    only_member_of_union,
)
from tenants.cds.resource_ids import AccountId, ServicePointId
from tenants.payloads.energy_rate import MeasureUnit

TransactionKind = Literal["demand", "onceOff", "otherCharges", "payment", "usage"]


class EnergyBillingCalculationFactor(Payload):
    """A distribution or marginal loss factor."""

    value: Number
    type: Literal["DLF", "MLF"]


class EnergyBillingAdjustment(Payload):
    """An adjustment that is not yet in the amount of the transaction."""

    amount: AmountString
    description: NonEmptyString


class EnergyBillingCharge(Payload):
    """A charge or a credit: its amount before any adjustment, and where it belongs to.

    A charge that is not invoiced yet has no `invoiceNumber`. A negative amount is a credit.
    """

    servicePointId: ServicePointId | None = None
    invoiceNumber: NonEmptyString | None = None
    amount: AmountString


class EnergyBillingAdjustedCharge(EnergyBillingCharge):
    """A charge with what a large customer needs to recalculate it."""

    calculationFactors: list[EnergyBillingCalculationFactor] | None = None
    adjustments: list[EnergyBillingAdjustment] | None = None


class EnergyBillingMeteredCharge(EnergyBillingAdjustedCharge):
    """A charge of usage or demand in a period, whose two ends are date-times in spite of their names."""

    description: NonEmptyString | None = None
    isEstimate: bool | None = None
    startDate: DateTimeString
    endDate: DateTimeString


class EnergyBillingUsage(EnergyBillingMeteredCharge):
    """A charge for usage, or a credit for generation, whose usage is negative. Without `measureUnit`, it is in kWh."""

    measureUnit: MeasureUnit | None = None
    usage: Number


class EnergyBillingDemand(EnergyBillingMeteredCharge):
    """A charge for demand, or a credit for generation, whose rate is negative."""

    rate: Number


class EnergyBillingOnceOffTransaction(EnergyBillingCharge):
    """A charge or a credit that is not repeated."""

    description: NonEmptyString


class EnergyBillingOtherTransaction(EnergyBillingAdjustedCharge):
    """Another charge. Without `type`, it is of the type OTHER."""

    startDate: DateString | None = None
    endDate: DateString | None = None
    type: Literal["ENVIRONMENTAL", "METERING", "NETWORK", "OTHER", "RCTI", "REGULATED", "RETAIL_SERVICE"] | None = None
    description: NonEmptyString


class EnergyBillingPaymentTransaction(Payload):
    """A payment to the account. `amount` is what was paid."""

    amount: AmountString
    method: Literal["BPAY", "CARD", "CASH", "CHEQUE", "DIRECT_DEBIT", "OTHER", "TRANSFER"]


class EnergyBillingTransactionBase(Payload):
    """What the transactions of every version have. Each version adds usage and demand, and the union's type."""

    accountId: AccountId
    executionDateTime: DateTimeString
    gst: AmountString | None = None
    onceOff: EnergyBillingOnceOffTransaction | None = None
    otherCharges: EnergyBillingOtherTransaction | None = None
    payment: EnergyBillingPaymentTransaction | None = None

    def _check(self, kind: TransactionKind, *, usage: object, demand: object) -> None:
        """Raise ValueError unless the transaction has the member `kind` and no other, and a time that exists in UTC."""
        only_member_of_union(
            kind,
            demand=demand,
            onceOff=self.onceOff,
            otherCharges=self.otherCharges,
            payment=self.payment,
            usage=usage,
        )
        try:
            self.executionDateTime.astimezone(UTC)
        except OverflowError as error:
            raise ValueError("`executionDateTime` is not in the years 1 to 9999 of UTC") from error
