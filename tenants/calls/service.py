"""Writing the counted calls every few seconds, and once more when the process stops."""

import asyncio
import logging

from haas.database import Database, Namespace
from tenants.calls import store
from tenants.calls.aggregate import CallAggregate, TenantCalls
from tenants.calls.models import CallRecord

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_FLUSHES = 5.0

# One object for the whole process, like its log, so that code that answers a call needs no reference to it.
_process_calls = CallAggregate()


def record(call: CallRecord) -> None:
    """Count a call of this process. `Flusher` writes the counts every few seconds."""
    _process_calls.record(call)


class Flusher:
    """Writes the counted calls. If a tenant's calls cannot be written, they are kept for the next attempt."""

    def __init__(self, database: Database, aggregate: CallAggregate = _process_calls) -> None:
        """Write the calls of `aggregate`; the default is the aggregate of this process."""
        self._database = database
        self._aggregate = aggregate

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
        nodes: dict[str, dict[Namespace, TenantCalls]] = {}
        for namespace, calls in self._aggregate.take().items():
            nodes.setdefault(namespace.node, {})[namespace] = calls
        try:
            written = sum(await asyncio.gather(*map(self._flush, nodes.values())))
        except BaseException:
            for remaining in nodes.values():
                for namespace, calls in remaining.items():
                    self._aggregate.put_back(namespace, calls)
            raise
        if self._aggregate.lost:
            logger.error("calls.dropped", extra={"calls": self._aggregate.lost})
            self._aggregate.lost = 0
        return written

    async def _flush(self, taken: dict[Namespace, TenantCalls]) -> int:
        """Write the calls of one node's tenants and remove them from `taken`; return the number of tenants written."""
        written = 0
        for namespace, calls in list(taken.items()):
            try:
                async with self._database.transaction(namespace) as tx:
                    await store.add(tx, calls)
            except Exception:
                # A failure with one tenant's rows must not lose the calls of the other tenants.
                logger.exception("calls.not_written", extra={"schema": namespace.schema})
                self._aggregate.put_back(namespace, calls)
            else:
                written += 1
            del taken[namespace]
        return written
