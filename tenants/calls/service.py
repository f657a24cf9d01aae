"""Writing the counted calls every few seconds, and once more when the process stops."""

import asyncio
import itertools
import logging
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Final
from uuid import UUID, uuid4

import msgspec

from haas.clock import Clock
from haas.database import Database, Namespace
from haas.errors import HaasError
from tenants.calls import store
from tenants.calls.counter import CallCounter, TenantCalls
from tenants.calls.models import CalledTenant, CallRecord
from tenants.registry import store as registry

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_FLUSHES: Final = 2.0
SECONDS_FOR_EACH_TENANT: Final = 0.01
"""With more than 200 tenants that are called, the time between two writes is longer, so that a process writes the calls
of at most 100 tenants a second. Otherwise it would write nearly each call of 1,000 tenants on its own."""

# One object for the whole process, so that the code that answers a call needs no reference to it.
_process_calls = CallCounter()


def record(call: CallRecord, number: int = 1) -> None:
    """Count a call of this process, or a number of equal calls. `Flusher` writes the counts every few seconds."""
    _process_calls.count(call, number)


def seconds_between_flushes(tenants: int) -> float:
    """Return the time until the next write, if the last one has written the calls of so many tenants."""
    return max(SECONDS_BETWEEN_FLUSHES, tenants * SECONDS_FOR_EACH_TENANT)


class _SchemaReplaced(HaasError):
    """The schema is not the one that the tenant had before. It may belong to another tenant with the same slug."""


class _BatchCommittedBefore(HaasError):
    """An earlier attempt to write the batch was committed, although the COMMIT was not answered."""


class _Batch(msgspec.Struct):
    """The calls of a tenant that are written in one transaction."""

    number: int
    calls: TenantCalls
    has_failed: bool = False


