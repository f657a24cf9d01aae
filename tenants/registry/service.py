"""Which tenant a host belongs to, asked on every request and answered from memory."""

import asyncio
import logging
import time
from typing import Final

import msgspec

from haas.clock import Clock
from haas.database import Database, Transaction
from haas.errors import Unavailable
from haas.settings import Settings
from tenants.registry import store
from tenants.registry.errors import NotBootstrapped, UnknownTenant
from tenants.registry.models import Surface, Tenant
from tenants.registry.names import control_namespace

FRESH_SECONDS: Final = 2.0
"""How long a tenant's state may be old: one more query every two seconds, of one row, is what freshness costs."""
UNKNOWN_FRESH_SECONDS: Final = 0.2
"""How long a host may stay unknown: a new tenant counts at once, and unknown hosts cause few queries."""

_log = logging.getLogger(__name__)


class _Snapshot(msgspec.Struct, frozen=True):
    revision: int
    tenants: list[Tenant]
    by_host: dict[str, tuple[Tenant, Surface]]
    by_slug: dict[str, Tenant]


class Registry:
    """The tenants of the deployment, kept whole in memory and read anew when the registry's revision has changed.

    A tenant that is being prepared or is leaving is unknown here: its schema may be half made or half gone.
    """

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        """Read the registry through `database` when it is first asked for."""
        self._database = database
        self._settings = settings
        self._clock = clock
        self._namespace = control_namespace(settings)
        self._snapshot: _Snapshot | None = None
        self._checked_at = 0.0
        self._lock = asyncio.Lock()

    async def by_host(self, host: str) -> tuple[Tenant, Surface] | None:
        """Return the tenant and surface that `host` (a name in lower case, without port) stands for, or None.

        Raises Unavailable when the registry was never read and cannot be.
        """
        found = (await self._fresh(FRESH_SECONDS)).by_host.get(host)
        return found or (await self._fresh(UNKNOWN_FRESH_SECONDS)).by_host.get(host)

    async def by_slug(self, slug: str) -> Tenant:
        """Return the tenant of that slug. Raises UnknownTenant."""
        tenant = (await self._fresh(FRESH_SECONDS)).by_slug.get(slug)
        tenant = tenant or (await self._fresh(UNKNOWN_FRESH_SECONDS)).by_slug.get(slug)
        if tenant is None:
            raise UnknownTenant(f"there is no tenant {slug!r}; `haas tenant list` lists them")
        return tenant

    async def all(self) -> list[Tenant]:
        """Return every tenant, by slug."""
        return list((await self._fresh(FRESH_SECONDS)).tenants)

    async def _fresh(self, seconds: float) -> _Snapshot:
        if self._snapshot is not None and time.monotonic() - self._checked_at < seconds:
            return self._snapshot
        async with self._lock:
            if self._snapshot is not None and time.monotonic() - self._checked_at < seconds:
                return self._snapshot
            try:
                async with self._database.transaction(self._namespace) as tx:
                    self._snapshot = await self._read(tx)
            except Unavailable:
                # Nobody can change the registry either while its database is away.
                if self._snapshot is None:
                    raise
                _log.warning("the registry cannot be read: going on with what it last said")
            self._checked_at = time.monotonic()
            return self._snapshot

    async def _read(self, tx: Transaction) -> _Snapshot:
        revision = await store.revision_number(tx)
        if revision is None:
            raise NotBootstrapped("the database is not set up yet: run `haas migrate`")
        if self._snapshot is not None and self._snapshot.revision == revision:
            return self._snapshot
        tenants = await store.served_tenants(tx, self._settings)
        return _Snapshot(
            revision=revision,
            tenants=tenants,
            by_host={name: (tenant, surface) for tenant in tenants for surface, name in tenant.surfaces()},
            by_slug={tenant.slug: tenant for tenant in tenants},
        )
