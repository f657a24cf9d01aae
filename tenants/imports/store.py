"""Writing rows in bulk: what is there already is changed, by its key."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects.postgresql import insert

from haas.database import Transaction
from tenants.accounts.tables import supply

Target = Table
"""A table that import writes to."""


async def put(tx: Transaction, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert `rows`, or change the rows that have the same primary key."""
    if not rows:
        return
    statement = insert(table)
    key = [column.name for column in table.primary_key.columns]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    await tx.execute(statement.on_conflict_do_update(index_elements=key, set_=changed), list(rows))


async def replace_supply(tx: Transaction, accounts: Iterable[UUID], rows: Sequence[dict[str, Any]]) -> None:
    """Make `rows` all that is known of which service points supply `accounts`."""
    await tx.execute(delete(supply).where(supply.c.account_id.in_(list(accounts))))
    await put(tx, supply, rows)


async def existing(tx: Transaction, table: Table, ids: Iterable[UUID]) -> set[UUID]:
    """Return those of `ids` that `table` has a row for."""
    wanted = list(ids)
    if not wanted:
        return set()
    found = await tx.execute(select(table.c.id).where(table.c.id.in_(wanted)))
    return set(found.scalars())
