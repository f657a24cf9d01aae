"""One moment of a database, which several connections see: the rows that are counted are those that pg_dump writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec

from haas.errors import Unavailable
from haas.settings import database_variable
from ops.backup.errors import BackupError
from ops.migrations.chains import VERSION_TABLE
from ops.migrations.cluster import login_statements
from tenants.registry.names import Roles

_PER_MAJOR_VERSION = 10_000
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind = 'r' ORDER BY relname"


class Snapshot(msgspec.Struct, frozen=True):
    """A read-only transaction of the role that may read all tables, and the id with which pg_dump sees the same."""

    connection: asyncpg.Connection
    id: str

    async def fetch(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """Return the rows of a query."""
        rows: list[asyncpg.Record] = await self.connection.fetch(query, *values)
        return rows

    async def server_version(self) -> int:
        """Return the major version of the server."""
        return int(await self.connection.fetchval("SHOW server_version_num")) // _PER_MAJOR_VERSION

    async def has(self, schema: str) -> bool:
        """Return whether there is a schema of this name."""
        return await self.connection.fetchval("SELECT to_regnamespace($1)", schema) is not None

    async def rows(self, schema: str) -> dict[str, int]:
        """Return the number of rows of each table of a schema that exists."""
        tables = [row["relname"] for row in await self.fetch(_TABLES, schema)]
        counts = (f"SELECT '{table}', count(*) FROM {schema}.{table}" for table in tables)
        return {row[0]: row[1] for row in await self.fetch(" UNION ALL ".join(counts))}

    async def revision(self, schema: str) -> str:
        """Return the revision of a schema that exists."""
        revision: str | None = await self.connection.fetchval(f"SELECT version_num FROM {schema}.{VERSION_TABLE}")
        if revision is None:
            raise BackupError(f"the schema {schema} has no revision: `haas migrate` says why")
        return revision


@asynccontextmanager
async def snapshot(url: str, roles: Roles, node: str) -> AsyncIterator[Snapshot]:
    """Open a snapshot of a database node, until the block ends. Raise BackupError, Unavailable."""
    variable = database_variable(node, "backup")
    try:
        connection = await asyncpg.connect(
            url,
            timeout=10,
            statement_cache_size=0,
            server_settings={
                "application_name": "haas-backup",
                "search_path": "",
                # It is idle while pg_dump works.
                "idle_in_transaction_session_timeout": "0",
            },
        )
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        created = login_statements(roles.backup, roles.prefix)
        raise BackupError(
            f"the login of {variable} was refused: {error}. If it does not exist, a database administrator creates it:"
            f" {created}. Restart the provisioner after that"
        ) from error
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(f"the database of {variable} accepted no connection: {error}") from error
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            try:
                await connection.execute(f"SET LOCAL ROLE {roles.reader}")
            except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError) as error:
                raise BackupError(
                    f"the login of {variable} may not take the role {roles.reader}: {error}. The provisioner grants it"
                    " at its start"
                ) from error
            yield Snapshot(connection, await connection.fetchval("SELECT pg_export_snapshot()"))
    finally:
        await connection.close()
