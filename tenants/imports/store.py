"""Writing rows in bulk: what is there already is changed, by its key; what somebody has decided stays."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, or_, select
from sqlalchemy.dialects.postgresql import insert

from haas.database import Transaction
from tenants.accounts.tables import disclosure_option, holding, supply
from tenants.parties.tables import representation

ImportTable = Table
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


async def put_holdings(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Write periods of holdings, no two of which overlap for one customer and account; each replaces what it overlaps.

    A period that it does not overlap, before or after, stays beside it.
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
    await put(tx, holding, rows)


async def put_first_options(tx: Transaction, rows: Sequence[dict[str, Any]]) -> dict[UUID, str]:
    """Give disclosure options to the accounts that have none; return the options that all of them have then."""
    if not rows:
        return {}
    await tx.execute(insert(disclosure_option).on_conflict_do_nothing(), list(rows))
    found = await tx.execute(
        select(disclosure_option.c.account_id, disclosure_option.c.option).where(
            disclosure_option.c.account_id.in_([row["account_id"] for row in rows])
        )
    )
    return {row.account_id: row.option for row in found}


async def own_customers(tx: Transaction, logins: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return, of those `logins` that are `self` for a customer, which one that is."""
    found = await tx.execute(
        select(representation.c.login_id, representation.c.customer_id).where(
            representation.c.login_id.in_(list(logins)),
            representation.c.role == "self",
            representation.c.valid_to.is_(None),
        )
    )
    return {row.login_id: row.customer_id for row in found}


async def existing(tx: Transaction, table: Table, ids: Iterable[UUID]) -> set[UUID]:
    """Return those of `ids` that `table` has a row for."""
    wanted = list(ids)
    if not wanted:
        return set()
    found = await tx.execute(select(table.c.id).where(table.c.id.in_(wanted)))
    return set(found.scalars())
