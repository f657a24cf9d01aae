"""Migrates the schema of every tenant to the newest revision.

Each schema is migrated in its own transaction, so that another run can complete an interrupted run.
"""

import asyncio
from itertools import islice
from typing import Final

import msgspec
from sqlalchemy import column, literal, select, table, text, union_all
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from haas.database import UnknownNode
from haas.errors import Unavailable
from haas.progress import NO_PROGRESS, Progress
from haas.settings import OwnerSettings
from ops.migrations.chains import CONTROL, TENANT, VERSION_TABLE, Chain
from ops.migrations.connection import as_owner, owner_connection
from tenants.registry.names import Roles
from tenants.registry.tables import brand
from tenants.schema_metadata import CONTROL_SCHEMA

SCHEMAS_PER_QUERY: Final = 200
TABLE_LOCK_TIMEOUT: Final = "200ms"
"""How long a migration waits for the lock of a table that requests use.

During this time, later requests wait for the migration. The value is less than the server's `deadlock_timeout` of
one second, so that in a deadlock with a request the migration fails and not the request.
"""
TRIES: Final = 30
SECONDS_BETWEEN_TRIES: Final = 0.2  # in this time, the waiting requests are served
_LOCKED: Final = frozenset({"55P03", "40P01"})  # lock_not_available, deadlock_detected


class MigrationFailure(msgspec.Struct, frozen=True):
    """A tenant whose schema was not migrated, and the reason."""

    slug: str
    reason: str


class MigrationResult(msgspec.Struct, frozen=True):
    """The result of one run: slugs of migrated tenants, slugs of tenants that needed no migration, and failures."""

    migrated: list[str]
    current: list[str]
    failed: list[MigrationFailure]


class MigrationStatus(msgspec.Struct, frozen=True):
    """The revisions of the schemas. None: no revision was applied to the schema."""

    control: str | None
    control_head: str
    tenants: dict[str, str | None]
    tenant_head: str

    @property
    def behind(self) -> list[str]:
        """The tenants whose schema is not at the newest revision."""
        return [slug for slug, revision in self.tenants.items() if revision != self.tenant_head]


async def migrate_tenants(
    settings: OwnerSettings, progress: Progress = NO_PROGRESS, *, chain: Chain = TENANT, only: str | None = None
) -> MigrationResult:
    """Upgrade the schema of each tenant to the newest revision. Failures are in the result; the next run tries again.

    `only` is the slug of the only tenant that is migrated.

    Tenants of a database node that has no URL in the settings are failures too. Raise Unavailable if a database does
    not answer or the connection is lost. Schemas that were migrated before stay migrated.
    """
    result = MigrationResult([], [], [])
    for node, found in (await _schemas_by_node(settings)).items():
        tenants = {slug: schema for slug, schema in found.items() if only in (None, slug)}
        try:
            async with owner_connection(settings, node) as connection:
                await _migrate_node(connection, Roles(settings.role_prefix), tenants, chain, result, progress=progress)
        except UnknownNode as error:
            result.failed.extend(MigrationFailure(slug, str(error)) for slug in tenants)
    return result


async def status(settings: OwnerSettings, *, chain: Chain = TENANT) -> MigrationStatus:
    """Return the revisions of the control schema and of the schema of every tenant. Raise Unavailable."""
    async with owner_connection(settings) as connection, connection.begin():
        control = await connection.run_sync(CONTROL.revision, CONTROL_SCHEMA)
    revisions: dict[str, str | None] = {}
    for node, tenants in ({} if control is None else await _schemas_by_node(settings)).items():
        async with owner_connection(settings, node) as connection:
            by_schema = await _revisions(connection, Roles(settings.role_prefix), list(tenants.values()))
        revisions.update((slug, by_schema[schema]) for slug, schema in tenants.items())
    return MigrationStatus(
        control=control, control_head=CONTROL.head, tenants=dict(sorted(revisions.items())), tenant_head=chain.head
    )


