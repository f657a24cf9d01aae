"""The registry in memory, in which every request looks up the tenant and the surface of its host."""

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from haas.cache import CachedValue, CacheLimits
from haas.clock import Clock
from haas.database import Database
from haas.errors import Unavailable
from haas.settings import Settings
from tenants.registry import store
from tenants.registry.errors import NotBootstrapped, UnknownTenant
from tenants.registry.models import Tenant, ThemeFile
from tenants.registry.names import control_namespace
from tenants.registry.surfaces import TenantSurface

FRESH_FOR: Final = timedelta(seconds=2)
"""The maximum age of the snapshot. After that, only the revision is read, which is one row."""
RELOAD_FOR_UNKNOWN_AFTER: Final = timedelta(seconds=0.2)
"""The minimum time between two reads for an unknown host or slug: it limits the queries that unknown hosts cause."""
PATIENCE: Final = timedelta(seconds=0.2)
"""How long a request waits for a read of the revision before it uses the last snapshot."""

MAXIMUM_FILES: Final = 128
"""How many files of themes a process keeps. They have at most 64 KiB each; browsers keep them for a year."""

logger = logging.getLogger(__name__)


class _Snapshot(msgspec.Struct, frozen=True):
    revision: int
    tenants: list[Tenant]
    by_host: dict[str, tuple[Tenant, TenantSurface]]
    by_slug: dict[str, Tenant]


class Registry:
    """All tenants of the deployment, in memory. They are read again when the revision of the registry has changed.

    Tenants in the states `preparing` and `leaving` are left out, because their schemas may be incomplete.
    """

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        """Nothing is read from `database` before the first call."""
        self._database = database
        self._settings = settings
        self._namespace = control_namespace(settings)
        # While the database is unavailable, the registry cannot change either. So the last snapshot stays usable.
        limits = CacheLimits(
            fresh_for=FRESH_FOR,
            usable_for=timedelta.max,
            reload_after=RELOAD_FOR_UNKNOWN_AFTER,
            retry_after=FRESH_FOR,
            patience=PATIENCE,
        )
        self._files: dict[tuple[UUID, str], ThemeFile] = {}
        self._snapshot: CachedValue[_Snapshot] = CachedValue(clock, limits)

    async def by_host(self, host: str) -> tuple[Tenant, TenantSurface] | None:
        """Return the tenant and surface of `host` (a name in lower case, without port), or None if it is unknown.

        Raise Unavailable when the registry has never been read and cannot be read now.
        """
        snapshot = self._snapshot.fresh()
        found = None if snapshot is None else snapshot.by_host.get(host)
        return found or (await self._snapshot_with(host)).by_host.get(host)

    async def by_slug(self, slug: str) -> Tenant:
        """Return the tenant with the slug. Raise UnknownTenant."""
        snapshot = await self._snapshot.get(self._read, lambda read: slug in read.by_slug)
        tenant = snapshot.by_slug.get(slug)
        if tenant is None:
            raise UnknownTenant(f"there is no tenant {slug!r}; `haas tenant list` lists them")
        return tenant

    async def all(self) -> list[Tenant]:
        """Return all active and suspended tenants, ordered by slug."""
        return list((await self._snapshot.get(self._read)).tenants)

    async def theme_file(self, tenant: Tenant, digest: str) -> ThemeFile | None:
        """Return a file of a tenant's theme, or None. Files never change, so the last ones stay in memory."""
        key = (tenant.id, digest)
        if key not in self._files:
            async with self._database.transaction(self._namespace, "public") as tx:
                found = await store.load_theme_file(tx, tenant.id, digest)
            if found is None:
                return None
            self._files[key] = found
            if len(self._files) > MAXIMUM_FILES:
                del self._files[next(iter(self._files))]
        return self._files.get(key)

    async def check(self) -> None:
        """Read the revision now, and the tenants if they were never read. Raise Unavailable, NotBootstrapped."""
        async with self._database.transaction(self._namespace, "public") as tx:
            if await store.revision_number(tx) is None:
                raise NotBootstrapped("the control schema is empty")
        await self.all()

    async def _snapshot_with(self, host: str) -> _Snapshot:
        return await self._snapshot.get(self._read, lambda read: host in read.by_host)

    async def _read(self, last: _Snapshot | None) -> _Snapshot:
        try:
            async with self._database.transaction(self._namespace, "public") as tx:
                revision = await store.revision_number(tx)
                if revision is None:
                    raise NotBootstrapped("the database is not set up yet: start `haas provisioner`, which sets it up")
                if last is not None and last.revision == revision:
                    return last
                tenants = await store.served_tenants(tx, self._settings)
        except Unavailable as error:
            if last is not None:
                logger.warning("registry.last_snapshot_used", extra={"reason": str(error)})
            raise
        return _Snapshot(
            revision=revision,
            tenants=tenants,
            by_host={name: (tenant, surface) for tenant in tenants for surface, name in tenant.surfaces()},
            by_slug={tenant.slug: tenant for tenant in tenants},
        )
