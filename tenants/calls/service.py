"""Writing the counted calls every few seconds, and once more when the process stops."""

import asyncio
import logging
from collections.abc import Iterable
from uuid import UUID

from haas.database import Database, Namespace
from haas.errors import HaasError
from tenants.calls import store
from tenants.calls.counter import CallCounter, TenantCalls
from tenants.calls.models import CalledTenant, CallRecord
from tenants.registry import store as registry

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_FLUSHES = 5.0

# One object for the whole process, so that the code that answers a call needs no reference to it.
_process_calls = CallCounter()


def record(call: CallRecord) -> None:
    """Count a call of this process. `Flusher` writes the counts every few seconds."""
    _process_calls.count(call)


class _SchemaReplaced(HaasError):
    """The schema is not the one that the tenant had before. It may belong to another tenant with the same slug."""


class Flusher:
    """Writes the counted calls. If a tenant's calls cannot be written, they are kept for the next attempt.

    The calls of a tenant that was removed are dropped. A later tenant with the same slug has the same schema name and
    the same role name. So that it never gets calls of its predecessor, the flusher remembers the object id (oid) of the
    schema of each tenant, and commits only to the schema with this id:

    - The id is read first, and the registry is asked afterwards whether the tenant exists. If it does, the id is that
      of the tenant's own schema, because only one tenant at a time has a schema name.
    - At each write, the id is read again after the rows were written and before they are committed. The locks on the
      tables keep the schema from being replaced in between.

    No transaction is open while another one begins, so one connection for each database node is enough.
    """

    def __init__(self, database: Database, control: Namespace, counter: CallCounter = _process_calls) -> None:
        """Write the calls of `counter`; the default is the counter of this process.

        `control` is the namespace of the control schema, which says whether a tenant still exists.
        """
        self._database = database
        self._control = control
        self._counter = counter
        self._schema_ids: dict[CalledTenant, int] = {}
        self._removed: set[UUID] = set()

    async def run(self) -> None:
        """Write every few seconds until cancelled, and then one last time."""
        try:
            while True:
                await asyncio.sleep(SECONDS_BETWEEN_FLUSHES)
                await self.flush()
        finally:
            await asyncio.shield(self.flush())

    async def flush(self) -> int:
        """Write all counted calls; return the number of tenants whose calls were written.

        Database nodes are written concurrently, so a node that does not answer does not delay the others.
        """
        nodes: dict[str, dict[CalledTenant, TenantCalls]] = {}
        for called, calls in self._counter.take().items():
            nodes.setdefault(called.namespace.node, {})[called] = calls
        try:
            written = sum(await asyncio.gather(*map(self._flush_node, nodes.values())))
        except BaseException:
            for remaining in nodes.values():
                for called, calls in remaining.items():
                    self._counter.put_back(called, calls)
            raise
        if self._counter.lost:
            logger.error("calls.dropped", extra={"calls": self._counter.lost})
            self._counter.lost = 0
        return written

    async def _flush_node(self, taken: dict[CalledTenant, TenantCalls]) -> int:
        """Write the calls of one node's tenants and remove them from `taken`; return the number of tenants written."""
        failed: dict[CalledTenant, Exception] = {}
        await self._learn_schema_ids([called for called in taken if called not in self._schema_ids], failed)
        written = 0
        for called in [called for called in taken if called not in failed]:
            try:
                await self._write(called, taken[called])
            except Exception as error:  # noqa: BLE001 - one tenant's failure must not lose the calls of the others
                failed[called] = error
            else:
                del taken[called]
                written += 1
        if failed:
            await self._keep_or_drop(failed, taken)
        return written

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

    async def _write(self, called: CalledTenant, calls: TenantCalls) -> None:
        """Write the calls of a tenant. Raise _SchemaReplaced, and write nothing, if the schema is not the tenant's."""
        async with self._database.transaction(called.namespace) as tx:
            await store.add(tx, calls)
            if await store.schema_id(tx) != self._schema_ids[called]:
                raise _SchemaReplaced(f"{called.namespace.schema} is another schema than before")

    async def _keep_or_drop(
        self, failed: dict[CalledTenant, Exception], taken: dict[CalledTenant, TenantCalls]
    ) -> None:
        """Keep the calls of the tenants that exist, and drop those of removed tenants."""
        try:
            existing = await self._existing(failed)
        except Exception:  # noqa: BLE001 - whether they exist is not known, so their calls are kept
            existing = {called.id for called in failed}
        for called, error in failed.items():
            calls = taken.pop(called)
            self._schema_ids.pop(called, None)
            if called.id in existing:
                logger.error("calls.not_written", extra={"schema": called.namespace.schema}, exc_info=error)
                self._counter.put_back(called, calls)
            elif called.id not in self._removed:
                self._removed.add(called.id)
                logger.info("calls.tenant_removed", extra={"schema": called.namespace.schema})

    async def _existing(self, tenants: Iterable[CalledTenant]) -> set[UUID]:
        """Return the ids of those tenants that exist. Call it while no transaction is open."""
        async with self._database.transaction(self._control) as tx:
            return await registry.existing_brands(tx, {called.id for called in tenants})
