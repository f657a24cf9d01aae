"""Balances and invoices as the recipient's page shows them."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ops.sandbox.recipient.charts import Chart, Column, bar_chart
from ops.sandbox.recipient.formats import MINUS, amount_of, between, day, day_of, dollars, rounded_dollars, years

MOST_INVOICES: Final = 60
_STATUS: Final = {"PAID": "Paid", "PARTIALLY_PAID": "Partly paid", "NOT_PAID": "Not paid"}


class Invoice(NamedTuple):
    """An invoice. `is_overdue` says that it is not paid although it was due before today."""

    number: str
    issued: date | None
    period: str
    amount: Decimal | None
    due: date | None
    status: str
    is_paid: bool
    is_overdue: bool


class Owed(NamedTuple):
    """What is owed for several accounts together, and the next or earliest day on which an unpaid invoice is due."""

    headline: str
    detail: str
    is_overdue: bool


def invoices_of(items: Iterable[dict[str, Any]], account_id: str, today: date) -> list[Invoice]:
    """Return the invoices of an account, the newest first."""
    found = [_invoice(item, today) for item in items if item.get("accountId") == account_id]
    return sorted(found, key=lambda invoice: (invoice.issued or date.min, invoice.number), reverse=True)[:MOST_INVOICES]


def bill_chart(invoices: Sequence[Invoice]) -> Chart | None:
    """Return a chart of the amounts from the oldest to the newest. A credit is below zero."""
    known = [
        (invoice.issued, invoice.amount, invoice)
        for invoice in reversed(invoices)
        if invoice.issued is not None and invoice.amount is not None
    ]
    if not known:
        return None
    columns = [
        Column(
            label=f"{issued:%b}",
            sublabel=year,
            description=f"{day(issued)}: {dollars(amount)}, {invoice.status.lower()}",
            up=max(amount, Decimal(0)),
            down=max(-amount, Decimal(0)),
            up_kind="use" if invoice.is_paid else "unpaid",
        )
        for (issued, amount, invoice), year in zip(known, years([issued for issued, _, _ in known]), strict=True)
    ]
    amounts = [amount for _, amount, _ in known]
    first, last = columns[0].description, columns[-1].description
    summary = (
        f"Amounts of {len(columns)} bills, from {dollars(min(amounts))} to {dollars(max(amounts))}. "
        f"The oldest is of {first}. The newest is of {last}. The table below has all of them."
    )
    return bar_chart(columns, summary=summary, level_text=rounded_dollars)


def balance_text(balance: Decimal | None) -> str:
    """Return what a balance means. A positive one is owed, a negative one is a credit (C-B1)."""
    if balance is None:
        return ""
    if balance > 0:
        return f"You owe {dollars(balance)}"
    return f"You are {dollars(-balance)} in credit" if balance < 0 else "Nothing to pay"


def balances(items: Iterable[dict[str, Any]]) -> dict[str, Decimal]:
    """Return the balance of each account by its id."""
    known = ((item.get("accountId"), amount_of(item.get("balance"))) for item in items)
    return {account: amount for account, amount in known if isinstance(account, str) and amount is not None}


def owed(amounts: Iterable[Decimal], invoices: Iterable[Invoice]) -> Owed | None:
    """Return what is owed together. Credits do not reduce what another account owes.

    Without any balance it is how many bills are not paid: the rest of a bill that is partly paid is not known. None if
    there are no such bills either.
    """
    known = list(amounts)
    total = sum((amount for amount in known if amount > 0), Decimal(0))
    credit = -sum((amount for amount in known if amount < 0), Decimal(0))
    unpaid = [invoice for invoice in invoices if not invoice.is_paid and invoice.due is not None]
    details = [f"{'Another account is' if total else 'You are'} {dollars(credit)} in credit"] if credit else []
    is_overdue = any(invoice.is_overdue for invoice in unpaid)
    if not known and not unpaid:
        return None
    if unpaid and known and not total:
        details.append(f"Your retailer still lists {_not_paid(len(unpaid))}")
    elif unpaid:
        due = day(min(invoice.due for invoice in unpaid if invoice.due is not None))
        details.append(f"An unpaid bill was due on {due}" if is_overdue else f"The next bill is due on {due}")
    headline = f"You owe {dollars(total)}" if total else "Nothing to pay"
    if not known:
        headline = f"You have {_not_paid(len(unpaid))}"
    return Owed(
        headline, "".join(f"{detail}. " for detail in details).strip(), is_overdue and (bool(total) or not known)
    )


def amount_text(amount: Decimal | None) -> str:
    """Return an amount of a bill for a table, with the word for a credit, which a minus sign alone could hide.

    A bill may have no amount: `invoiceAmount` is optional.
    """
    if amount is None:
        return "Not stated"
    text = dollars(amount)
    return f"{text} (credit)" if text.startswith(MINUS) else text


def _invoice(item: dict[str, Any], today: date) -> Invoice:
    status, due = item.get("paymentStatus"), day_of(item.get("dueDate"))
    period = item.get("period")
    period = period if isinstance(period, dict) else {}
    first, last = (day_of(period.get(name)) for name in ("startDate", "endDate"))
    is_paid = status == "PAID"
    return Invoice(
        number=str(item.get("invoiceNumber") or ""),
        issued=day_of(item.get("issueDate")),
        period=between(first, last),
        amount=amount_of(item.get("invoiceAmount")),
        due=due,
        status=_STATUS.get(status, "Unknown") if isinstance(status, str) else "Unknown",
        is_paid=is_paid,
        is_overdue=not is_paid and due is not None and due < today,
    )


def _not_paid(count: int) -> str:
    return "one bill that is not paid in full" if count == 1 else f"{count} bills that are not paid in full"
