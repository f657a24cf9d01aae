"""The bills of the demonstration accounts: an invoice for each quarter of a year, and the transactions that make it up.

The accounts get the tariffs of this module in turn, so every kind of transaction is at some account of each brand. The
same account and the same day give the same bills, and a later day gives more of them. All amounts are in dollars.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from ops.demonstration.account_data import balance_of
from tenants.cds.resource_ids import AccountId, ServicePointId
from tenants.imports.records import RESOURCE_RECORDS, Record
from tenants.operations.filters import months_before
from tenants.operations.resources import BALANCE, BILLING, INVOICES
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tenants.payloads.energy_balance_v1 import EnergyAccountBalance
from tenants.payloads.energy_billing_base import (
    EnergyBillingAdjustment,
    EnergyBillingCalculationFactor,
    EnergyBillingOnceOffTransaction,
    EnergyBillingOtherTransaction,
    EnergyBillingPaymentTransaction,
)
from tenants.payloads.energy_billing_v2 import DemandTimeOfUseV2, EnergyBillingUsageTransactionV2, UsageTimeOfUseV2
from tenants.payloads.energy_billing_v3 import EnergyBillingDemandTransactionV3, EnergyBillingTransactionV3
from tenants.payloads.energy_invoice_v1 import (
    EnergyInvoice,
    EnergyInvoiceAccountCharges,
    EnergyInvoiceOtherCharge,
    EnergyInvoicePayOnTimeDiscount,
    EnergyInvoicePeriod,
    EnergyInvoiceUsageCharges,
    PaymentStatus,
)

_QUARTERS: Final = 9
_MONTHS_OF_QUARTER: Final = 3
_SYDNEY: Final = ZoneInfo("Australia/Sydney")
_MARKET: Final = timezone(timedelta(hours=10))
_GST: Final = Decimal("0.1")
_SUPPLY_A_DAY, _GAS_SUPPLY_A_DAY, _LATE_FEE = Decimal("1.0934"), Decimal("0.7215"), Decimal("15.00")
_STILL_OWED: Final = Decimal("40.00")
_NOTHING: Final = Decimal("0.00")
_WINTER: Final = {2, 3}
"""The quarters of a year, from 1, in which more energy is used and less is generated."""


class _Usage(NamedTuple):
    time_of_use: UsageTimeOfUseV2
    kwh_a_day: Decimal
    """Negative for generation."""
    rate: Decimal


class _Demand(NamedTuple):
    time_of_use: DemandTimeOfUseV2
    kw: Decimal
    rate: Decimal


class _Tariff(NamedTuple):
    usage: Sequence[_Usage]
    demand: Sequence[_Demand] = ()
    gas_a_day: Decimal = _NOTHING
    """The charge for gas, which is on the same invoice. Zero: the account has no gas."""
    is_large: bool = False
    """Whether loss factors and adjustments are shown, as for a large customer."""


_TARIFFS: Final = (
    _Tariff([_Usage("ALL_DAY", Decimal("14.2"), Decimal("0.2913"))], gas_a_day=Decimal("2.1840")),
    _Tariff(
        [
            _Usage("PEAK", Decimal("4.1"), Decimal("0.4488")),
            _Usage("SHOULDER", Decimal("5.9"), Decimal("0.2794")),
            _Usage("OFF_PEAK", Decimal("6.3"), Decimal("0.1903")),
        ]
    ),
    _Tariff(
        [
            _Usage("ALL_DAY", Decimal("9.7"), Decimal("0.3025")),
            _Usage("SOLAR", Decimal("-11.4"), Decimal("0.0600")),
        ]
    ),
    _Tariff(
        [
            _Usage("PEAK", Decimal("17.6"), Decimal("0.1721")),
            _Usage("OFF_PEAK", Decimal("12.1"), Decimal("0.1188")),
        ],
        demand=[
            _Demand("PEAK", Decimal("4.6"), Decimal("11.8700")),
            _Demand("EXCESS", Decimal("0.5"), Decimal("19.4000")),
        ],
        is_large=True,
    ),
    _Tariff(
        [
            _Usage("ALL_DAY", Decimal("11.8"), Decimal("0.2959")),
            _Usage("CONTROLLED_LOAD", Decimal("6.6"), Decimal("0.1870")),
        ]
    ),
)


class _Quarter(NamedTuple):
    first: date
    last: date

    @property
    def name(self) -> str:
        return f"{self.first.year}-Q{self.number}"

    @property
    def number(self) -> int:
        return self.first.month // _MONTHS_OF_QUARTER + 1

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def bills(account: EnergyAccountDetailV4, number: int, today: date) -> Iterator[Record]:
    """Yield the bills of the account with that number among the accounts of its brand, as they are on `today`.

    A quarter is billed if the account existed during all of it, and five days after it ended. There are nine at most.
    If the last ones are not paid, the balance is what is owed for them.
    """
    plans = [plan.planOverview for plan in account.plans if plan.planOverview is not None]
    opened = account.creationDate or min((plan.startDate for plan in plans), default=date.min)
    ends = [plan.endDate for plan in plans]
    closed = max((end for end in ends if end is not None), default=None) if None not in ends else None
    billed = [
        quarter
        for quarter in _last_quarters(today)
        if opened <= quarter.first and (closed is None or quarter.last <= closed)
    ]
    balance = balance_of(number)
    owes = closed is None and (balance is None or Decimal(balance) > 0)
    for quarter in billed:
        status: PaymentStatus = "PAID"
        if owes and quarter in billed[-1:]:
            status = "NOT_PAID"
        elif owes and quarter in billed[-2:] and number % 3 == 1:
            status = "PARTIALLY_PAID"
        bill = _Bill(account, number, quarter, status)
        yield from bill.records()
    if billed and balance is not None and Decimal(balance) > 0:
        # An import takes the last balance of an account. This one is what the bills say.
        owed = bill.owed if owes else _NOTHING
        yield RESOURCE_RECORDS[BALANCE](
            balance=EnergyAccountBalance(accountId=AccountId(account.accountId.value), balance=str(owed))
        )


def _last_quarters(today: date) -> list[_Quarter]:
    issued = today - timedelta(days=5)
    first = date(issued.year, (issued.month - 1) // _MONTHS_OF_QUARTER * _MONTHS_OF_QUARTER + 1, 1)
    firsts = [months_before(first, _MONTHS_OF_QUARTER * count) for count in range(_QUARTERS, -1, -1)]
    return [_Quarter(one, following - timedelta(days=1)) for one, following in pairwise(firsts)]


class _Bill:
    """The invoice of a quarter and its transactions."""

    def __init__(self, account: EnergyAccountDetailV4, number: int, quarter: _Quarter, status: PaymentStatus) -> None:
        self._account = account.accountId
        self._points = [point for plan in account.plans for point in plan.servicePointIds]
        self._tariff = _TARIFFS[number % len(_TARIFFS)]
        self._quarter = quarter
        self._status = status
        self._owed_before = _STILL_OWED if status == "NOT_PAID" and number % 3 == 1 else _NOTHING
        self._invoice_number = f"{account.accountNumber or number}-{quarter.name}"
        self._issued = quarter.last + timedelta(days=5)

    def records(self) -> Iterator[Record]:
        """Yield the transactions and the invoice."""
        charges = list(self._charges())
        for position, (kind, charge, gst) in enumerate(charges, start=1):
            yield self._transaction(f"{position}", kind, charge, gst, hour=2)
        gst, total = self._totals(charges)
        yield RESOURCE_RECORDS[INVOICES](reference=self._quarter.name, invoice=self._invoice(charges, total, gst))
        if self._status != "NOT_PAID":
            paid = total if self._status == "PAID" else total - _STILL_OWED
            payment = EnergyBillingPaymentTransaction(amount=str(paid), method="DIRECT_DEBIT")
            yield self._transaction("payment", "payment", payment, _NOTHING, hour=9, days_later=14)

    @property
    def owed(self) -> Decimal:
        """What is owed for this bill and for those before it, if this one is not paid."""
        return self._totals(list(self._charges()))[1] + self._owed_before

    def _totals(self, charges: Sequence[tuple[Any, Any, Decimal]]) -> tuple[Decimal, Decimal]:
        """Return the GST of the charges and of the gas, and the sum of all with the GST."""
        net = sum((Decimal(charge.amount) for _, charge, _ in charges), _NOTHING) + self._gas
        gst = sum((gst for _, _, gst in charges), _NOTHING) + _cents(self._gas * _GST)
        return gst, net + gst

    @property
    def _gas(self) -> Decimal:
        supply = _GAS_SUPPLY_A_DAY if self._tariff.gas_a_day else _NOTHING
        return _cents((self._tariff.gas_a_day + supply) * self._quarter.days)

    def _charges(self) -> Iterator[tuple[Any, Any, Decimal]]:
        """Yield each charge or credit with its kind and its GST. Credits have none."""
        of_invoice: dict[str, Any] = {"invoiceNumber": self._invoice_number}
        of_point = of_invoice | ({"servicePointId": self._points[0]} if self._points else {})
        metered = of_point | {"startDate": _start_of(self._quarter.first), "endDate": _start_of(self._next_day)}
        if self._tariff.is_large:
            metered |= {
                "calculationFactors": [
                    EnergyBillingCalculationFactor(value=1.0523, type="DLF"),
                    EnergyBillingCalculationFactor(value=0.9911, type="MLF"),
                ],
                "adjustments": [EnergyBillingAdjustment(amount="-12.40", description="Correction of the last read")],
            }
        for usage in self._tariff.usage:
            is_low = (self._quarter.number in _WINTER) == (usage.kwh_a_day < 0)
            kwh = usage.kwh_a_day * self._quarter.days * (Decimal("0.8") if is_low else Decimal("1.2"))
            amount = _cents(kwh * usage.rate)
            charge = EnergyBillingUsageTransactionV2(
                timeOfUseType=usage.time_of_use, usage=float(_cents(kwh)), amount=str(amount), **metered
            )
            yield "usage", charge, _gst_of(amount)
        for demand in self._tariff.demand:
            amount = _cents(demand.kw * demand.rate * _MONTHS_OF_QUARTER)
            charged = EnergyBillingDemandTransactionV3(
                timeOfUseType=demand.time_of_use, measureUnit="KW", rate=float(demand.kw), amount=str(amount), **metered
            )
            yield "demand", charged, _gst_of(amount)
        amount = _cents(_SUPPLY_A_DAY * self._quarter.days)
        supply = EnergyBillingOtherTransaction(
            type="RETAIL_SERVICE",
            amount=str(amount),
            description="Daily supply charge",
            startDate=self._quarter.first,
            endDate=self._quarter.last,
            **of_point,
        )
        yield "otherCharges", supply, _gst_of(amount)
        if self._owed_before:
            fee = EnergyBillingOnceOffTransaction(amount=str(_LATE_FEE), description="Late payment fee", **of_invoice)
            yield "onceOff", fee, _gst_of(_LATE_FEE)

    def _transaction(
        self, name: str, kind: Any, charge: Any, gst: Decimal, *, hour: int, days_later: int = 0
    ) -> Record:
        at = datetime.combine(self._issued + timedelta(days=days_later), time(hour, 30), _SYDNEY)
        transaction = EnergyBillingTransactionV3(
            accountId=AccountId(self._account.value),
            executionDateTime=at,
            gst=str(gst) if gst else None,
            transactionUType=kind,
            **{kind: charge},
        )
        return RESOURCE_RECORDS[BILLING](reference=f"{self._quarter.name}-{name}", transaction=transaction)

    def _invoice(self, charges: Sequence[tuple[str, Any, Decimal]], total: Decimal, gst: Decimal) -> EnergyInvoice:
        metered = [Decimal(charge.amount) for kind, charge, _ in charges if kind in {"usage", "demand"}]
        once_off = sum((Decimal(charge.amount) for kind, charge, _ in charges if kind == "onceOff"), _NOTHING)
        others = [charge for kind, charge, _ in charges if kind == "otherCharges"]
        gas = None
        if self._gas:
            gas = EnergyInvoiceUsageCharges(
                totalUsageCharges=str(self._gas),
                totalGenerationCredits=str(_NOTHING),
                totalOnceOffCharges=str(_NOTHING),
                totalOnceOffDiscounts=str(_NOTHING),
                totalGst=str(_cents(self._gas * _GST)),
            )
        return EnergyInvoice(
            accountId=AccountId(self._account.value),
            invoiceNumber=self._invoice_number,
            issueDate=self._issued,
            dueDate=self._issued + timedelta(days=21),
            period=EnergyInvoicePeriod(startDate=self._quarter.first, endDate=self._quarter.last),
            invoiceAmount=str(total),
            gstAmount=str(gst),
            payOnTimeDiscount=EnergyInvoicePayOnTimeDiscount(
                discountAmount=str(_cents(total / 50)), date=self._issued + timedelta(days=21)
            ),
            balanceAtIssue=str(total + self._owed_before),
            servicePoints=[ServicePointId(point.value) for point in self._points],
            gas=gas,
            electricity=EnergyInvoiceUsageCharges(
                totalUsageCharges=str(sum((amount for amount in metered if amount > 0), _NOTHING)),
                totalGenerationCredits=str(-sum((amount for amount in metered if amount < 0), _NOTHING)),
                totalOnceOffCharges=str(_NOTHING),
                totalOnceOffDiscounts=str(_NOTHING),
                otherCharges=[
                    EnergyInvoiceOtherCharge(type=charge.type, amount=charge.amount, description=charge.description)
                    for charge in others
                ],
                totalGst=str(sum((each for kind, _, each in charges if kind != "onceOff"), _NOTHING)),
            ),
            accountCharges=EnergyInvoiceAccountCharges(
                totalCharges=str(once_off), totalDiscounts=str(_NOTHING), totalGst=str(_cents(once_off * _GST))
            ),
            paymentStatus=self._status,
        )

    @property
    def _next_day(self) -> date:
        return self._quarter.last + timedelta(days=1)


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, _MARKET)


def _gst_of(amount: Decimal) -> Decimal:
    return _cents(amount * _GST) if amount > 0 else _NOTHING


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_NOTHING)
