"""The rows of logins that a batch of records changes, and the report of identifiers that belong to another person.

Two identifiers clash if they have the same canonical form, for example if they differ only in case, width, spaces,
invisible characters, the form of a dash or full stops at the end, or in ß and ss. The login that was imported first
keeps the identifier. The later record is reported and not loaded. The identifier of a disabled login can be given to
another login. That login gets no data of the disabled one, because all data refers to the id of a login, which is
derived from the retailer's reference of the person.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from haas.database import Transaction
from tenants.accounts.internal_ids import internal_id
from tenants.imports import rows, store
from tenants.imports.records import EndLoginRecord, LoginChange, LoginRecord
from tenants.imports.report import FileLocation, Report
from tenants.parties.models import canonical_identifier
from tenants.parties.tables import login


async def login_rows(
    tx: Transaction, changes: Sequence[tuple[FileLocation, LoginChange]], report: Report, now: datetime
) -> list[rows.Row]:
    """Return the complete rows to write for `changes`, in the order in which they must be written."""
    if not changes:
        return []
    logins = _Logins(
        await store.stored_logins(
            tx,
            {_login_id(record) for _, record in changes},
            {canonical_identifier(record.identifier) for _, record in changes if isinstance(record, LoginRecord)},
        ),
        report,
    )
    for location, record in changes:
        if isinstance(record, LoginRecord):
            logins.load(location, record, now)
        else:
            logins.end(location, record, now)
    return logins.written


class _Logins:
    """The logins that a batch changes, in their state after the records that were applied so far."""

    def __init__(self, stored: list[rows.Row], report: Report) -> None:
        self._rows: dict[UUID, rows.Row] = {row["id"]: row for row in stored}
        self._holders: dict[str, UUID] = {row["identifier"]: row["id"] for row in stored if row["disabled_at"] is None}
        self._report = report
        self.written: list[rows.Row] = []

    def load(self, location: FileLocation, record: LoginRecord, now: datetime) -> None:
        """Apply a login record, or report that its identifier belongs to another login."""
        row = rows.login_row(record, f"{location.file}:{location.line}", now)
        before: rows.Row = self._rows.get(row["id"], dict.fromkeys(login.c.keys()))
        disabled_at = before["disabled_at"]
        if isinstance(record.disabled, bool):
            disabled_at = (disabled_at or now) if record.disabled else None
        row = before | row | {"disabled_at": disabled_at}
        holder = self._holders.get(row["identifier"])
        if disabled_at is None and holder is not None and holder != row["id"]:
            other = self._rows[holder]
            self._report.add_problem(
                location,
                f"the identifier {record.identifier!r} belongs to the login {other['reference']!r}"
                f" ({other['source'] or 'not imported'})",
            )
        else:
            self._write(row)

    def end(self, location: FileLocation, record: EndLoginRecord, now: datetime) -> None:
        """Disable a login, or report that there is none."""
        row = self._rows.get(_login_id(record))
        if row is None:
            self._report.add_problem(location, f"there is no login {record.login!r} to end")
        else:
            self._write({**row, "disabled_at": row["disabled_at"] or now, "updated_at": now})

    def _write(self, row: rows.Row) -> None:
        before = self._rows.get(row["id"])
        if before is not None and before["disabled_at"] is None:
            del self._holders[before["identifier"]]
        if row["disabled_at"] is None:
            self._holders[row["identifier"]] = row["id"]
        self._rows[row["id"]] = row
        self.written.append(row)


def _login_id(record: LoginChange) -> UUID:
    return internal_id("login", record.reference if isinstance(record, LoginRecord) else record.login)
