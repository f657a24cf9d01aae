"""The housekeeping of one tenant and of the control schema, task by task."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

from haas.clock import Clock
from haas.database import Database, Namespace, Transaction
from tenants.accounts.service import market_day
from tenants.arrangements import service as arrangements
from tenants.attempts import store as attempts
from tenants.calls import store as calls
from tenants.clients import store as clients
from tenants.corrections import service as corrections
from tenants.holders import receipts
from tenants.holders import service as holders
from tenants.housekeeping import store
from tenants.joint_accounts import options
from tenants.keys import rotation as keys
from tenants.operations.filters import months_before
from tenants.operators import store as operators
from tenants.registry.models import Tenant
from tenants.retention.kinds import six_years_before
from tenants.retention.store import AFTER_SIX_YEARS
from tenants.usage import store as usage

logger = logging.getLogger(__name__)

KEEP_SECONDS: Final = timedelta(hours=2)
"""For so long, the calls of each minute and each second are kept. After that there are sums for quarter hours."""
KEEP_CALL_COUNTS: Final = timedelta(days=400)
"""Get Metrics reports on eight days. The figures of a year are for the reports of a period (CDR Rules 9.4)."""
KEEP_SINGLE_CALLS: Final = timedelta(days=30)
"""As long as attempts and notices, so that staff can investigate one call together with them."""
KEEP_CONSOLE_SESSIONS: Final = timedelta(days=1)
"""Longer than a session of the console can last, so that only sessions that have ended are deleted."""
KEEP_BATCH_NUMBERS: Final = timedelta(days=1)
"""Longer than a process tries again to write a batch whose COMMIT was not answered, unless the database is away."""
KEEP_MONTHS_OF_READS: Final = 25
"""The standards' default period of usage is 24 months. One more month is for readers whose day differs."""


async def _aggregate_calls(tx: Transaction, now: datetime) -> int:
    # Only whole hours, so that a row of a quarter hour seldom changes after it is stored.
    before = (now - KEEP_SECONDS).replace(minute=0, second=0, microsecond=0)
    return await calls.aggregate_minutes(tx, before) + await calls.aggregate_seconds(tx, before)


async def _delete_call_counts(tx: Transaction, now: datetime) -> int:
    return await calls.delete_counts(tx, now - KEEP_CALL_COUNTS)


async def _delete_batch_numbers(tx: Transaction, now: datetime) -> int:
    return await calls.delete_batches(tx, now - KEEP_BATCH_NUMBERS)


async def _delete_keys(tx: Transaction, now: datetime) -> int:
    return len(await keys.delete_retired_keys(tx, now))


async def _delete_reads(tx: Transaction, now: datetime) -> int:
    return await usage.delete_reads_before(tx, months_before(market_day(now), KEEP_MONTHS_OF_READS))


async def _delete_single_calls(tx: Transaction, now: datetime) -> int:
    return await calls.delete_single_calls(tx, now - KEEP_SINGLE_CALLS)


async def _delete_console_sessions(tx: Transaction, now: datetime) -> int:
    return await operators.delete_sessions(tx, now - KEEP_CONSOLE_SESSIONS)


class HousekeepingTask(NamedTuple):
    """A task and its name. `run` returns the number of rows that it changed."""

    name: str
    run: Callable[[Transaction, datetime], Awaitable[int]]


async def _purge(tx: Transaction, now: datetime) -> int:
    """Delete what is six years old, unless a legal hold keeps it (`tenants.retention`)."""
    limit = six_years_before(now)
    return sum([await purge.run(tx, limit) for purge in AFTER_SIX_YEARS])


async def _end_expired(tenant: Tenant, tx: Transaction, now: datetime) -> int:
    return await arrangements.end_expired(tx, now, tell=holders.tell_of_end(tenant))


async def _end_of_ineligible_customers(tenant: Tenant, tx: Transaction, now: datetime) -> int:
    return await arrangements.end_of_ineligible_customers(tx, now, tell=holders.tell_of_end(tenant))


async def _lapse_approvals(tenant: Tenant, tx: Transaction, now: datetime) -> int:
    return await holders.lapse_approvals(tx, tenant, now)


async def _confirm_ends_before_they_come(tenant: Tenant, tx: Transaction, now: datetime) -> int:
    return await receipts.confirm_ends_before_they_come(tx, tenant, now)


async def _lapse_proposals(tenant: Tenant, tx: Transaction, now: datetime) -> int:
    return await options.lapse_proposals(tx, tenant, now)


def tasks_with_notices(tenant: Tenant) -> tuple[HousekeepingTask, ...]:
    """Return the tasks that write to customers in the name of the brand."""
    return (
        HousekeepingTask("arrangements expired", partial(_end_expired, tenant)),
        HousekeepingTask("receipts before an end", partial(_confirm_ends_before_they_come, tenant)),
        HousekeepingTask("approvals lapsed", partial(_lapse_approvals, tenant)),
        HousekeepingTask("disclosure proposals lapsed", partial(_lapse_proposals, tenant)),
        HousekeepingTask("arrangements of ineligible customers ended", partial(_end_of_ineligible_customers, tenant)),
    )


TASKS: Final = (
    HousekeepingTask("attempts ended", attempts.store_endings),
    HousekeepingTask("requests deleted", store.delete_requests),
    HousekeepingTask("attempts deleted", store.delete_attempts),
    HousekeepingTask("assertions deleted", clients.delete_expired_jtis),
    HousekeepingTask("tokens deleted", store.delete_tokens),
    HousekeepingTask("sessions deleted", store.delete_sessions),
    HousekeepingTask("challenges deleted", store.delete_challenges),
    HousekeepingTask("notices deleted", store.delete_notices),
    HousekeepingTask("calls aggregated", _aggregate_calls),
    HousekeepingTask("calls deleted", _delete_call_counts),
    HousekeepingTask("contacts of given-up notices deleted", store.delete_payloads),
    HousekeepingTask("single calls deleted", _delete_single_calls),
    HousekeepingTask("batch numbers deleted", _delete_batch_numbers),
    HousekeepingTask("disclosures corrected", corrections.mark_corrected),
    HousekeepingTask("keys deleted", _delete_keys),
    HousekeepingTask("meter reads deleted", _delete_reads),
    HousekeepingTask("data checks deleted", store.delete_data_checks),
    HousekeepingTask("records of six years ago deleted", _purge),
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
        return await self._run((*tasks_with_notices(tenant), *TASKS), tenant.namespace)

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
