"""Connections for migrations with the owner's login. They do not use the pools of the application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from haas.database import UnknownNode
from haas.errors import Unavailable
from haas.settings import MAIN_NODE, OwnerSettings, database_variable
from tenants.registry.names import Roles

LOCK_TIMEOUT = "5s"  # after this time, waiting for a lock ends with an error


@asynccontextmanager
async def owner_connection(settings: OwnerSettings, node: str = MAIN_NODE) -> AsyncIterator[AsyncConnection]:
    """Open a connection to a database node with the owner's login. Raise Unavailable, UnknownNode."""
    url = settings.owner_database_urls.get(node)
    if url is None:
        raise UnknownNode(node)
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        poolclass=NullPool,
        connect_args={
            "timeout": 5,
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "server_settings": {"application_name": "haas-migrate", "search_path": "", "lock_timeout": LOCK_TIMEOUT},
        },
    )
    try:
        connection = await engine.connect()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError) as error:
        raise Unavailable(
            f"the database of {database_variable(node, 'owner')} accepted no connection:"
            f" {error or type(error).__name__}"
        ) from error
    try:
        yield connection
    finally:
        await connection.close()
        await engine.dispose()


async def as_owner(connection: AsyncConnection, roles: Roles) -> None:
    """Set the role that owns all objects until the transaction ends."""
    await connection.exec_driver_sql(f"SET LOCAL ROLE {roles.owner}")
