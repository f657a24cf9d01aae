"""SQL that writes imported rows in bulk. It updates rows by key. It never changes a disclosure option that is set."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from haas.database import Transaction
from tenants.accounts.tables import disclosure_option
from tenants.imports.periods import DatedPeriod, Pair
from tenants.parties.tables import login

ImportTable = Table
"""A table that an import writes to."""


async def lock(tx: Transaction) -> None:
    """Wait until no other import of the tenant has an open transaction, and prevent others until this one ends."""
    await tx.execute(
        select(func.pg_advisory_xact_lock(func.hashtext(func.concat("haas import ", func.current_user()))))
    )


async def upsert(tx: Transaction, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert `rows`; update the rows that exist with the same primary key."""
    if not rows:
        return
    statement = insert(table)
    key = [column.name for column in table.primary_key.columns]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    await tx.execute(statement.on_conflict_do_update(index_elements=key, set_=changed), list(rows))


async def replace(tx: Transaction, table: Table, accounts: Iterable[UUID], rows: Sequence[dict[str, Any]]) -> None:
    """Replace all rows of `table` that belong to `accounts` by `rows`."""
    await tx.execute(delete(table).where(table.c.account_id.in_(list(accounts))))
    await upsert(tx, table, rows)


async def stored_periods(tx: Transaction, table: Table, owners: Iterable[UUID]) -> dict[Pair, list[DatedPeriod]]:
    """Return the periods of `table` (holding or representation) for `owners`, the ids in its first key column."""
    owner = next(iter(table.primary_key.columns))
    return await _periods(tx, table, owner.in_(list(owners)))


async def unended_periods(tx: Transaction, table: Table, today: date) -> dict[Pair, list[DatedPeriod]]:
    """Return the periods of `table` (holding or representation) that include `today` or a later day."""
    return await _periods(tx, table, or_(table.c.valid_to.is_(None), table.c.valid_to >= today))


async def _periods(tx: Transaction, table: Table, which: ColumnElement[bool]) -> dict[Pair, list[DatedPeriod]]:
    owner, other = list(table.primary_key.columns)[:2]
    query: Select[Any] = select(
        owner.label("one"), other.label("other"), table.c.valid_from, table.c.valid_to, table.c.role
    )
    found: dict[Pair, list[DatedPeriod]] = {}
    for row in await tx.execute(query.where(which).order_by(table.c.valid_from)):
        found.setdefault((row.one, row.other), []).append(DatedPeriod(row.valid_from, row.valid_to, row.role))
    return found


async def write_periods(
    tx: Transaction,
    table: Table,
    before: Mapping[Pair, Sequence[DatedPeriod]],
    after: Mapping[Pair, Sequence[DatedPeriod]],
) -> None:
    """Change the periods of `table` (holding or representation) from `before` to `after`."""
    owner, other = list(table.primary_key.columns)[:2]

    def row(pair: Pair, period: DatedPeriod) -> dict[str, Any]:
        dates = {"valid_from": period.first, "valid_to": period.last}
        return {owner.name: pair[0], other.name: pair[1], **dates, "role": period.role}

    removed = [
        {"one": pair[0], "two": pair[1], "first": first}
        for pair, periods in before.items()
        for first in {period.first for period in periods} - {period.first for period in after.get(pair, ())}
    ]
    if removed:
        where = (owner == bindparam("one"), other == bindparam("two"), table.c.valid_from == bindparam("first"))
        await tx.execute(delete(table).where(*where), removed)
    # Ends are written before new open periods: a login can be `self` for one customer only in an open period.
    written = [
        row(pair, period) for pair, periods in after.items() for period in periods if period not in before.get(pair, ())
    ]
    await upsert(tx, table, sorted(written, key=lambda each: each["valid_to"] is None))


async def insert_missing_options(tx: Transaction, rows: Sequence[dict[str, Any]]) -> dict[UUID, str]:
    """Insert the options of accounts that have none; return the resulting option of every account in `rows`."""
    if not rows:
        return {}
    await tx.execute(insert(disclosure_option).on_conflict_do_nothing(), list(rows))
    found = await tx.execute(
        select(disclosure_option.c.account_id, disclosure_option.c.option).where(
            disclosure_option.c.account_id.in_([row["account_id"] for row in rows])
        )
    )
    return {row.account_id: row.option for row in found}


async def stored_logins(tx: Transaction, ids: Iterable[UUID], identifiers: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows of the logins with one of `ids`, and of those with one of `identifiers` that are not disabled."""
    holders = and_(login.c.identifier.in_(list(identifiers)), login.c.disabled_at.is_(None))
    found = await tx.execute(select(login).where(or_(login.c.id.in_(list(ids)), holders)))
    return [dict(row) for row in found.mappings()]


async def enabled_logins(tx: Transaction) -> set[UUID]:
    """Return the ids of the logins that are not disabled."""
    return set((await tx.execute(select(login.c.id).where(login.c.disabled_at.is_(None)))).scalars())


async def disable_logins(tx: Transaction, ids: Iterable[UUID], now: datetime) -> None:
    """Disable logins."""
    disabled = [{"which": each} for each in ids]
    if disabled:
        changed = update(login).where(login.c.id == bindparam("which")).values(disabled_at=now, updated_at=now)
        await tx.execute(changed, disabled)


async def existing_ids(tx: Transaction, table: Table, ids: Iterable[UUID]) -> set[UUID]:
    """Return those of `ids` for which `table` has a row."""
    wanted = list(ids)
    if not wanted:
        return set()
    found = await tx.execute(select(table.c.id).where(table.c.id.in_(wanted)))
    return set(found.scalars())