async def _schemas_by_node(settings: OwnerSettings) -> dict[str, dict[str, str]]:
    """Return the schemas of the tenants by database node and slug."""
    # The schema of a tenant that is being created or deleted may not exist.
    complete = brand.c.state.in_(("active", "suspended"))
    nodes: dict[str, dict[str, str]] = {}
    async with owner_connection(settings) as connection, connection.begin():
        await as_owner(connection, Roles(settings.role_prefix))
        columns = (brand.c.node, brand.c.slug, brand.c.schema_name)
        for row in await connection.execute(select(*columns).where(complete).order_by(*columns)):
            nodes.setdefault(row.node, {})[row.slug] = row.schema_name
    return nodes


async def _migrate_node(
    connection: AsyncConnection,
    roles: Roles,
    tenants: dict[str, str],
    chain: Chain,
    result: MigrationResult,
    *,
    progress: Progress,
) -> None:
    """Migrate the `tenants` (slug → schema) of the node of `connection`, and add to `result`."""
    revisions = await _revisions(connection, roles, list(tenants.values()))
    behind = {slug: schema for slug, schema in tenants.items() if revisions[schema] != chain.head}
    result.current.extend(slug for slug in tenants if slug not in behind)
    with progress.bar("tenant schemas", len(behind)) as advance:
        for slug, schema in behind.items():
            try:
                migrated = await _migrate(connection, roles, schema, chain)
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise Unavailable(
                        f"the connection was lost at {slug}; run the command again to continue: {error.orig}"
                    ) from error
                result.failed.append(MigrationFailure(slug, str(error.orig).strip()))
                progress.line(f"{slug}: failed and was not changed: {str(error.orig).strip()}")
            else:
                (result.migrated if migrated else result.current).append(slug)
            advance()


async def _revisions(connection: AsyncConnection, roles: Roles, schemas: list[str]) -> dict[str, str | None]:
    """Return the revision of each schema, or None if it has none. One query reads SCHEMAS_PER_QUERY schemas."""
    revisions: dict[str, str | None] = dict.fromkeys(schemas)
    if not schemas:
        return revisions
    async with connection.begin():
        await as_owner(connection, roles)
        versioned = await connection.execute(
            text(
                "SELECT nspname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
                " WHERE relname = :table AND relkind = 'r' AND nspname = ANY(:schemas)"
            ),
            {"table": VERSION_TABLE, "schemas": schemas},
        )
        remaining = iter(versioned.scalars().all())
        while batch := list(islice(remaining, SCHEMAS_PER_QUERY)):
            versions = [
                select(literal(schema), column("version_num")).select_from(table(VERSION_TABLE, schema=schema))
                for schema in batch
            ]
            revisions.update((row[0], row[1]) for row in await connection.execute(union_all(*versions)))
    return revisions


async def _migrate(connection: AsyncConnection, roles: Roles, schema: str, chain: Chain) -> bool:
    """Upgrade one schema; try again while its tables are locked. Return False if it was up to date."""
    for _ in range(TRIES - 1):
        try:
            return await _upgrade(connection, roles, schema, chain)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _LOCKED:
                raise
        await asyncio.sleep(SECONDS_BETWEEN_TRIES)
    return await _upgrade(connection, roles, schema, chain)


async def _upgrade(connection: AsyncConnection, roles: Roles, schema: str, chain: Chain) -> bool:
    """Upgrade one schema in one transaction. Return False if it was up to date."""
    async with connection.begin():
        await as_owner(connection, roles)
        # Of two concurrent runs, one waits here and then finds that the schema is up to date.
        await connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext($1))", (f"haas migrate {schema}",))
        if await connection.run_sync(chain.revision, schema) == chain.head:
            return False
        await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{TABLE_LOCK_TIMEOUT}'")
        await connection.run_sync(chain.upgrade, schema)
        return True
