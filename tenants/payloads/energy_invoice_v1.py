"""Get Invoices For Account, Get Bulk Invoices and Get Invoices For Specific Accounts, version 1 (EnergyInvoice)."""

from decimal import Decimal
from typing import Literal

from tenants.cds.field_types import AmountString, DateString, NonEmptyString, Payload, required_when
from tenants.cds.resource_ids import AccountId, ServicePointId

PaymentStatus = Literal["NOT_PAID", "PAID", "PARTIALLY_PAID"]


class EnergyInvoicePeriod(Payload):
    """The first and the last day that an invoice covers."""

    startDate: DateString
    endDate: DateString


class EnergyInvoicePayOnTimeDiscount(Payload):
    """A discount for a payment until a day. Without `gstAmount`, its GST is zero."""

    discountAmount: AmountString
    gstAmount: AmountString | None = None
    date: DateString


class EnergyInvoiceOtherCharge(Payload):
    """A charge beside usage and generation, without GST. Without `type`, it is of the type OTHER."""

    type: Literal["ENVIRONMENTAL", "METERING", "NETWORK", "OTHER", "RCTI", "REGULATED", "RETAIL_SERVICE"] | None = None
    amount: AmountString
    description: NonEmptyString


class EnergyInvoiceUsageCharges(Payload):
    """Charges and credits of one fuel in the period, without GST. `totalGst` is their GST: zero if it is absent.

    The standards define the same members for gas (EnergyInvoiceGasUsageCharges) and for electricity
    (EnergyInvoiceElectricityUsageCharges).
    """

    totalUsageCharges: AmountString
    totalGenerationCredits: AmountString
    totalOnceOffCharges: AmountString
    totalOnceOffDiscounts: AmountString
    otherCharges: list[EnergyInvoiceOtherCharge] | None = None
    totalGst: AmountString | None = None


class EnergyInvoiceAccountCharges(Payload):
    """Charges and discounts of the account as a whole. Without `totalGst`, their GST is zero."""

    totalCharges: AmountString
    totalDiscounts: AmountString
    totalGst: AmountString | None = None


class EnergyInvoice(Payload):
    """An invoice that was issued for an account. `paymentStatus` is the present one, not that of the day of issue.

    `balanceAtIssue` is positive if the customer owes it, as in Get Balance For Energy Account.
    """

    accountId: AccountId
    invoiceNumber: NonEmptyString
    issueDate: DateString
    dueDate: DateString | None = None
    period: EnergyInvoicePeriod | None = None
    invoiceAmount: AmountString | None = None
    gstAmount: AmountString | None = None
    payOnTimeDiscount: EnergyInvoicePayOnTimeDiscount | None = None
    balanceAtIssue: AmountString
    servicePoints: list[ServicePointId]
    gas: EnergyInvoiceUsageCharges | None = None
    electricity: EnergyInvoiceUsageCharges | None = None
    accountCharges: EnergyInvoiceAccountCharges | None = None
    paymentStatus: PaymentStatus

    def __post_init__(self) -> None:
        # The period is mandatory "if any usage or demand based charges are included": a fuel has an amount for them.
        fuels = [fuel for fuel in (self.gas, self.electricity) if fuel is not None]
        amounts = [amount for fuel in fuels for amount in (fuel.totalUsageCharges, fuel.totalGenerationCredits)]
        required_when(any(Decimal(amount) for amount in amounts), period=self.period)


class EnergyInvoiceListV1(Payload):
    """The data of the three operations. The newest invoice comes first."""

    invoices: list[EnergyInvoice]
