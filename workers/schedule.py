"""The scheduler process: `python -m workers.schedule`.

A process runs one scheduler for each database node. Of the schedulers of a node, in any number of processes, one leads:
the one that holds an advisory lock on a dedicated connection to the node. The same connection receives the outbox's
notifications. When it is lost the lock is free, another scheduler leads, and begins by doing every job once. A node
that is away stops only the jobs of its own tenants. Jobs fall due by the platform's clock: a moved clock moves them.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from haas.clock import Clock
from haas.database.dedicated import DedicatedConnection, dedicated_connection
from haas.errors import HaasError, Unavailable
from haas.jobs import Jobs, open_broker
from haas.settings import MAIN_NODE, Settings
from haas.telemetry import configure
from tenants.notices.outbox import CHANNEL
from tenants.services import Services
from workers.dispatch import Dispatcher
from workers.main import stop_signals
from workers.tasks import Tasks

logger = logging.getLogger(__name__)

LEADER_LOCK: Final = 0x48414153  # "HAAS"
TICK_SECONDS: Final = 0.5
SECONDS_BETWEEN_BIDS: Final = 2.0
SECONDS_BETWEEN_SIGNS_OF_LIFE: Final = 10.0


class Job:
    """Something that is done at once and then every so often, and never twice at a time."""

    def __init__(self, name: str, every: timedelta, run: Callable[[], Awaitable[object]]) -> None:
        """Do `run` every `every`."""
        self._name = name
        self._every = every
        self._run = run
        self._due: datetime | None = None
        self._running: asyncio.Task[None] | None = None

    def tick(self, now: datetime) -> None:
        """Begin the job if it is due at `now`. A clock that was moved back makes it due at once."""
        if self._running is not None and not self._running.done():
            return
        if self._due is None or now >= self._due or self._due > now + self._every:
            self._due = now + self._every
            self._running = asyncio.create_task(self._guarded(), name=self._name)

    def skip(self) -> None:
        """Stand down: whoever leads next begins anew."""
        self._due = None
        if self._running is not None:
            self._running.cancel()

    async def _guarded(self) -> None:
        try:
            await self._run()
        except HaasError as error:
            logger.warning("schedule.job_not_done", extra={"job": self._name, "reason": str(error)})
        except Exception:
            # A fault in one job must not end the schedule of all.
            logger.exception("schedule.job_failed", extra={"job": self._name})


class Scheduler:
    """Leads one database node when it can, and while it leads keeps the node's jobs going."""

    def __init__(self, database_url: str, clock: Clock, dispatcher: Dispatcher) -> None:
        """Take the lead of the dispatcher's node by a connection to it, at `database_url`.

        Statuses of the Register are kept in the control schema: the lead of the main node also polls the Registers.
        """
        self._url = database_url
        self._clock = clock
        self._dispatcher = dispatcher
        self._jobs = [
            Job("outbox sweep", timedelta(seconds=30), dispatcher.sweep_outbox),
            Job("sweep", timedelta(minutes=10), dispatcher.sweep),
        ]
        if dispatcher.node == MAIN_NODE:
            self._jobs.append(Job("register poll", timedelta(minutes=2), dispatcher.poll_registers))

    async def run(self, stopping: asyncio.Event) -> None:
        """Lead whenever possible until `stopping` is set."""
        while not stopping.is_set():
            try:
                async with dedicated_connection(self._url, "haas-schedule") as connection:
                    if await self._bid(connection, stopping):
                        await self._lead(connection, stopping)
            except Unavailable as error:
                details = {"node": self._dispatcher.node, "reason": str(error)}
                logger.warning("schedule.database_unavailable", extra=details)
                await _wait(stopping, SECONDS_BETWEEN_BIDS)
            finally:
                for job in self._jobs:
                    job.skip()
        await self._dispatcher.finish()

    async def _bid(self, connection: DedicatedConnection, stopping: asyncio.Event) -> bool:
        while not stopping.is_set():
            if await connection.try_lock(LEADER_LOCK):
                return True
            await _wait(stopping, SECONDS_BETWEEN_BIDS)
        return False

    async def _lead(self, connection: DedicatedConnection, stopping: asyncio.Event) -> None:
        logger.info("schedule.leadership_began", extra={"node": self._dispatcher.node})
        await connection.listen(CHANNEL, self._dispatcher.heard)
        dispatching = asyncio.create_task(self._dispatcher.run(), name="dispatch")
        loop = asyncio.get_running_loop()
        checked = loop.time()
        try:
            while not stopping.is_set() and not connection.lost.is_set():
                now = self._clock.now()
                for job in self._jobs:
                    job.tick(now)
                if loop.time() - checked >= SECONDS_BETWEEN_SIGNS_OF_LIFE:
                    await connection.check()
                    checked = loop.time()
                await _wait(stopping, TICK_SECONDS)
        finally:
            dispatching.cancel()
            await asyncio.gather(dispatching, return_exceptions=True)
            logger.info("schedule.leadership_ended", extra={"node": self._dispatcher.node})


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return


async def schedule(settings: Settings, stopping: asyncio.Event) -> None:
    """Keep the schedule until `stopping` is set."""
    logger.info("schedule.started")
    services = Services.open(settings)
    await services.start()
    broker = open_broker(settings.redis_url)
    tasks, jobs = Tasks(services), Jobs(broker)
    try:
        async with asyncio.TaskGroup() as schedulers:
            for node, url in settings.database_urls.items():
                scheduler = Scheduler(url, services.clock, Dispatcher(tasks, jobs, node))
                schedulers.create_task(scheduler.run(stopping), name=f"schedule {node}")
    finally:
        await asyncio.to_thread(broker.close)
        await services.close()


async def _main() -> None:
    settings = Settings.from_environment(os.environ)
    configure(settings.log_level)
    await schedule(settings, stop_signals())


if __name__ == "__main__":
    asyncio.run(_main())
