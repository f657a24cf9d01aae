"""The data behind the demonstration accounts. The accounts get the examples of this module in turn.

So every kind of data that the standards know is at some account, and some accounts have none. The numbers are invented:
the BSBs are of no bank, and the addresses are below `.test`.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from tenants.cds.resource_ids import AccountId
from tenants.imports.records import RESOURCE_RECORDS, Record
from tenants.operations.resources import BALANCE, CONCESSIONS, PAYMENT_SCHEDULES
from tenants.payloads.energy_balance_v1 import EnergyAccountBalance
from tenants.payloads.energy_concession_v1 import EnergyConcession
from tenants.payloads.energy_payment_schedule_v1 import (
    EnergyCardDebit,
    EnergyDigitalWallet,
    EnergyDirectDebit,
    EnergyManualPayment,
    EnergyPaymentSchedule,
)

_DIRECT_DEBIT: Final = EnergyPaymentSchedule(
    paymentScheduleUType="directDebit",
    directDebit=EnergyDirectDebit(
        bsb="999001", accountNumber="004410027", paymentFrequency="P1M", calculationType="BALANCE"
    ),
)
_TOKENISED_DIRECT_DEBIT: Final = EnergyPaymentSchedule(
    paymentScheduleUType="directDebit",
    directDebit=EnergyDirectDebit(isTokenised=True, paymentFrequency="P3M", calculationType="BALANCE"),
)
_SMOOTHED_CARD_DEBIT: Final = EnergyPaymentSchedule(
    amount="65.00",
    paymentScheduleUType="cardDebit",
    cardDebit=EnergyCardDebit(cardScheme="VISA", paymentFrequency="P2W", calculationType="STATIC"),
)
_WALLET: Final = EnergyPaymentSchedule(
    paymentScheduleUType="digitalWallet",
    digitalWallet=EnergyDigitalWallet(
        name="Household wallet",
        identifier="household@people.test",
        type="EMAIL",
        provider="PAYPAL_AU",
        paymentFrequency="P1M",
        calculationType="CALCULATED",
    ),
)
_MANUAL: Final = EnergyPaymentSchedule(
    paymentScheduleUType="manualPayment", manualPayment=EnergyManualPayment(billFrequency="P3M")
)
_SCHEDULES: Final[tuple[list[EnergyPaymentSchedule], ...]] = (
    [_DIRECT_DEBIT],
    [_MANUAL],
    [_TOKENISED_DIRECT_DEBIT],
    [_SMOOTHED_CARD_DEBIT, _MANUAL],
    [],
    [_WALLET],
)

_ENERGY_CONCESSION: Final = EnergyConcession(
    type="FIXED_PERCENTAGE",
    displayName="Annual electricity concession",
    additionalInfoUri="https://concessions.people.test/electricity",
    startDate=date(2024, 7, 1),
    discountFrequency="P3M",
    percentage="0.175",
    appliedTo=["USAGE", "SERVICE_CHARGE"],
)
_REBATE: Final = EnergyConcession(
    type="FIXED_AMOUNT",
    displayName="Low income household rebate",
    startDate=date(2025, 1, 1),
    endDate=date(2026, 12, 31),
    discountFrequency="P1Y",
    amount="285.00",
    appliedTo=["INVOICE"],
)
_MEDICAL_COOLING: Final = EnergyConcession(
    type="VARIABLE",
    displayName="Medical cooling concession",
    additionalInfo="17.5 percent of the electricity bill from 1 November to 31 March",
)
_CONCESSIONS: Final[tuple[list[EnergyConcession], ...]] = (
    [_ENERGY_CONCESSION],
    [],
    [_REBATE],
    [_ENERGY_CONCESSION, _MEDICAL_COOLING],
    [],
)

_BALANCES: Final = ("184.35", "0.00", "-52.10", "1207.99", None, "96.40", "-310.00")
"""A positive balance is owed, a negative one is a credit. None: the retailer knows no balance."""


def balance_of(number: int) -> str | None:
    """Return the balance of the account with that number, unless its bills say what is owed."""
    return _BALANCES[number % len(_BALANCES)]


def account_data(account: str, number: int) -> Iterator[Record]:
    """Yield the data of the account with that number among the accounts of its brand. `account` is its reference."""
    yield RESOURCE_RECORDS[PAYMENT_SCHEDULES](account=account, paymentSchedules=_SCHEDULES[number % len(_SCHEDULES)])
    yield RESOURCE_RECORDS[CONCESSIONS](account=account, concessions=_CONCESSIONS[number % len(_CONCESSIONS)])
    balance = balance_of(number)
    if balance is not None:
        yield RESOURCE_RECORDS[BALANCE](balance=EnergyAccountBalance(accountId=AccountId(account), balance=balance))
