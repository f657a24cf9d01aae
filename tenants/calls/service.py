"""Writing the counted calls every few seconds, and once more when the process stops."""

import asyncio
import logging
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


class _TenantRemoved(HaasError):
    """The tenant was removed, so its calls are dropped. Another tenant may have its slug now."""


class Flusher:
    """Writes the counted calls. If a tenant's calls cannot be written, they are kept for the next attempt.

    The calls of a tenant that was removed are dropped.
    """

    def __init__(self, database: Database, control: Namespace, counter: CallCounter = _process_calls) -> None:
        """Write the calls of `counter`; the default is the counter of this process.

        `control` is the namespace of the control schema, which says whether a tenant still exists.
        """
        self._database = database
        self._control = control
        self._counter = counter
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
        written = 0
        for called, calls in list(taken.items()):
            try:
                await self._write(called, calls)
            except _TenantRemoved:
                if called.id not in self._removed:
                    self._removed.add(called.id)
                    logger.info("calls.tenant_removed", extra={"schema": called.namespace.schema})
            except Exception:
                # A failure with one tenant's rows must not lose the calls of the other tenants.
                logger.exception("calls.not_written", extra={"schema": called.namespace.schema})
                self._counter.put_back(called, calls)
            else:
                written += 1
            del taken[called]
        return written

    async def _write(self, called: CalledTenant, calls: TenantCalls) -> None:
        """Write the calls of a tenant. Raise _TenantRemoved if the tenant does not exist any more.

        The registry is queried after the rows are written and before they are committed. From the query to the commit,
        the locks on the tables prevent that a new tenant with the same slug replaces the schema.
        """
        try:
            async with self._database.transaction(called.namespace) as tx:
                await store.add(tx, calls)
                await self._require_tenant(called)
        except _TenantRemoved:
            raise
        except Exception:
            await self._require_tenant(called)  # the write also fails if the tenant's role and tables were removed
            raise

    async def _require_tenant(self, called: CalledTenant) -> None:
        async with self._database.transaction(self._control) as tx:
            if not await registry.has_brand(tx, called.id):
                raise _TenantRemoved(f"the tenant of {called.namespace.schema} was removed")
