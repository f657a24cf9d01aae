"""Balances and invoices: what is owed, what is overdue, and the chart of the amounts."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ops.sandbox.recipient.bills import (
    MOST_INVOICES,
    amount_text,
    balance_text,
    balances,
    bill_chart,
    invoices_of,
    owed,
)
from tests.ops.sandbox.recipient.shared_data import FLAT, HOME, INVOICES, invoice

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("balance", "text"),
    [
        ("184.35", "You owe $184.35"),
        ("1207.9", "You owe $1,207.90"),
        ("-52.10", "You are $52.10 in credit"),
        ("0.00", "Nothing to pay"),
    ],
)
def test_a_positive_balance_is_owed_and_a_negative_one_is_a_credit(balance: str, text: str) -> None:
    """C-B1."""
    amounts = balances([{"accountId": HOME, "balance": balance}])
    assert balance_text(amounts[HOME]) == text


@pytest.mark.parametrize("balance", [None, "", "12,50", "1e5", 12.5, "9" * 40, "NaN"])
def test_a_balance_that_is_no_amount_is_not_known(balance: Any) -> None:
    assert balances([{"accountId": HOME, "balance": balance}]) == {}
    assert balance_text(None) == ""


def test_invoices_are_those_of_the_account_from_the_newest() -> None:
    items = [*reversed(INVOICES), invoice(0, "1.00", account_id=FLAT)]
    found = invoices_of(items, HOME, TODAY)
    assert [one.number for one in found] == [f"INV-{2000 - number}" for number in range(9)]
    assert len(invoices_of([invoice(number, "1.00") for number in range(90)], HOME, TODAY)) == MOST_INVOICES


@pytest.mark.parametrize(
    ("status", "today", "is_overdue"),
    [
        ("NOT_PAID", date(2026, 11, 20), False),
        ("NOT_PAID", date(2026, 11, 21), True),
        ("PARTIALLY_PAID", date(2026, 11, 21), True),
        ("PAID", date(2026, 11, 21), False),
    ],
)
def test_an_unpaid_invoice_is_overdue_after_the_day_on_which_it_is_due(
    status: str, today: date, *, is_overdue: bool
) -> None:
    [found] = invoices_of([invoice(0, "312.40", status)], HOME, today)
    assert found.due == date(2026, 11, 20)
    assert found.is_overdue is is_overdue


def test_an_invoice_without_optional_members_is_shown() -> None:
    [found] = invoices_of([{"accountId": HOME, "issueDate": "2026-02-30", "period": None}], HOME, TODAY)
    assert (found.issued, found.amount, found.due, found.period, found.status) == (None, None, None, "", "Unknown")
    assert bill_chart([found]) is None


def test_the_chart_is_from_the_oldest_to_the_newest_and_tells_paid_unpaid_and_credit_apart() -> None:
    chart = bill_chart(invoices_of(INVOICES, HOME, TODAY))
    assert chart is not None
    kinds = ["use", "use", "use", "use", "export", "use", "use", "unpaid", "unpaid"]
    assert [bar.kind for bar in chart.bars] == kinds
    assert chart.bars[-1].title == "30 Oct 2026: $312.40, not paid"
    assert chart.bars[4].title == "31 Oct 2025: −$42.60, paid"
    assert chart.summary.startswith("Amounts of 9 bills, from −$42.60 to $401.90.")


def test_what_is_owed_is_not_reduced_by_the_credit_of_another_account() -> None:
    invoices = invoices_of(INVOICES, HOME, date(2026, 8, 1))
    found = owed([Decimal("580.55"), Decimal("-52.10")], invoices)
    assert found is not None
    assert found.headline == "You owe $580.55"
    assert found.detail == "Another account is $52.10 in credit. The next bill is due on 21 Aug 2026."
    assert not found.is_overdue


def test_an_overdue_bill_is_named() -> None:
    found = owed([Decimal(1)], invoices_of(INVOICES, HOME, TODAY))
    assert found is not None
    assert found.is_overdue
    assert found.detail == "An unpaid bill was due on 21 Aug 2026."


def test_unpaid_bills_are_named_when_no_balance_is_owed() -> None:
    """A balance and the status of an invoice can contradict each other."""
    found = owed([Decimal(-5)], invoices_of(INVOICES, HOME, TODAY))
    assert found == (
        "Nothing to pay",
        "You are $5.00 in credit. Your retailer still lists 2 bills that are not paid in full.",
        False,
    )
    assert owed([Decimal(0)], invoices_of(INVOICES[1:], HOME, TODAY)) == (
        "Nothing to pay",
        "Your retailer still lists one bill that is not paid in full.",
        False,
    )
    assert owed([Decimal(0)], []) == ("Nothing to pay", "", False)
    assert owed([], []) is None


def test_without_a_balance_the_unpaid_bills_are_counted() -> None:
    found = owed([], invoices_of(INVOICES, HOME, TODAY))
    assert found == ("You have 2 bills that are not paid in full", "An unpaid bill was due on 21 Aug 2026.", True)
    assert owed([], invoices_of(INVOICES[2:], HOME, TODAY)) is None


def test_a_credit_has_a_word_besides_its_sign() -> None:
    assert amount_text(Decimal("-42.6")) == "−$42.60 (credit)"
    assert amount_text(None) == "Not stated"
