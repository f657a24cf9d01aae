"""Tests of the constraints of tables, with a row that breaks each of them."""

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
    """Assert that the good row can be written and that the changed row breaks the constraint.

    A row that breaks a unique key is written after the good row."""
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
