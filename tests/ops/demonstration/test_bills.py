"""The bills of the demonstration accounts."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from ops.demonstration.account_data import balance_of
from ops.demonstration.bills import bills
from ops.demonstration.generator import generate
from tenants.imports.records import RESOURCE_RECORDS, AccountRecord, Record
from tenants.operations.resources import BALANCE, BILLING, INVOICES
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4

TODAY = date(2026, 11, 26)


def accounts(holder: int) -> list[EnergyAccountDetailV4]:
    return [each.account for _, each in generate(f"holder-{holder}") if isinstance(each, AccountRecord)]


def balances(records: list[Record]) -> list[str]:
    kept: list[Any] = [each for each in records if isinstance(each, RESOURCE_RECORDS[BALANCE])]
    return [each.balance.balance for each in kept]


def split(records: list[Record]) -> tuple[list[Any], list[Any]]:
    """Return the invoices and the transactions."""
    invoices: list[Any] = [each for each in records if isinstance(each, RESOURCE_RECORDS[INVOICES])]
    transactions: list[Any] = [each for each in records if isinstance(each, RESOURCE_RECORDS[BILLING])]
    assert len(invoices) + len(transactions) + len(balances(records)) == len(records)
    return [each.invoice for each in invoices], [each.transaction for each in transactions]


@pytest.mark.parametrize("holder", [0, 1])
def test_each_brand_has_every_kind_of_bill(holder: int) -> None:
    records = [record for number, each in enumerate(accounts(holder)) for record in bills(each, number, TODAY)]
    invoices, transactions = split(records)
    assert {each.transactionUType for each in transactions} == {"usage", "demand", "onceOff", "otherCharges", "payment"}
    demand = [each.demand for each in transactions if each.demand is not None]
    assert {(each.measureUnit, each.timeOfUseType) for each in demand} == {("KW", "PEAK"), ("KW", "EXCESS")}
    assert [each for each in demand if each.calculationFactors and each.adjustments]
    assert {each.paymentStatus for each in invoices} == {"PAID", "PARTIALLY_PAID", "NOT_PAID"}
    assert [each for each in invoices if each.gas is not None and each.electricity is not None]
    assert [each for each in invoices if each.electricity.totalGenerationCredits != "0.00"]


def test_an_invoice_is_the_sum_of_its_transactions() -> None:
    for number, account in enumerate(accounts(0)):
        invoices, transactions = split(list(bills(account, number, TODAY)))
        for invoice in invoices:
            charges = [
                charge
                for each in transactions
                if (charge := getattr(each, each.transactionUType)) and each.transactionUType != "payment"
                if charge.invoiceNumber == invoice.invoiceNumber
            ]
            electricity, gas, of_account = invoice.electricity, invoice.gas, invoice.accountCharges
            gas_total = Decimal(gas.totalUsageCharges) if gas else Decimal(0)
            stated = Decimal(invoice.invoiceAmount) - Decimal(invoice.gstAmount)
            assert stated == sum(Decimal(charge.amount) for charge in charges) + gas_total
            others = sum(Decimal(each.amount) for each in electricity.otherCharges)
            of_electricity = (
                Decimal(electricity.totalUsageCharges) - Decimal(electricity.totalGenerationCredits) + others
            )
            assert stated == of_electricity + gas_total + Decimal(of_account.totalCharges)
            taxes = [each.totalGst for each in (electricity, gas, of_account) if each is not None]
            assert Decimal(invoice.gstAmount) == sum(map(Decimal, taxes))


def test_a_balance_is_what_the_unpaid_bills_say() -> None:
    owed = 0
    for number, account in enumerate(accounts(0)):
        records = list(bills(account, number, TODAY))
        unpaid = [each for each in split(records)[0] if each.paymentStatus == "NOT_PAID"]
        known = balance_of(number)
        if known is None or Decimal(known) <= 0:
            assert balances(records) == []
            assert known is None or not unpaid, "a credit and an unpaid bill contradict each other"
        elif unpaid:
            owed += 1
            assert balances(records) == [unpaid[-1].balanceAtIssue]
    assert owed


def test_the_same_day_gives_the_same_bills_and_a_later_day_keeps_the_earlier_ones() -> None:
    account = next(each for each in accounts(0) if each.openStatus == "OPEN" and each.creationDate < date(2024, 1, 1))
    again, later = (list(bills(account, 0, day)) for day in (TODAY, TODAY + timedelta(days=92)))
    today = list(bills(account, 0, TODAY))
    assert today == again
    assert len(split(today)[0]) == 9

    def references(records: list[Any]) -> set[tuple[str, str]]:
        bills_of_account = [each for each in records if not isinstance(each, RESOURCE_RECORDS[BALANCE])]
        return {(type(record).__name__, record.reference) for record in bills_of_account}

    of_the_same_quarters = {key for key in references(today) if not key[1].startswith("2024-Q3")}
    assert references(later) >= of_the_same_quarters


def test_a_closed_account_has_bills_until_it_was_closed_and_owes_nothing() -> None:
    closed = [each for holder in (0, 1) for each in accounts(holder) if each.openStatus == "CLOSED"]
    assert closed
    for account in closed:
        ends = account.plans[0].planOverview
        assert ends is not None
        invoices, _ = split(list(bills(account, 1, TODAY)))
        assert {each.paymentStatus for each in invoices} == {"PAID"}
        assert all(each.period.endDate <= ends.endDate for each in invoices)


def test_nothing_is_billed_from_before_the_account_was_opened() -> None:
    account = msgspec.structs.replace(accounts(0)[0], creationDate=date(2026, 4, 2))
    invoices, transactions = split(list(bills(account, 0, TODAY)))
    assert [str(each.period.startDate) for each in invoices] == ["2026-07-01"]
    assert transactions
