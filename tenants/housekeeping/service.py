"""One tenant's housekeeping, step by step."""

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


async def _fold_seconds(tx: Transaction, now: datetime) -> int:
    # Whole hours, so that an hour's peak is final once it is folded.
    return await calls.fold_seconds(tx, (now - KEEP_SECONDS).replace(minute=0, second=0, microsecond=0))


async def _forget_keys(tx: Transaction, now: datetime) -> int:
    return len(await keys.delete_retired_keys(tx, now))


class HousekeepingTask(NamedTuple):
    """A kind of row that time does something to."""

    name: str
    run: Callable[[Transaction, datetime], Awaitable[int]]


STEPS: Final = (
    HousekeepingTask("arrangements expired", arrangements.end_expired),
    HousekeepingTask("attempts closed", store.close_stale_attempts),
    HousekeepingTask("codes expired", store.fail_expired_codes),
    HousekeepingTask("attempts forgotten", store.forget_attempts),
    HousekeepingTask("assertions forgotten", clients.delete_expired_jtis),
    HousekeepingTask("tokens forgotten", store.forget_tokens),
    HousekeepingTask("sessions forgotten", store.forget_sessions),
    HousekeepingTask("challenges forgotten", store.forget_challenges),
    HousekeepingTask("notices forgotten", store.forget_notices),
    HousekeepingTask("seconds folded", _fold_seconds),
    HousekeepingTask("calls forgotten", store.forget_calls),
    HousekeepingTask("keys gone", _forget_keys),
)


class Housekeeping:
    """Does every step for a tenant, each in a transaction of its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Work by `clock`, never by the database's."""
        self._database = database
        self._clock = clock

    async def sweep(self, tenant: Tenant) -> dict[str, int]:
        """Return how many rows each step changed. A step that fails is logged and tried again by the next sweep."""
        changed: dict[str, int] = {}
        for step in STEPS:
            try:
                async with self._database.transaction(tenant.namespace, long=True) as tx:
                    changed[step.name] = await step.run(tx, self._clock.now())
            except Exception:
                # A step's trouble, say a statement that timed out, is no reason to leave the others undone.
                logger.exception("housekeeping.step_failed", extra={"step": step.name})
        return {name: count for name, count in changed.items() if count}
