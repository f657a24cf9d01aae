"""The housekeeping of one tenant and of the control schema, task by task."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from haas.clock import Clock
from haas.database import Database, Namespace, Transaction
from tenants.arrangements import service as arrangements
from tenants.calls import store as calls
from tenants.clients import store as clients
from tenants.housekeeping import store
from tenants.keys import rotation as keys
from tenants.operators import store as operators
from tenants.registry.models import Tenant

logger = logging.getLogger(__name__)

KEEP_SECONDS: Final = timedelta(hours=2)
KEEP_SINGLE_CALLS: Final = timedelta(days=30)
"""As long as attempts and notices, so that staff can investigate one call together with them."""
KEEP_CONSOLE_SESSIONS: Final = timedelta(days=1)
"""Longer than a session of the console can last, so that only sessions that have ended are deleted."""
KEEP_BATCH_NUMBERS: Final = timedelta(days=1)
"""Longer than a process tries again to write a batch whose COMMIT was not answered, unless the database is away."""


async def _aggregate_seconds(tx: Transaction, now: datetime) -> int:
    # Only whole hours, so that the peak of a half hour does not change after it is stored.
    return await calls.aggregate_seconds(tx, (now - KEEP_SECONDS).replace(minute=0, second=0, microsecond=0))


async def _delete_batch_numbers(tx: Transaction, now: datetime) -> int:
    return await calls.delete_batches(tx, now - KEEP_BATCH_NUMBERS)


async def _delete_keys(tx: Transaction, now: datetime) -> int:
    return len(await keys.delete_retired_keys(tx, now))


async def _delete_single_calls(tx: Transaction, now: datetime) -> int:
    return await calls.delete_single_calls(tx, now - KEEP_SINGLE_CALLS)


async def _delete_console_sessions(tx: Transaction, now: datetime) -> int:
    return await operators.delete_sessions(tx, now - KEEP_CONSOLE_SESSIONS)


class HousekeepingTask(NamedTuple):
    """A task and its name. `run` returns the number of rows that it changed."""

    name: str
    run: Callable[[Transaction, datetime], Awaitable[int]]


TASKS: Final = (
    HousekeepingTask("arrangements expired", arrangements.end_expired),
    HousekeepingTask("codes expired", store.fail_expired_codes),
    HousekeepingTask("requests deleted", store.delete_requests),
    HousekeepingTask("attempts deleted", store.delete_attempts),
    HousekeepingTask("assertions deleted", clients.delete_expired_jtis),
    HousekeepingTask("tokens deleted", store.delete_tokens),
    HousekeepingTask("sessions deleted", store.delete_sessions),
    HousekeepingTask("challenges deleted", store.delete_challenges),
    HousekeepingTask("notices deleted", store.delete_notices),
    HousekeepingTask("per-second counts aggregated", _aggregate_seconds),
    HousekeepingTask("calls deleted", store.delete_call_counts),
    HousekeepingTask("single calls deleted", _delete_single_calls),
    HousekeepingTask("batch numbers deleted", _delete_batch_numbers),
    HousekeepingTask("keys deleted", _delete_keys),
)
CONTROL_TASKS: Final = (HousekeepingTask("console sessions deleted", _delete_console_sessions),)
"""The tasks for the control schema. Only the role of the console and the owner may run them."""


class Housekeeping:
    """Runs every task for a tenant or for the control schema, each in its own transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Take the time from `clock`, never from the database."""
        self._database = database
        self._clock = clock

    async def sweep(self, tenant: Tenant) -> dict[str, int]:
        """Run all tasks for a tenant; return the number of changed rows by task, without zeros.

        A task that fails is logged. The next sweep runs it again.
        """
        return await self._run(TASKS, tenant.namespace)

    async def sweep_control(self, namespace: Namespace) -> dict[str, int]:
        """Run all tasks for the control schema. `namespace` names the role. See `sweep`."""
        return await self._run(CONTROL_TASKS, namespace)

    async def _run(self, tasks: Iterable[HousekeepingTask], namespace: Namespace) -> dict[str, int]:
        changed: dict[str, int] = {}
        for task in tasks:
            try:
                async with self._database.transaction(namespace, "long") as tx:
                    changed[task.name] = await task.run(tx, self._clock.now())
            except Exception:
                # If one task fails, for example because a statement timed out, the other tasks still run.
                logger.exception("housekeeping.task_failed", extra={"task": task.name})
        return {name: count for name, count in changed.items() if count}
