"""Load the periods in which a customer, an account, or a customer for one account is not eligible to share data.

Those that the retailer's staff has set here are not changed.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import get_args
from uuid import UUID

from haas.database import Transaction
from tenants.accounts.internal_ids import InternalIdKind, internal_id
from tenants.accounts.models import IneligibilityReason
from tenants.accounts.tables import account, ineligibility
from tenants.imports import store
from tenants.imports.periods import DatedPeriod, Ineligible, ended, with_period
from tenants.imports.records import (
    EndIneligibilityRecord,
    IneligibilityRecord,
    IneligibilityStatement,
    ListedIneligibilityRecord,
)
from tenants.imports.report import FileLocation, Report
from tenants.parties.tables import customer

_Subject = tuple[UUID | None, UUID | None]


async def load_ineligibilities(
    tx: Transaction,
    statements: Sequence[tuple[FileLocation, IneligibilityStatement]],
    report: Report,
    source: store.IneligibilitySource,
) -> Counter[str]:
    """Write the periods that `statements` change, and report those that cannot be loaded. Return what was loaded."""
    if not statements:
        return Counter()
    loader = _Periods(report)
    subjects = [(_id_of("customer", each.customer), _id_of("account", each.account)) for _, each in statements]
    customers = await store.existing_ids(tx, customer, {each for each, _ in subjects if each})
    accounts = await store.existing_ids(tx, account, {each for _, each in subjects if each})
    before, loader.of_staff = await store.stored_ineligibilities(tx, customers, accounts)
    loader.periods = dict(before)
    for (location, record), subject in zip(statements, subjects, strict=True):
        missing = _missing(record, subject, customers, accounts)
        if missing is None:
            loader.load(location, record, subject)
        else:
            report.add_problem(location, f"refers to the {missing}, which is not loaded")
    await store.write_ineligibilities(tx, before, loader.periods, source)
    return loader.loaded


class _Periods:
    """The periods that are stored, with the changes of each statement after those of the one before it."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.periods: dict[Ineligible, list[DatedPeriod]] = {}
        self.of_staff: set[tuple[Ineligible, date]] = set()
        self.loaded: Counter[str] = Counter()

    def load(self, location: FileLocation, record: IneligibilityStatement, subject: _Subject) -> None:
        """Change the periods of a subject, or report why that is not possible."""
        if isinstance(record, ListedIneligibilityRecord):
            self._replace(location, record, subject)
            return
        key = (*subject, record.reason)
        stored = self.periods.get(key, [])
        if isinstance(record, EndIneligibilityRecord):
            if stored:
                self.periods[key] = ended(stored, record.valid_to)
                self.loaded[f"end of {ineligibility.name}"] += 1
            else:
                self._report.add_problem(location, f"there is no {ineligibility.name} to end")
            return
        self._add(location, record, key)

    def _replace(self, location: FileLocation, record: ListedIneligibilityRecord, subject: _Subject) -> None:
        """Let the listed periods be the only ones of the subject from now on."""
        for reason in get_args(IneligibilityReason):
            key = (*subject, reason)
            if key in self.periods:
                self.periods[key] = ended(self.periods[key], record.last_day)
        for listed in record.periods:
            self._add(location, listed, (*subject, listed.reason))

    def _add(self, location: FileLocation, record: IneligibilityRecord, key: Ineligible) -> None:
        if (key, record.valid_from) in self.of_staff:
            self._report.add_problem(location, "another source has set this period; an import cannot change it")
            return
        try:
            changed = with_period(self.periods.get(key, []), record.valid_from, record.valid_to, record.reason)
        except ValueError as error:
            self._report.add_problem(location, str(error))
            return
        self.periods[key] = changed
        self.loaded[ineligibility.name] += 1


def _missing(
    record: IneligibilityStatement, subject: _Subject, customers: set[UUID], accounts: set[UUID]
) -> str | None:
    """Return which object of a statement is not stored, or None."""
    customer_id, account_id = subject
    if customer_id is not None and customer_id not in customers:
        return f"customer {record.customer!r}"
    if account_id is not None and account_id not in accounts:
        return f"account {record.account!r}"
    return None


def _id_of(kind: InternalIdKind, reference: str | None) -> UUID | None:
    return None if reference is None else internal_id(kind, reference)
