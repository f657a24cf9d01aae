"""From "there is work" to work: wake an actor by the broker, and where the broker takes no message, do it here.

So a dead Valkey delays nothing that a person waits for; and since rows are leased before they are worked on, it does no
harm to be woken twice.
"""

import asyncio
import logging

from haas.errors import HaasError
from haas.jobs import Jobs
from haas.settings import MAIN_NODE
from haas.telemetry import bind
from workers.tasks import DELIVER_OUTBOX, POLL_REGISTER, SWEEP, Tasks

logger = logging.getLogger(__name__)

OWN_TASKS_AT_ONCE = 8
TENANTS_AT_ONCE = 4


class Dispatcher:
    """Wakes actors for what notifications and sweeps find on one database node."""

    def __init__(self, tasks: Tasks, jobs: Jobs, node: str = MAIN_NODE) -> None:
        """Wake by `jobs`; do it by `tasks` where that fails. Register polls belong to the main node's dispatcher."""
        self.node = node
        self._tasks = tasks
        self._jobs = jobs
        self._heard: set[str] = set()
        self._woken = asyncio.Event()
        self._own: dict[tuple[str, ...], asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(OWN_TASKS_AT_ONCE)

    def heard(self, schema: str) -> None:
        """Take note that a transaction in `schema` has put something into its outbox."""
        self._heard.add(schema)
        self._woken.set()

    async def run(self) -> None:
        """Wake the delivery of every tenant that was heard of, until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            heard, self._heard = self._heard, set()
            try:
                for tenant in await self._tasks.tenants(self.node):
                    if tenant.namespace.schema in heard:
                        await self.wake(DELIVER_OUTBOX, tenant.slug)
            except HaasError:
                logger.exception("dispatch.tenants_not_read")

    async def wake(self, name: str, *arguments: str) -> None:
        """Have `name` done: by a worker, or here when the broker takes no message."""
        if await self._jobs.enqueue(name, *arguments):
            return
        key = (name, *arguments)
        if key not in self._own:
            task = asyncio.create_task(self._do(name, *arguments), name=f"{name}{arguments}")
            self._own[key] = task
            task.add_done_callback(lambda _: self._own.pop(key, None))

    async def sweep_outbox(self) -> int:
        """Wake the delivery of every tenant of the node that has something due; return how many there are."""
        places = asyncio.Semaphore(TENANTS_AT_ONCE)

        async def look(slug: str) -> bool:
            async with places:
                return await self._tasks.outbox_due(tenants[slug])

        tenants = {tenant.slug: tenant for tenant in await self._tasks.tenants(self.node)}
        found = await asyncio.gather(*map(look, tenants), return_exceptions=True)
        waiting = 0
        for slug, due in zip(tenants, found, strict=True):
            if isinstance(due, BaseException):
                with bind(tenant=slug):
                    logger.warning("dispatch.outbox_not_read", extra={"reason": type(due).__name__})
            elif due:
                waiting += 1
                await self.wake(DELIVER_OUTBOX, slug)
        return waiting

    async def poll_registers(self) -> None:
        """Wake the poll of each register environment."""
        for environment_id in await self._tasks.environments():
            await self.wake(POLL_REGISTER, environment_id)

    async def sweep(self) -> None:
        """Wake the housekeeping of the node's tenants."""
        await self.wake(SWEEP, self.node)

    async def finish(self) -> None:
        """Let deliveries that are under way finish, which takes seconds; polls and sweeps are cut short."""
        for (name, *_), task in self._own.items():
            if name != DELIVER_OUTBOX:
                task.cancel()
        await asyncio.gather(*self._own.values(), return_exceptions=True)

    async def _do(self, name: str, *arguments: str) -> None:
        try:
            async with self._slots:
                await self._tasks.run(name, *arguments)
        except Exception:
            # As for the actors: the row stays, and comes round again.
            logger.exception("dispatch.task_failed", extra={"task": name, "arguments": ",".join(arguments)})
