"""Transactions of tests: reading and changing rows of a tenant, and calling its stores."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from haas.database import Database
from tenants.notices.tables import outbox
from tenants.registry.models import Tenant


async def run(database: Database, tenant: Tenant, function: Any, *arguments: Any, **named: Any) -> Any:
    """Call a function of a store or a service in a transaction of its own; return what it returns."""
    async with database.transaction(tenant.namespace) as tx:
        return await function(tx, *arguments, **named)


async def execute(database: Database, tenant: Tenant, statement: Any) -> list[Any]:
    """Execute a statement in a transaction of its own; return its rows, or an empty list."""
    async with database.transaction(tenant.namespace) as tx:
        result = await tx.execute(statement)
        return list(result.all()) if result.returns_rows else []


async def one(database: Database, tenant: Tenant, table: Any, *conditions: Any, **key: object) -> Any:
    """Return the one row of a table that meets the conditions and has the values of `key`."""
    wanted = [*conditions, *(table.c[name] == value for name, value in key.items())]
    (row,) = await execute(database, tenant, select(table).where(*wanted))
    return row


async def count(database: Database, tenant: Tenant, table: Any, *conditions: Any) -> int:
    """Return how many rows of a table meet the conditions."""
    ((number,),) = await execute(database, tenant, select(func.count()).select_from(table).where(*conditions))
    return int(number)


async def notice(database: Database, tenant: Tenant, notice_id: object) -> Any:
    """Return the row of a notice in the outbox."""
    return await one(database, tenant, outbox, id=notice_id)


async def notices_of(database: Database, tenant: Tenant, arrangement_id: UUID | str | None) -> list[Any]:
    """Return the rows of the outbox that are about an arrangement."""
    about = outbox.c.payload["arrangement_id"].astext == str(arrangement_id)
    return await execute(database, tenant, select(outbox).where(about))
