"""Starts tasks: sends a message to an actor, or runs the task in this process if the broker accepts no message.

So deliveries are not delayed while Valkey is down. A task can safely be started twice: a worker leases a row of the
outbox before it delivers the row, and polls and sweeps can be repeated.
"""

import asyncio
import logging

from haas.errors import HaasError
from haas.jobs import QUEUE, SLOW_QUEUE, Jobs
from haas.logs import bind
from haas.settings import MAIN_NODE
from workers.tasks import (
    CHANGE_PASSWORDS,
    CHECK_DATA,
    DELIVER_OUTBOX,
    POLL_REGISTER,
    READ_FEED,
    SWEEP,
    WARN,
    Tasks,
)

logger = logging.getLogger(__name__)

MAXIMUM_LOCAL_TASKS = 8
MAXIMUM_CONCURRENT_CHECKS = 4


class Dispatcher:
    """Starts the tasks that notifications and sweeps find on one database node."""

    def __init__(self, tasks: Tasks, jobs: Jobs, node: str = MAIN_NODE) -> None:
        """Send messages with `jobs`; if that fails, run the task with `tasks`.

        Only the dispatcher of the main node polls the Registers and changes passwords.
        """
        self.node = node
        self._tasks = tasks
        self._jobs = jobs
        self._notified_schemas: set[str] = set()
        self._notified = asyncio.Event()
        self._local_tasks: dict[tuple[str, ...], asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(MAXIMUM_LOCAL_TASKS)
        self._slow_slots = asyncio.Semaphore(MAXIMUM_LOCAL_TASKS)
        self._finishing = False

    def on_outbox_notification(self, schema: str) -> None:
        """Remember that a transaction has added rows to the outbox of `schema`. `run` starts the delivery."""
        self._notified_schemas.add(schema)
        self._notified.set()

    async def run(self) -> None:
        """Start a delivery for each tenant whose outbox notified this process. Run until cancelled."""
        while True:
            await self._notified.wait()
            self._notified.clear()
            schemas, self._notified_schemas = self._notified_schemas, set()
            try:
                for tenant in await self._tasks.tenants(self.node):
                    if tenant.namespace.schema in schemas:
                        await self.enqueue_or_run(DELIVER_OUTBOX, tenant.slug)
            except HaasError:
                logger.exception("dispatch.tenants_not_read")

    async def enqueue_or_run(self, name: str, *arguments: str) -> None:
        """Send a message for the task `name` to a worker, or run it in this process if the broker accepts none."""
        if await self._jobs.enqueue(name, *arguments, queue=QUEUE if name == DELIVER_OUTBOX else SLOW_QUEUE):
            return
        key = (name, *arguments)
        if key not in self._local_tasks:
            task = asyncio.create_task(self._run_locally(name, *arguments), name=f"{name}{arguments}")
            self._local_tasks[key] = task
            task.add_done_callback(lambda _: self._local_tasks.pop(key, None))

    async def deliver_due_outboxes(self) -> int:
        """Start the delivery for every tenant of the node that has due notices; return the number of these tenants."""
        slots = asyncio.Semaphore(MAXIMUM_CONCURRENT_CHECKS)

        async def is_due(slug: str) -> bool:
            async with slots:
                return await self._tasks.outbox_due(tenants[slug])

        tenants = {tenant.slug: tenant for tenant in await self._tasks.tenants(self.node)}
        found = await asyncio.gather(*map(is_due, tenants), return_exceptions=True)
        tenants_due = 0
        for slug, due in zip(tenants, found, strict=True):
            if isinstance(due, BaseException):
                with bind(tenant=slug):
                    logger.warning("dispatch.outbox_not_read", extra={"reason": type(due).__name__})
            elif due:
                tenants_due += 1
                await self.enqueue_or_run(DELIVER_OUTBOX, slug)
        return tenants_due

    async def check_data(self) -> None:
        """Start the nightly check of the data of each tenant of the node for which it is due."""
        for tenant in await self._tasks.tenants(self.node):
            if await self._tasks.data_check_due(tenant):
                await self.enqueue_or_run(CHECK_DATA, tenant.slug)

    async def warn(self) -> None:
        """Start the daily warnings: what ends soon, notices that nobody handles, and overdue findings."""
        await self.enqueue_or_run(WARN)

    async def check_senders(self) -> None:
        """Check the sender domains in this process, whose metrics have the result: the leader starts with a check."""
        await self._tasks.check_senders()

    async def check_dashboard_links(self) -> None:
        """Check the links to the dashboards in this process, for the same reason."""
        await self._tasks.check_dashboard_links()

    def forget_checks(self) -> None:
        """Do not show the last daily checks any more: another process leads the node now."""
        if self.node == MAIN_NODE:
            self._tasks.senders.forget()
            self._tasks.dashboard_links.forget()

    async def poll_registers(self) -> None:
        """Start the poll of every register environment."""
        for environment_id in await self._tasks.environments():
            await self.enqueue_or_run(POLL_REGISTER, environment_id)

    async def change_passwords(self) -> None:
        """Start the change of the passwords at AEMO that are due."""
        await self.enqueue_or_run(CHANGE_PASSWORDS)

    async def warn_of_obligations(self) -> None:
        """Log a warning for each obligation that is due and not met."""
        await self._tasks.warn_of_obligations()

    async def read_feeds(self) -> None:
        """Start to read the feed of each tenant of the node whose customers are on the retailer's own server."""
        for tenant in await self._tasks.tenants(self.node):
            if tenant.settings.customer_source == "upstream":
                await self.enqueue_or_run(READ_FEED, tenant.slug)

    async def sweep(self) -> None:
        """Start the housekeeping of the node's tenants."""
        await self.enqueue_or_run(SWEEP, self.node)

    async def finish(self) -> None:
        """Cancel the polls and sweeps in this process, and wait some seconds for its deliveries to end."""
        self._finishing = True
        for (name, *_), task in self._local_tasks.items():
            if name not in (DELIVER_OUTBOX, CHANGE_PASSWORDS):
                task.cancel()
        await asyncio.gather(*self._local_tasks.values(), return_exceptions=True)

    async def _run_locally(self, name: str, *arguments: str) -> None:
        try:
            if name != DELIVER_OUTBOX:
                async with self._slow_slots:
                    await self._tasks.run(name, *arguments)
                return
            is_unfinished = True
            while is_unfinished:
                async with self._slots:  # the next round waits behind those of the other tenants
                    is_unfinished = await self._tasks.run(name, *arguments) and not self._finishing
        except Exception:
            # As in `workers.actors`: the work is recorded in PostgreSQL, and a later sweep starts it again.
            logger.exception("dispatch.task_failed", extra={"task": name, "arguments": ",".join(arguments)})
