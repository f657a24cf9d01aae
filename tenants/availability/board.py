"""The outages of the tenants in memory, so that Get Status, Get Outages and the data operations wait for no database.

They are read on connections of their own, which calls that need a consent never use (decision 0028).
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from haas.cache import CachedValue, CacheLimits
from haas.clock import Clock
from haas.database import Database
from haas.errors import Unavailable
from tenants.availability import store
from tenants.availability.models import Outage
from tenants.registry.models import Tenant

FRESH_FOR: Final = timedelta(seconds=1)
"""The age up to which Get Status and Get Outages use what is in memory."""
FRESH_FOR_CALLS: Final = timedelta(seconds=5)
"""The age up to which a data operation uses what is in memory. After that it uses it once more, while it is read again.
With a shorter time, the calls of many tenants with little traffic would read it for nearly each call."""
PATIENCE: Final = timedelta(seconds=0.2)
"""How long Get Status and Get Outages wait for a read before they use what is in memory."""
UNREADABLE_FOR: Final = timedelta(seconds=10)
"""After this time without a read that succeeded, the database itself is an outage."""
MAXIMUM_TENANTS: Final = 10_000


class KnownOutages(msgspec.Struct, frozen=True):
    """The outages of a tenant that are open, will begin, or ended last, as they were read."""

    outages: list[Outage]
    unreadable_since: datetime | None = None
    """When the first of the reads failed that have failed since the last one that succeeded."""


class _Entry:
    """The outages of one tenant."""

    __slots__ = ("cached", "reading", "unreadable_since")

    def __init__(self, clock: Clock) -> None:
        limits = CacheLimits(fresh_for=FRESH_FOR, usable_for=timedelta.max, retry_after=FRESH_FOR, patience=PATIENCE)
        self.cached: CachedValue[list[Outage]] = CachedValue(clock, limits)
        self.unreadable_since: datetime | None = None
        self.reading: asyncio.Task[None] | None = None


class OutageBoard:
    """The outages of all tenants of one process. It is not thread-safe: only the event loop's thread may use it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Nothing is read before the first call."""
        self._database = database
        self._clock = clock
        self._entries: dict[UUID, _Entry] = {}

    async def known(self, tenant: Tenant) -> KnownOutages:
        """Return the outages of a tenant, at most FRESH_FOR old while the database answers.

        Raise Unavailable if they were never read and cannot be read now.
        """
        entry = self._entry(tenant)
        outages = entry.cached.fresh()
        if outages is None:
            outages = await entry.cached.get(lambda _: self._read(entry, tenant))
        return KnownOutages(outages, entry.unreadable_since)

    def last_known(self, tenant: Tenant) -> list[Outage] | None:
        """Return the outages of a tenant without waiting, or None if they were never read.

        If they are older than FRESH_FOR_CALLS, they are read again in the background.
        """
        entry = self._entry(tenant)
        age = self._clock.timestamp() - entry.cached.loaded_at
        if not 0 <= age < FRESH_FOR_CALLS.total_seconds() and (entry.reading is None or entry.reading.done()):
            entry.reading = asyncio.create_task(self._refresh(tenant), name="availability.read")
        return entry.cached.value

    async def settled(self) -> None:
        """Wait until nothing is being read in the background."""
        running = [entry.reading for entry in self._entries.values() if entry.reading is not None]
        await asyncio.gather(*running, return_exceptions=True)

    async def close(self) -> None:
        """Cancel the reads in the background."""
        for entry in self._entries.values():
            if entry.reading is not None:
                entry.reading.cancel()
        await self.settled()

    def _entry(self, tenant: Tenant) -> _Entry:
        entry = self._entries.get(tenant.id)
        if entry is None:
            entry = self._entries[tenant.id] = _Entry(self._clock)
            if len(self._entries) > MAXIMUM_TENANTS:
                del self._entries[next(iter(self._entries))]
        return entry

    async def _refresh(self, tenant: Tenant) -> None:
        try:
            await self.known(tenant)
        except Unavailable:
            return  # the call itself finds out that the database does not answer

    async def _read(self, entry: _Entry, tenant: Tenant) -> list[Outage]:
        now = self._clock.now()
        try:
            async with self._database.transaction(tenant.namespace, "public") as tx:
                outages = await store.relevant(tx, now)
        except Unavailable:
            entry.unreadable_since = entry.unreadable_since or now
            raise
        entry.unreadable_since = None
        return outages
