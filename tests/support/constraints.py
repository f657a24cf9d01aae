"""Trying a table's constraints: for each a row that breaks it, and no constraint left out."""

from typing import Any, NamedTuple

import pytest
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Table, UniqueConstraint, insert
from sqlalchemy.exc import IntegrityError

from haas.database import Database
from tenants.registry.models import Tenant


class Violation(NamedTuple):
    """A row that breaks a constraint: the table's good row with some columns changed."""

    table: Table
    constraint: str
    changes: dict[str, Any]


def names(*tables: Table) -> set[str]:
    """The names of the tables' checks, foreign keys and unique keys."""
    kinds = (CheckConstraint, ForeignKeyConstraint, UniqueConstraint)
    constraints = {str(each.name) for table in tables for each in table.constraints if isinstance(each, kinds)}
    return constraints | {str(index.name) for table in tables for index in table.indexes if index.unique}


async def assert_violated(database: Database, tenant: Tenant, good: dict[str, Any], violation: Violation) -> None:
    """The good row can be written; the changed one breaks that constraint, a unique key beside the good row."""
    table, constraint, changes = violation
    is_good = False
    with pytest.raises(IntegrityError, match=f'"{constraint}"'):
        async with database.transaction(tenant.namespace) as tx:
            await tx.driver.execute("SAVEPOINT before")
            await tx.execute(insert(table).values(good))
            is_good = True
            if not constraint.endswith(("_key", "_ix")):
                await tx.driver.execute("ROLLBACK TO SAVEPOINT before")
            await tx.execute(insert(table).values({**good, **changes}))
    assert is_good
