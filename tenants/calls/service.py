"""Writing the counted calls every few seconds, and once more when the process stops."""

import asyncio
import logging

from haas.database import Database
from tenants.calls import store
from tenants.calls.aggregate import Aggregate
from tenants.calls.models import CallRecord

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_FLUSHES = 5.0

# One for the process, like its log: whoever answers a call records it, and need not be handed the means to.
_process = Aggregate()


def record(call: CallRecord) -> None:
    """Count a call of this process. Writes nothing: `Flusher` does, every few seconds."""
    _process.record(call)


class Flusher:
    """Writes what was counted. A tenant's calls that cannot be written are kept for the next time."""

    def __init__(self, database: Database, aggregate: Aggregate = _process) -> None:
        """Write the calls of `aggregate`, by default the process's own."""
        self._database = database
        self._aggregate = aggregate

    async def run(self) -> None:
        """Flush every few seconds until cancelled, and then a last time."""
        try:
            while True:
                await asyncio.sleep(SECONDS_BETWEEN_FLUSHES)
                await self.flush()
        finally:
            await asyncio.shield(self.flush())

    async def flush(self) -> int:
        """Write everything that was counted; return for how many tenants."""
        written = 0
        taken = self._aggregate.take()
        while taken:
            namespace, calls = taken.popitem()
            try:
                async with self._database.transaction(namespace) as tx:
                    await store.add(tx, calls)
            except Exception:
                # Whatever the database has against one tenant's rows must not cost the other tenants theirs.
                logger.exception("calls.not_written", extra={"schema": namespace.schema})
                self._aggregate.put_back(namespace, calls)
            except BaseException:
                for kept in ((namespace, calls), *taken.items()):
                    self._aggregate.put_back(*kept)
                raise
            else:
                written += 1
        if self._aggregate.lost:
            logger.error("calls.dropped", extra={"calls": self._aggregate.lost})
            self._aggregate.lost = 0
        return written
