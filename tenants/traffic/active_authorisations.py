"""How many authorisations of a tenant are active, counted in the background (CDS, Traffic Thresholds)."""

import asyncio
import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from haas.clock import Clock
from haas.database import Database
from haas.errors import HaasError
from tenants.arrangements import store
from tenants.registry.models import Tenant

logger = logging.getLogger(__name__)

COUNTED_AGAIN_AFTER: Final = timedelta(minutes=10)
_MAXIMUM_TENANTS: Final = 10_000


class ActiveAuthorisations:
    """The numbers of this process. It is not thread-safe: only the event loop's thread may use it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Nothing is counted before the first call of `number`."""
        self._database = database
        self._clock = clock
        self._numbers: dict[UUID, int] = {}
        self._tried_at: dict[UUID, float] = {}
        self._counting: dict[UUID, asyncio.Task[None]] = {}

    def number(self, tenant: Tenant) -> int | None:
        """Return the last number without waiting, or None while it is unknown. An old one is counted again."""
        age = self._clock.timestamp() - self._tried_at.get(tenant.id, 0.0)
        if not 0 <= age < COUNTED_AGAIN_AFTER.total_seconds() and tenant.id not in self._counting:
            task = asyncio.create_task(self._count(tenant), name="traffic.count")
            self._counting[tenant.id] = task
            task.add_done_callback(lambda _: self._counting.pop(tenant.id, None))
        return self._numbers.get(tenant.id)

    async def settled(self) -> None:
        """Wait until no count is running."""
        await asyncio.gather(*self._counting.values(), return_exceptions=True)

    async def close(self) -> None:
        """Cancel the counts that are running."""
        for task in self._counting.values():
            task.cancel()
        await self.settled()

    async def _count(self, tenant: Tenant) -> None:
        now = self._clock.now()
        self._keep(tenant.id, now.timestamp())
        try:
            async with self._database.transaction(tenant.namespace) as tx:
                self._numbers[tenant.id] = await store.number_of_active_authorisations(tx, now)
        except HaasError as error:
            logger.warning("traffic.authorisations_not_counted", extra={"tenant": tenant.slug, "reason": str(error)})

    def _keep(self, tenant_id: UUID, tried_at: float) -> None:
        self._tried_at.pop(tenant_id, None)
        self._tried_at[tenant_id] = tried_at
        if len(self._tried_at) > _MAXIMUM_TENANTS:
            oldest = next(iter(self._tried_at))
            del self._tried_at[oldest]
            self._numbers.pop(oldest, None)
