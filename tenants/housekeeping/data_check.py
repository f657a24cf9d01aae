"""The nightly check that the stored data follows the standards. `haas tenant check-data` lists the items one by one."""

import logging
from contextlib import aclosing
from datetime import time, timedelta
from typing import Final

from haas.clock import Clock
from haas.database import Database
from tenants.housekeeping import store
from tenants.registry.models import Tenant
from tenants.sources.store import STORED

logger = logging.getLogger(__name__)

NIGHT: Final = (time(1), time(5))
"""In the tenant's time zone. The check reads all items, so it runs while the customers are asleep."""
_LONGEST_NIGHT: Final = timedelta(hours=12)


class DataChecks:
    """Counts the stored items that are not disclosed because they do not follow the standards."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Nothing is read before `run`."""
        self._database = database
        self._clock = clock

    async def is_due(self, tenant: Tenant) -> bool:
        """Return whether it is night at the tenant and its data was not checked in this night."""
        now = self._clock.now()
        if not NIGHT[0] <= now.astimezone(tenant.time_zone).time() < NIGHT[1]:
            return False
        async with self._database.transaction(tenant.namespace) as tx:
            return not await store.was_checked_since(tx, now - _LONGEST_NIGHT)

    async def run(self, tenant: Tenant) -> dict[str, int]:
        """Return the number of invalid items by resource, without zeros, and store it. The log has numbers only."""
        began_at, invalid = self._clock.now(), dict[str, int]()
        async with self._database.transaction(tenant.namespace, "long") as tx:
            for resource, stored in STORED.items():
                async with aclosing(stored.invalid_items(tx)) as items:
                    count = 0
                    async for _ in items:
                        count += 1
                if count:
                    invalid[resource.name] = count
        async with self._database.transaction(tenant.namespace) as tx:
            await store.add_data_check(tx, began_at, max(began_at, self._clock.now()), invalid)
        if invalid:
            logger.warning("data.invalid_items", extra={"items": sum(invalid.values()), "by_resource": invalid})
        else:
            logger.info("data.checked")
        return invalid
