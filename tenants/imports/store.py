"""SQL that writes imported rows in bulk. It updates rows by key and never changes what a person has decided."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, or_, select
from sqlalchemy.dialects.postgresql import insert

from haas.database import Transaction
from tenants.accounts.tables import disclosure_option, holding, supply
from tenants.parties.tables import representation

ImportTable = Table
"""A table that an import writes to."""


async def upsert(tx: Transaction, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert `rows`; update the rows that exist with the same primary key."""
    if not rows:
        return
    statement = insert(table)
    key = [column.name for column in table.primary_key.columns]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    await tx.execute(statement.on_conflict_do_update(index_elements=key, set_=changed), list(rows))


async def replace_supply(tx: Transaction, accounts: Iterable[UUID], rows: Sequence[dict[str, Any]]) -> None:
    """Replace all supply rows of `accounts` by `rows`."""
    await tx.execute(delete(supply).where(supply.c.account_id.in_(list(accounts))))
    await upsert(tx, supply, rows)


async def upsert_holdings(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Insert periods of holdings. Each replaces the stored periods of the same customer and account that it overlaps.

    No two of `rows` may overlap for one customer and account. Stored periods without an overlap remain unchanged.
    """
    if not rows:
        return
    overlapped = delete(holding).where(
        holding.c.customer_id == bindparam("of_customer"),
        holding.c.account_id == bindparam("of_account"),
        holding.c.valid_from != bindparam("first"),
        or_(bindparam("last", type_=holding.c.valid_to.type).is_(None), holding.c.valid_from <= bindparam("last")),
        or_(holding.c.valid_to.is_(None), holding.c.valid_to >= bindparam("first")),
    )
    periods = [
        {
            "of_customer": row["customer_id"],
            "of_account": row["account_id"],
            "first": row["valid_from"],
            "last": row["valid_to"],
        }
        for row in rows
    ]
    await tx.execute(overlapped, periods)
    await upsert(tx, holding, rows)


async def insert_missing_options(tx: Transaction, rows: Sequence[dict[str, Any]]) -> dict[UUID, str]:
    """Insert the options of accounts that have none; return the options that all these accounts then have."""
    if not rows:
        return {}
    await tx.execute(insert(disclosure_option).on_conflict_do_nothing(), list(rows))
    found = await tx.execute(
        select(disclosure_option.c.account_id, disclosure_option.c.option).where(
            disclosure_option.c.account_id.in_([row["account_id"] for row in rows])
        )
    )
    return {row.account_id: row.option for row in found}


async def self_represented_customers(tx: Transaction, logins: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the customer of each of `logins` that is `self` for a customer."""
    found = await tx.execute(
        select(representation.c.login_id, representation.c.customer_id).where(
            representation.c.login_id.in_(list(logins)),
            representation.c.role == "self",
            representation.c.valid_to.is_(None),
        )
    )
    return {row.login_id: row.customer_id for row in found}


async def existing_ids(tx: Transaction, table: Table, ids: Iterable[UUID]) -> set[UUID]:
    """Return those of `ids` for which `table` has a row."""
    wanted = list(ids)
    if not wanted:
        return set()
    found = await tx.execute(select(table.c.id).where(table.c.id.in_(wanted)))
    return set(found.scalars())
