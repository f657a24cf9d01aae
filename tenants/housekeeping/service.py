"""The housekeeping of one tenant, task by task."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from haas.clock import Clock
from haas.database import Database, Transaction
from tenants.arrangements import service as arrangements
from tenants.calls import store as calls
from tenants.clients import store as clients
from tenants.housekeeping import store
from tenants.keys import rotation as keys
from tenants.registry.models import Tenant

logger = logging.getLogger(__name__)

KEEP_SECONDS: Final = timedelta(hours=2)


async def _aggregate_seconds(tx: Transaction, now: datetime) -> int:
    # Only whole hours, so that the peak of a half hour does not change after it is stored.
    return await calls.aggregate_seconds(tx, (now - KEEP_SECONDS).replace(minute=0, second=0, microsecond=0))


async def _delete_keys(tx: Transaction, now: datetime) -> int:
    return len(await keys.delete_retired_keys(tx, now))


class HousekeepingTask(NamedTuple):
    """A task and its name. `run` returns the number of rows that it changed."""

    name: str
    run: Callable[[Transaction, datetime], Awaitable[int]]


TASKS: Final = (
    HousekeepingTask("arrangements expired", arrangements.end_expired),
    HousekeepingTask("attempts closed", store.close_stale_attempts),
    HousekeepingTask("codes expired", store.fail_expired_codes),
    HousekeepingTask("attempts deleted", store.delete_attempts),
    HousekeepingTask("assertions deleted", clients.delete_expired_jtis),
    HousekeepingTask("tokens deleted", store.delete_tokens),
    HousekeepingTask("sessions deleted", store.delete_sessions),
    HousekeepingTask("challenges deleted", store.delete_challenges),
    HousekeepingTask("notices deleted", store.delete_notices),
    HousekeepingTask("per-second counts aggregated", _aggregate_seconds),
    HousekeepingTask("calls deleted", store.delete_call_counts),
    HousekeepingTask("keys deleted", _delete_keys),
)


class Housekeeping:
    """Runs every task for a tenant, each in its own transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Take the time from `clock`, never from the database."""
        self._database = database
        self._clock = clock

    async def sweep(self, tenant: Tenant) -> dict[str, int]:
        """Run all tasks; return the number of changed rows by task, without zeros.

        A task that fails is logged. The next sweep runs it again.
        """
        changed: dict[str, int] = {}
        for task in TASKS:
            try:
                async with self._database.transaction(tenant.namespace, long=True) as tx:
                    changed[task.name] = await task.run(tx, self._clock.now())
            except Exception:
                # If one task fails, for example because a statement timed out, the other tasks still run.
                logger.exception("housekeeping.task_failed", extra={"task": task.name})
        return {name: count for name, count in changed.items() if count}
