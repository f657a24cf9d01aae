"""The energy accounts as the recipient's page shows them: plan, balance, bills, how they are paid, and concessions."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from ops.sandbox.recipient.bills import Invoice, Owed, balance_text, balances, bill_chart, invoices_of, owed
from ops.sandbox.recipient.charts import Chart
from ops.sandbox.recipient.data import (
    ACCOUNTS,
    BALANCES,
    CONCESSIONS,
    INVOICES,
    PAYMENT_SCHEDULE,
    answer_of,
    data_of,
    items_of,
)
from ops.sandbox.recipient.formats import day, day_of, objects
from ops.sandbox.recipient.payments import Concession, concessions, schedules
from ops.sandbox.recipient.records import Arrangement, Fetched


class AccountView(NamedTuple):
    """One account. A list is None when it was not read: it was not shared, or there was an error."""

    name: str
    number: str
    is_open: bool
    since: str
    plans: list[str]
    balance: str
    invoices: list[Invoice] | None
    chart: Chart | None
    schedules: list[str] | None
    concessions: list[Concession] | None


class AccountsView(NamedTuple):
    """All accounts, and what is owed for them together. `owed` is None if no balance is known."""

    accounts: list[AccountView]
    owed: Owed | None


def accounts_view(arrangement: Arrangement, today: date) -> AccountsView:
    """Return the accounts that were read. Those that only have a balance or invoices are there too, without a name."""
    answers = arrangement.fetched
    items = {str(account.get("accountId")): account for account in items_of(answers, ACCOUNTS)}
    amounts, bills = balances(items_of(answers, BALANCES)), items_of(answers, INVOICES)
    others = (str(bill.get("accountId")) for bill in bills)
    ids = list(dict.fromkeys((*items, *amounts, *others)))
    invoices = {id_: invoices_of(bills, id_, today) for id_ in ids}
    were_read = bool(data_of(answer_of(answers, INVOICES)))
    accounts = [
        _account(
            answers,
            id_,
            items.get(id_, {}),
            f"Energy account {number}",
            balance=balance_text(amounts.get(id_)),
            invoices=invoices[id_] if were_read else None,
        )
        for number, id_ in enumerate(ids, start=1)
    ]
    together = owed(amounts.values(), (invoice for of_account in invoices.values() for invoice in of_account))
    return AccountsView(accounts, together)


def _account(
    answers: Sequence[Fetched],
    id_: str,
    account: dict[str, Any],
    name: str,
    *,
    balance: str,
    invoices: list[Invoice] | None,
) -> AccountView:
    schedule, concession = (
        data_of(answer_of(answers, operation, id_)) for operation in (PAYMENT_SCHEDULE, CONCESSIONS)
    )
    return AccountView(
        name=str(account.get("displayName") or name),
        number=str(account.get("accountNumber") or ""),
        is_open=account.get("openStatus") != "CLOSED",
        since=day(day_of(account.get("creationDate"))),
        plans=_plans(account),
        balance=balance,
        invoices=invoices,
        chart=bill_chart(invoices or []),
        schedules=schedules(objects(schedule.get("paymentSchedules"))) if schedule else None,
        concessions=concessions(objects(concession.get("concessions"))) if concession else None,
    )


def _plans(account: dict[str, Any]) -> list[str]:
    """Return the plans of an account: the name that the customer knows, and until when a plan that has ended ran."""
    plans = []
    for plan in objects(account.get("plans")):
        overview = plan.get("planOverview")
        overview = overview if isinstance(overview, dict) else {}
        name, ended = plan.get("nickname") or overview.get("displayName"), day(day_of(overview.get("endDate")))
        if name:
            plans.append(f"{name} (until {ended})" if ended else str(name))
    return list(dict.fromkeys(plans))
