"""Batches of counted calls."""

from uuid import uuid4

from haas.clock import SystemClock
from haas.database import Transaction
from tenants.calls import CallRecord, store
from tenants.calls.counter import TenantCalls
from tenants.calls.disclosures import Disclosures, EntryLimit
from tenants.calls.refusals import Refusals


def no_calls() -> TenantCalls:
    """Return a batch without calls."""
    limit = EntryLimit()
    return TenantCalls(Disclosures(limit), Refusals(limit))


async def write_rows(tx: Transaction, *calls: CallRecord) -> None:
    """Write a row for each call, as a batch of a process that writes nothing else."""
    batch = no_calls()
    batch.rows = [*calls]
    assert await store.add_batch(tx, batch, uuid4(), 1, SystemClock().now())


async def write_disclosures(tx: Transaction, *calls: CallRecord) -> None:
    """Add what these calls have disclosed to the ledger, as a batch of a process that writes nothing else."""
    batch = no_calls()
    for call in calls:
        assert call.disclosed is not None
        batch.disclosures.add(call.disclosed, call.at)
    assert await store.add_batch(tx, batch, uuid4(), 1, SystemClock().now())
