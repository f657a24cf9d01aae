"""Get Agreed Payment Schedule, version 1 (EnergyPaymentSchedule)."""

from typing import Annotated, Literal

from msgspec import Meta

from tenants.cds.field_types import AmountString, Duration, Payload, only_member_of_union, required_when

Calculation = Literal["BALANCE", "CALCULATED", "STATIC"]
"""The amount of a payment is the balance of the account, calculated by a rule of the retailer, or always the same."""
Digits = Annotated[str, Meta(pattern=r"^[0-9]+\Z", description="digits only")]


class EnergyCardDebit(Payload):
    """Regular payments by a credit card."""

    cardScheme: Literal["AMEX", "DINERS", "MASTERCARD", "OTHER", "UNKNOWN", "VISA"]
    paymentFrequency: Duration
    calculationType: Calculation


class EnergyDirectDebit(Payload):
    """Regular payments from a bank account. Its numbers are mandatory unless they are tokenised."""

    isTokenised: bool | None = None
    bsb: Digits | None = None
    accountNumber: Digits | None = None
    paymentFrequency: Duration
    calculationType: Calculation

    def __post_init__(self) -> None:
        required_when(not self.isTokenised, bsb=self.bsb, accountNumber=self.accountNumber)


class EnergyDigitalWallet(Payload):
    """Regular payments from a digital wallet."""

    name: str
    identifier: str
    type: Literal["CONTACT_NAME", "EMAIL", "TELEPHONE"]
    provider: Literal["OTHER", "PAYPAL_AU"]
    paymentFrequency: Duration
    calculationType: Calculation


class EnergyManualPayment(Payload):
    """Payments that the customer makes after each bill."""

    billFrequency: Duration


class EnergyPaymentSchedule(Payload):
    """A way in which the customer pays: a union, of which `paymentScheduleUType` names the member."""

    amount: AmountString | None = None
    paymentScheduleUType: Literal["cardDebit", "digitalWallet", "directDebit", "manualPayment"]
    cardDebit: EnergyCardDebit | None = None
    directDebit: EnergyDirectDebit | None = None
    digitalWallet: EnergyDigitalWallet | None = None
    manualPayment: EnergyManualPayment | None = None

    def __post_init__(self) -> None:
        only_member_of_union(
            self.paymentScheduleUType,
            cardDebit=self.cardDebit,
            directDebit=self.directDebit,
            digitalWallet=self.digitalWallet,
            manualPayment=self.manualPayment,
        )


class EnergyPaymentScheduleListV1(Payload):
    """The data of Get Agreed Payment Schedule. An account without a schedule has an empty list."""

    paymentSchedules: list[EnergyPaymentSchedule]
