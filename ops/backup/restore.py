"""Restores a whole deployment into a database without tenants.

The schemas of the tenants are loaded first, several at the same time, and the control schema last. As long as the
control schema is not loaded, there is no tenant, and nothing is served. If something fails before that, the loaded
schemas are dropped. If the process is killed, the next restore drops them: they are marked with a comment.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import uuid4

import msgspec

from haas.clock import clock_from
from haas.database import Namespace
from haas.progress import Progress
from haas.settings import MAIN_NODE, RestoreSettings
from ops.backup.checks import Restorable, require_master_key, require_nodes
from ops.backup.errors import BackupError
from ops.backup.load import Load, literal, load
from ops.backup.manifest import Part
from ops.backup.tenant_schema import end_sessions, revoke_denied
from ops.backup.together import together
from ops.migrations.bootstrap import bootstrap
from ops.migrations.connection import as_owner, owner_connection
from ops.migrations.run import MigrationResult, migrate_tenants
from ops.operator import actor
from tenants.provisioning.service import role_statements, schema_statements
from tenants.registry.names import Roles, tenant_schema
from tenants.schema_metadata import CONTROL_SCHEMA

MARK: Final = "loaded by haas restore"
"""The comment of a schema that a restore has loaded."""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore has done."""

    suspended: list[str]
    """The tenants that were active when the backup was made, and are suspended now."""
    migrated: MigrationResult
    missing_participants: list[str] = []
    """Participants at AEMO that the brand used and this deployment does not have."""


async def restore_deployment(
    settings: RestoreSettings, restorable: Restorable, *, serve: bool, jobs: int, progress: Progress
) -> Restored:
    """Restore everything. With `serve`, the tenants have the states that they had; otherwise none is active.

    Raise BackupError, Unavailable: then no tenant was restored, unless the message says something else.
    """
    manifest, contents = restorable.backup.manifest, restorable.contents
    control = manifest.control
    if control is None:
        raise BackupError("this is the backup of one tenant: name it with --tenant")
    require_master_key(settings, contents.tenants.values())
    await require_nodes(settings, restorable, {MAIN_NODE, *(part.node for part in manifest.parts)})
    if (slug := await _some_tenant(settings)) is not None:
        raise BackupError(
            f"this deployment has tenants already, for example {slug}: a whole backup is restored into an empty"
            " database only. --tenant restores one tenant"
        )
    await bootstrap(settings, progress)
    restore = _Restore(settings, restorable, jobs)
    for part in manifest.tenants.values():
        await restore.drop_leftover(part)
    try:
        with progress.bar("tenants", len(manifest.tenants)) as advance:
            await together(map(restore.tenant, manifest.tenants.values()), advance)
        progress.line("control schema")
        await restore.control(control, clock_from(settings.clock_file).now(), serve=serve)
    except BaseException:
        await asyncio.shield(restore.drop_loaded())
        raise
    await bootstrap(settings, progress)
    active = [slug for slug, tenant in contents.tenants.items() if tenant.state == "active"]
    return Restored(suspended=[] if serve else active, migrated=await migrate_tenants(settings, progress))


async def _some_tenant(settings: RestoreSettings) -> str | None:
    """Return the slug of a tenant of the deployment, or None if there is none."""
    async with owner_connection(settings) as connection, connection.begin():
        exists = "SELECT to_regclass('control.brand') IS NOT NULL"
        if not (await connection.exec_driver_sql(exists)).scalar_one():
            return None
        await as_owner(connection, Roles(settings.role_prefix))
        found = await connection.exec_driver_sql(f"SELECT slug FROM {CONTROL_SCHEMA}.brand LIMIT 1")
        slug: str | None = found.scalar_one_or_none()
        return slug