class Flusher:
    """Writes the counted calls in batches, each of them exactly once.

    A batch has a number, which is written in the same transaction. If a write fails, the same batch is written again
    with the same number. If it was committed before, although the COMMIT was not answered, the number is found and the
    transaction is rolled back. A tenant has at most one batch at a time; its later calls wait in the counter.

    The calls of a tenant that was removed are dropped. A later tenant with the same slug has the same schema name and
    the same role name. So that it never gets calls of its predecessor, the flusher remembers the object id (oid) of the
    schema of each tenant, and commits only to the schema with this id:

    - The id is read first, and the registry is asked afterwards whether the tenant exists. If it does, the id is that
      of the tenant's own schema, because only one tenant at a time has a schema name.
    - At each write, the id is read again after the rows were written and before they are committed. The locks on the
      tables keep the schema from being replaced in between.

    No transaction is open while another one begins, so one connection for each database node is enough.
    """

    def __init__(
        self, database: Database, control: Namespace, clock: Clock, counter: CallCounter = _process_calls
    ) -> None:
        """Write the calls of `counter`; the default is the counter of this process.

        `control` is the namespace of the control schema, which says whether a tenant still exists.
        """
        self._database = database
        self._control = control
        self._clock = clock
        self._counter = counter
        self._process = uuid4()
        self._numbers = itertools.count(1)
        self._batches: dict[CalledTenant, _Batch] = {}
        self._schema_ids: dict[CalledTenant, int] = {}
        self._removed: set[UUID] = set()

    @property
    def unwritten(self) -> int:
        """The number of calls that were counted and are not written."""
        return self._counter.number + sum(batch.calls.number for batch in self._batches.values())

    async def run(self) -> None:
        """Write every few seconds until cancelled, and then one last time.

        A process that is killed loses the calls since the last write: of `seconds_between_flushes` at most, and of the
        time that one write takes.
        """
        written = 0
        try:
            while True:
                await asyncio.sleep(seconds_between_flushes(written))
                written = await self.flush()
        finally:
            await asyncio.shield(self._flush_at_the_end())

    async def flush(self) -> int:
        """Write all counted calls; return the number of tenants whose calls were written.

        Database nodes are written concurrently, so a node that does not answer does not delay the others.
        """
        nodes: dict[str, set[CalledTenant]] = {}
        for called in self._batches.keys() | self._counter.tenants():
            nodes.setdefault(called.namespace.node, set()).add(called)
        written = sum(await asyncio.gather(*map(self._flush_node, nodes.values())))
        counter = self._counter
        if counter.combined or counter.rows_lost:
            details = {"combined": counter.combined, "rows_lost": counter.rows_lost}
            logger.error("calls.counted_with_less_detail", extra=details)
            counter.combined = counter.rows_lost = 0
        if counter.disclosure_limit.lost:
            logger.error("disclosures.dropped", extra={"disclosures": counter.disclosure_limit.lost})
            counter.disclosure_limit.lost = 0
        return written

    async def _flush_at_the_end(self) -> None:
        await self.flush()
        if self.unwritten:
            logger.error("calls.dropped", extra={"calls": self.unwritten})

    async def _flush_node(self, tenants: AbstractSet[CalledTenant]) -> int:
        """Write the calls of one node's tenants; return for how many tenants that succeeded.

        The batches that an earlier flush could not write are first. Only a tenant without such a batch gets a new one.
        """
        written = await self._write_batches([called for called in tenants if called in self._batches])
        new = [called for called in tenants if called not in self._batches]
        for called in new:
            calls = self._counter.take(called)
            if calls is not None:
                self._batches[called] = _Batch(next(self._numbers), calls)
        return len(written | await self._write_batches([called for called in new if called in self._batches]))

    async def _write_batches(self, tenants: Sequence[CalledTenant]) -> set[CalledTenant]:
        """Write the batches of these tenants of one node; return the tenants for which that succeeded."""
        written: set[CalledTenant] = set()
        failed: dict[CalledTenant, Exception] = {}
        await self._learn_schema_ids([called for called in tenants if called not in self._schema_ids], failed)
        for called in [called for called in tenants if called not in failed]:
            try:
                with suppress(_BatchCommittedBefore):
                    await self._write(called, self._batches[called])
            except Exception as error:  # noqa: BLE001 - one tenant's failure must not lose the calls of the others
                failed[called] = error
            else:
                self._forget_batch(called)
                written.add(called)
        if failed:
            await self._keep_or_drop(failed)
        return written

    def _forget_batch(self, called: CalledTenant) -> None:
        self._counter.release(self._batches.pop(called).calls)

    async def _learn_schema_ids(self, unknown: list[CalledTenant], failed: dict[CalledTenant, Exception]) -> None:
        """Remember the ids of the schemas of these tenants. Add those for which this is not possible to `failed`."""
        found: dict[CalledTenant, int] = {}
        for called in unknown:
            try:
                async with self._database.transaction(called.namespace) as tx:
                    found[called] = await store.schema_id(tx)
            except Exception as error:  # noqa: BLE001 - `_keep_or_drop` logs it
                failed[called] = error
        if not found:
            return
        try:
            existing = await self._existing(found)
        except Exception as error:  # noqa: BLE001 - `_keep_or_drop` logs it
            failed.update(dict.fromkeys(found, error))
            return
        for called, schema_id in found.items():
            if called.id in existing:
                self._schema_ids[called] = schema_id
            else:
                failed[called] = _SchemaReplaced(f"the tenant of {called.namespace.schema} was removed")

    async def _write(self, called: CalledTenant, batch: _Batch) -> None:
        """Write the batch of a tenant.

        Raise _BatchCommittedBefore, or _SchemaReplaced if the schema is not the tenant's. Then nothing is written.
        """
        async with self._database.transaction(called.namespace) as tx:
            schema_id = await store.add_batch(tx, batch.calls, self._process, batch.number, self._clock.now())
            if schema_id is None:
                raise _BatchCommittedBefore
            await store.add_refusals(tx, batch.calls.refusals.days())  # its table was created last
            if schema_id != self._schema_ids[called]:
                raise _SchemaReplaced(f"{called.namespace.schema} is another schema than before")

    async def _keep_or_drop(self, failed: dict[CalledTenant, Exception]) -> None:
        """Keep the batches of the tenants that exist, and drop those of removed tenants."""
        try:
            existing = await self._existing(failed)
        except Exception:  # noqa: BLE001 - whether they exist is not known, so their calls are kept
            existing = {called.id for called in failed}
        for called, error in failed.items():
            self._schema_ids.pop(called, None)
            batch = self._batches[called]
            if called.id not in existing:
                self._forget_batch(called)
                if called.id not in self._removed:
                    self._removed.add(called.id)
                    logger.info("calls.tenant_removed", extra={"schema": called.namespace.schema})
            elif not batch.has_failed:
                batch.has_failed = True
                logger.error("calls.not_written", extra={"schema": called.namespace.schema}, exc_info=error)

    async def _existing(self, tenants: Iterable[CalledTenant]) -> set[UUID]:
        """Return the ids of those tenants that exist. Call it while no transaction is open."""
        async with self._database.transaction(self._control) as tx:
            return await registry.existing_brands(tx, {called.id for called in tenants})
