"""Restores one tenant: in the place of what it has now, or after it was removed. Other tenants are not touched.

The old schema is renamed, the backup is loaded, and the old schema is dropped, in one transaction. A tenant that was
removed is first added to the registry with the state `preparing`, in which it is not served.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from haas.clock import Clock, clock_from
from haas.database import FEW_CONNECTIONS, Database, Namespace, Transaction
from haas.progress import Progress
from haas.settings import MAIN_NODE, RestoreSettings
from ops.backup.checks import Restorable, require_master_key, require_nodes
from ops.backup.errors import BackupError, OutcomeUnknown
from ops.backup.load import Load, load
from ops.backup.manifest import Part, TenantContents
from ops.backup.restore import Restored, missing_role
from ops.backup.tenant_schema import end_sessions, revoke_denied
from ops.migrations.run import migrate_tenants
from ops.operator import actor
from tenants.market.tables import brand_participant, market_participant
from tenants.provisioning.administration import Administration
from tenants.provisioning.owner import owner_transaction
from tenants.provisioning.service import schema_statements
from tenants.provisioning.theme_versions import record_published
from tenants.registry import store
from tenants.registry.errors import UnknownTenant
from tenants.registry.models import Tenant, TenantState
from tenants.registry.names import Hosts, Roles, tenant_schema

SECONDS_UNTIL_SUSPENDED: Final = 3.0
"""Every process knows after two seconds that a tenant is suspended."""
_LOCK_TIMEOUT: Final = "30s"


async def restore_tenant(
    settings: RestoreSettings, restorable: Restorable, slug: str, *, replace: bool, serve: bool, progress: Progress
) -> Restored:
    """Restore a tenant. Without `serve` it is suspended at the end. Raise BackupError: then it has what it had.

    `replace` is necessary if the tenant exists. Its name, theme, settings and hosts stay as they are now.
    """
    part, contents = restorable.part(slug)
    require_master_key(settings, [contents])
    await require_nodes(settings, restorable, {MAIN_NODE, part.node})
    owner = Database.open(settings.owner_database_urls, connections=FEW_CONNECTIONS)
    try:
        restore = _Restore(settings, restorable, owner, part, contents)
        try:
            present = await restore.administration.find(slug, incomplete=True)
        except UnknownTenant:
            return await restore.add(serve=serve, progress=progress)
        if not replace:
            raise BackupError(f"the tenant {slug} exists: --replace deletes what it has now, and restores the backup")
        if present.id != contents.id or not present.complete or present.namespace.node != part.node:
            raise BackupError(
                f"the tenant {slug} is not the one of the backup: it was removed and created again, or is"
                f" {present.state}. Remove it with `haas tenant remove {slug}`, then restore without --replace"
            )
        return await restore.replace(present, serve=serve, progress=progress)
    finally:
        await owner.close()


class _Restore:
    """The restore of one tenant."""

    def __init__(
        self, settings: RestoreSettings, restorable: Restorable, owner: Database, part: Part, contents: TenantContents
    ) -> None:
        self._settings = settings
        self._restorable = restorable
        self._owner = owner
        self._part = part
        self._contents = contents
        self._clock: Clock = clock_from(settings.clock_file)
        self._roles = Roles(settings.role_prefix)
        slug = contents.slug
        self._namespace = Namespace(tenant_schema(slug), self._roles.tenant(slug), part.node)
        self.administration = Administration(owner, settings, self._clock)

    async def replace(self, present: Tenant, *, serve: bool, progress: Progress) -> Restored:
        """Load the backup in the place of the schema of a tenant."""
        schema, slug = self._namespace.schema, present.slug
        if present.state == "active":
            progress.line(f"{slug} is suspended")
            await self.administration.suspend(slug, actor=actor())
            await asyncio.sleep(SECONDS_UNTIL_SUSPENDED)
        progress.line(f"{slug} is loaded")
        try:
            await self._load(
                [
                    # A migration of the schema and this transaction wait for each other.
                    f"SELECT pg_advisory_xact_lock(hashtext('haas migrate {schema}'))",
                    f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'",
                    f"ALTER SCHEMA {schema} RENAME TO {schema}__replaced",
                ],
                ["SET LOCAL ROLE NONE", f"DROP SCHEMA {schema}__replaced CASCADE"],
            )
        except OutcomeUnknown:
            raise  # the tenant stays suspended
        except BaseException:
            if present.state == "active":
                await asyncio.shield(self.administration.resume(slug, actor=actor()))
            raise
        return await self._end("active" if serve and present.state == "active" else "suspended", progress)

    async def add(self, *, serve: bool, progress: Progress) -> Restored:
        """Add a tenant that was removed, and load its schema."""
        contents = self._contents
        progress.line(f"{contents.slug} is loaded")
        async with owner_transaction(self._owner, self._settings) as registry:
            missing = await self._insert(registry)
        try:
            await self._load(await missing_role(self._settings, self._roles, self._namespace), ())
        except OutcomeUnknown as error:
            raise OutcomeUnknown(f"{error}. `haas tenant remove {contents.slug}` removes its parts") from error
        except BaseException:
            await asyncio.shield(self._delete())
            raise
        restored = await self._end("active" if serve and contents.state == "active" else "suspended", progress)
        return msgspec.structs.replace(restored, missing_participants=missing)

    async def _load(self, before: Sequence[str], after: Sequence[str]) -> None:
        rows = self._contents.rows
        work = Load(
            file=self._restorable.backup.folder / self._part.file,
            schema=self._namespace.schema,
            before=(*before, *schema_statements(self._roles, self._namespace)),
            rows=rows,
            after=(*revoke_denied(self._namespace, rows), *end_sessions(self._namespace.schema, rows), *after),
        )
        url = self._settings.owner_database_urls[self._part.node]
        await load(self._restorable.programs, url, self._restorable.identities, work)

    async def _end(self, state: TenantState, progress: Progress) -> Restored:
        """Migrate the schema, and store the state of the tenant and what was done."""
        slug, manifest = self._contents.slug, self._restorable.backup.manifest
        async with owner_transaction(self._owner, self._settings) as registry:
            await store.set_state(registry, self._contents.id, "suspended", self._clock.now())
            detail = {"backup": str(manifest.id), "taken_at": manifest.taken_at.isoformat()}
            await store.append_audit(
                registry, actor=actor(), action="tenant.restore", subject=slug, now=self._clock.now(), detail=detail
            )
            await store.advance_revision(registry)
        migrated = await migrate_tenants(self._settings, progress, only=slug)
        if state == "active" and not migrated.failed:
            await self.administration.resume(slug, actor=actor())
        return Restored(suspended=[] if state == "active" else [slug], migrated=migrated)

    async def _insert(self, registry: Transaction) -> list[str]:
        """Add the tenant to the registry. Return the participants at AEMO that the registry does not have."""
        contents, now = self._contents, self._clock.now()
        environments = [each.id for each in await store.register_environments(registry)]
        if contents.register_environment_id not in environments:
            raise BackupError(f"there is no register environment {contents.register_environment_id!r} any more")
        retailer_id = await store.get_or_add_retailer(registry, contents.retailer, now)
        values = {
            **{name: getattr(contents, name) for name in ("id", "slug", "name", "register_environment_id", "theme")},
            "register_brand_id": contents.register_brand_id,
            "settings": contents.settings,
            "retailer_id": retailer_id,
            "state": "preparing",
            "node": self._namespace.node,
            "schema_name": self._namespace.schema,
            "role_name": self._namespace.role,
            "created_at": contents.created_at,
            "state_at": now,
        }
        try:
            await store.insert_brand(registry, values, Hosts(**contents.hosts))
        except IntegrityError as error:
            raise BackupError(f"a host of {contents.slug}, or its id, belongs to another tenant now") from error
        themes = self._restorable.backup.themes(contents.slug, self._restorable.identities)
        if themes is None:
            note = "from a backup"
            await record_published(registry, contents.id, contents.theme, note=note, actor=actor(), now=now)
        else:
            versions, files = (list(map(msgspec.structs.asdict, each)) for each in (themes.versions, themes.files))
            await store.restore_themes(registry, contents.id, versions, files)
        missing = []
        for participant, environment in contents.participants:
            columns = (market_participant.c.participant_id, market_participant.c.environment)
            found = select(*columns, market_participant.c.retailer_id).where(
                columns[0] == participant, columns[1] == environment, market_participant.c.retailer_id == retailer_id
            )
            if (row := (await registry.execute(found)).mappings().one_or_none()) is None:
                missing.append(participant)
            else:
                await registry.execute(insert(brand_participant), {**row, "brand_id": contents.id})
        return missing

    async def _delete(self) -> None:
        async with owner_transaction(self._owner, self._settings) as registry:
            await store.delete_brand(registry, self._contents.id)