class _Restore:
    """One restore of a whole deployment."""

    def __init__(self, settings: RestoreSettings, restorable: Restorable, jobs: int) -> None:
        self._settings = settings
        self._roles = Roles(settings.role_prefix)
        self._restorable = restorable
        self._jobs = asyncio.Semaphore(jobs)
        self._loaded: list[tuple[Part, bool]] = []
        """The files that are being loaded or are loaded, and whether the role of the tenant is created with them."""

    async def tenant(self, part: Part) -> None:
        """Load the schema of a tenant, in one transaction."""
        slug = str(part.tenant)
        rows = self._restorable.part(slug)[1].rows
        namespace = Namespace(tenant_schema(slug), self._roles.tenant(slug), part.node)
        async with self._jobs:
            role = await missing_role(self._settings, self._roles, namespace)
            self._loaded.append((part, bool(role)))
            work = Load(
                file=self._restorable.backup.folder / part.file,
                schema=namespace.schema,
                before=(
                    *role,
                    *schema_statements(self._roles, namespace),
                    f"COMMENT ON SCHEMA {namespace.schema} IS '{MARK}'",
                ),
                rows=rows,
                after=(*revoke_denied(namespace, rows), *end_sessions(namespace.schema, rows)),
            )
            await self._load(part, work)

    async def control(self, part: Part, now: datetime, *, serve: bool) -> None:
        """Replace the control schema, which has no tenant yet, by that of the backup."""
        schema = CONTROL_SCHEMA
        work = Load(
            file=self._restorable.backup.folder / part.file,
            schema=schema,
            before=(
                "SET LOCAL ROLE NONE",
                f"DROP SCHEMA {schema} CASCADE",
                f"CREATE SCHEMA {schema} AUTHORIZATION {self._roles.owner}",
                f"SET LOCAL ROLE {self._roles.owner}",
            ),
            rows=self._restorable.contents.control_rows,
            after=tuple(self._changes_of_registry(now, serve=serve)),
        )
        await self._load(part, work)
        self._loaded.clear()

    def _changes_of_registry(self, now: datetime, *, serve: bool) -> Iterable[str]:
        manifest, moment = self._restorable.backup.manifest, literal(now.isoformat())
        slugs = ", ".join(literal(slug) for slug in manifest.tenants) or "NULL"
        # A tenant that was being created or removed at the time of the backup has no schema.
        yield f"DELETE FROM control.brand WHERE (slug IN ({slugs})) IS NOT TRUE"
        # The prefix of the roles can be another one than that of the deployment that was backed up.
        yield f"UPDATE control.brand SET role_name = '{self._roles.prefix}_' || schema_name"
        if not serve:
            yield f"UPDATE control.brand SET state = 'suspended', state_at = {moment} WHERE state = 'active'"
        # A provisioner would execute what was asked for before the backup.
        yield (
            f"UPDATE control.provision_request SET done_at = {moment},"
            " error = 'the deployment was restored from a backup' WHERE done_at IS NULL"
        )
        yield "DELETE FROM control.session"
        yield "UPDATE control.revision SET number = number + 1"
        detail = {"backup": str(manifest.id), "taken_at": manifest.taken_at.isoformat(), "omitted": manifest.omitted}
        yield (
            "INSERT INTO control.audit (id, at, actor, action, subject, detail) VALUES"
            f" ('{uuid4()}', {moment}, {literal(actor())}, 'deployment.restore', 'deployment',"
            f" {literal(msgspec.json.encode(detail).decode())})"
        )

    async def drop_leftover(self, part: Part) -> None:
        """Drop a schema that an interrupted restore has loaded. Raise BackupError if another schema has the name."""
        async with owner_connection(self._settings, part.node) as connection, connection.begin():
            comment = await connection.exec_driver_sql(
                "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = $1",
                (str(part.schema),),
            )
            found = comment.scalar_one_or_none()
            if found is None:
                return
            if found != MARK:
                raise BackupError(
                    f"the schema {part.schema} exists on the database node {part.node} and is of no tenant: drop it by"
                    " hand if it is not needed"
                )
            await connection.exec_driver_sql(f"DROP SCHEMA {part.schema} CASCADE")

    async def drop_loaded(self) -> None:
        """Drop the schemas and roles that this restore has loaded, one in each transaction."""
        if await _some_tenant(self._settings) is not None:  # the control schema was committed after all
            return
        for part, role in self._loaded:
            async with owner_connection(self._settings, part.node) as connection, connection.begin():
                await connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {part.schema} CASCADE")
                if role:
                    await connection.exec_driver_sql(f"DROP ROLE IF EXISTS {self._roles.tenant(str(part.tenant))}")

    async def _load(self, part: Part, work: Load) -> None:
        url = self._settings.owner_database_urls[part.node]
        await load(self._restorable.programs, url, self._restorable.identities, work)


async def missing_role(settings: RestoreSettings, roles: Roles, namespace: Namespace) -> tuple[str, ...]:
    """Return the statements that create the role of a tenant. None if the server has it: roles outlive a database."""
    async with owner_connection(settings, namespace.node) as connection, connection.begin():
        found = await connection.exec_driver_sql("SELECT to_regrole($1) IS NULL", (namespace.role,))
        return role_statements(roles, namespace.role) if found.scalar_one() else ()
