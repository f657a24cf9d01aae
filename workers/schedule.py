"""The scheduler process: `python -m workers.schedule`.

A process runs one scheduler for each database node. Any number of processes may run. For each node, the scheduler that
holds an advisory lock on a dedicated connection to the node is the leader. The same connection receives the
notifications of the outboxes. When the connection is lost, the lock is released and another scheduler becomes the
leader; it starts by running every job once. A node that cannot be reached stops only the jobs of its own tenants. Jobs
become due by the platform's clock, so moving that clock moves them too.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from time import time
from typing import Final

from haas.clock import Clock
from haas.database.dedicated import DedicatedConnection, dedicated_connection
from haas.errors import HaasError, Unavailable
from haas.health import health_listener
from haas.jobs import Jobs, open_broker
from haas.metrics import metrics_listener
from haas.settings import MAIN_NODE, WorkerSettings
from haas.traces import tracing
from tenants.notices.outbox import NOTIFY_CHANNEL
from tenants.services import Services
from workers.dispatch import Dispatcher
from workers.main import stop_signals
from workers.measurements import INTERVAL as MEASURED_EVERY
from workers.measurements import Measurements
from workers.metrics import ScheduleMetrics
from workers.settings import read_settings
from workers.tasks import Tasks

logger = logging.getLogger(__name__)

LEADER_LOCK: Final = 0x48414153  # "HAAS"
OUTBOX_INTERVAL: Final = timedelta(seconds=5)
"""A person may wait for a message whose worker was killed, or that is tried again after five seconds."""
FEED_INTERVAL: Final = timedelta(minutes=5)
TICK_SECONDS: Final = 0.5
SECONDS_BETWEEN_LOCK_ATTEMPTS: Final = 2.0
SECONDS_BETWEEN_CONNECTION_CHECKS: Final = 10.0


class PeriodicJob:
    """A job that runs when a scheduler becomes the leader and then once in every interval, never concurrently."""

    def __init__(self, name: str, interval: timedelta, run: Callable[[], Awaitable[object]]) -> None:
        """Call `run` once in every `interval`."""
        self.name = name
        self.succeeded_at: float | None = None
        """In seconds since 1970 of the machine's clock; None before the first success."""
        self._interval = interval
        self._run = run
        self._due: datetime | None = None
        self._running: asyncio.Task[None] | None = None

    def tick(self, now: datetime) -> None:
        """Start the job if it is due at `now`. If the clock was moved back, the job is due immediately."""
        if self._running is not None and not self._running.done():
            return
        if self._due is None or now >= self._due or self._due > now + self._interval:
            self._due = now + self._interval
            self._running = asyncio.create_task(self._run_and_log(), name=self.name)

    def reset(self) -> None:
        """Cancel the job if it is running, and make it due immediately for the next leader."""
        self._due = None
        if self._running is not None:
            self._running.cancel()

    async def _run_and_log(self) -> None:
        try:
            await self._run()
        except HaasError as error:
            logger.warning("schedule.job_not_done", extra={"job": self.name, "reason": str(error)})
        except Exception:
            # An error in one job must not stop the other jobs.
            logger.exception("schedule.job_failed", extra={"job": self.name})
        else:
            self.succeeded_at = time()


class Scheduler:
    """Tries to become the leader of one database node, and runs the node's jobs while it is the leader."""

    def __init__(
        self, database_url: str, clock: Clock, dispatcher: Dispatcher, measurements: Measurements | None = None
    ) -> None:
        """Take the node of `dispatcher`, and the `database_url` of that node for a dedicated connection.

        The statuses of the Register and the passwords at AEMO are stored in the control schema. So the leader of the
        main node also polls the Registers, changes passwords, warns of obligations, and checks the sender domains and
        the links to the dashboards.
        """
        self._url = database_url
        self._clock = clock
        self._dispatcher = dispatcher
        self.is_leader = False
        self._leads_since = 0.0
        self._jobs = [
            PeriodicJob("outbox delivery", OUTBOX_INTERVAL, dispatcher.deliver_due_outboxes),
            PeriodicJob("feeds of ended customers", FEED_INTERVAL, dispatcher.read_feeds),
            PeriodicJob("housekeeping", timedelta(minutes=10), dispatcher.sweep),
            PeriodicJob("checks of the data", timedelta(hours=1), dispatcher.check_data),
        ]
        if measurements is not None:
            measure = partial(measurements.measure, dispatcher.node)
            self._jobs.append(PeriodicJob("measurements", MEASURED_EVERY, measure))
        if dispatcher.node == MAIN_NODE:
            self._jobs.append(PeriodicJob("register poll", timedelta(minutes=2), dispatcher.poll_registers))
            self._jobs.append(PeriodicJob("password changes", timedelta(hours=1), dispatcher.change_passwords))
            self._jobs.append(PeriodicJob("obligations", timedelta(days=1), dispatcher.warn_of_obligations))
            self._jobs.append(PeriodicJob("warnings", timedelta(days=1), dispatcher.warn))
            self._jobs.append(PeriodicJob("sender domains", timedelta(days=1), dispatcher.check_senders))
            self._jobs.append(PeriodicJob("dashboard links", timedelta(days=1), dispatcher.check_dashboard_links))

    @property
    def node(self) -> str:
        """The id of the node."""
        return self._dispatcher.node

    @property
    def successes(self) -> dict[str, float]:
        """When each job has succeeded last, in seconds since 1970 of the machine's clock, by the name of the job.

        A job that has not succeeded yet has the time at which this process became the leader.
        """
        return {job.name: job.succeeded_at or self._leads_since for job in self._jobs} if self.is_leader else {}

    async def run(self, stopping: asyncio.Event) -> None:
        """Try to become the leader, again after each lost connection, until `stopping` is set."""
        while not stopping.is_set():
            try:
                async with dedicated_connection(self._url, "haas-schedule") as connection:
                    if await self._become_leader(connection, stopping):
                        await self._lead(connection, stopping)
            except Unavailable as error:
                details = {"node": self._dispatcher.node, "reason": str(error)}
                logger.warning("schedule.database_unavailable", extra=details)
                await _wait_for_stop(stopping, SECONDS_BETWEEN_LOCK_ATTEMPTS)
            finally:
                for job in self._jobs:
                    job.reset()
                self._dispatcher.forget_checks()
        await self._dispatcher.finish()

    async def _become_leader(self, connection: DedicatedConnection, stopping: asyncio.Event) -> bool:
        while not stopping.is_set():
            if await connection.try_lock(LEADER_LOCK):
                return True
            await _wait_for_stop(stopping, SECONDS_BETWEEN_LOCK_ATTEMPTS)
        return False

    async def _lead(self, connection: DedicatedConnection, stopping: asyncio.Event) -> None:
        logger.info("schedule.leadership_began", extra={"node": self._dispatcher.node})
        await connection.listen(NOTIFY_CHANNEL, self._dispatcher.on_outbox_notification)
        dispatching = asyncio.create_task(self._dispatcher.run(), name="dispatch")
        loop = asyncio.get_running_loop()
        checked = loop.time()
        self._leads_since, self.is_leader = time(), True
        try:
            while not stopping.is_set() and not connection.lost.is_set():
                now = self._clock.now()
                for job in self._jobs:
                    job.tick(now)
                if loop.time() - checked >= SECONDS_BETWEEN_CONNECTION_CHECKS:
                    await connection.check()
                    checked = loop.time()
                await _wait_for_stop(stopping, TICK_SECONDS)
        finally:
            self.is_leader = False
            dispatching.cancel()
            await asyncio.gather(dispatching, return_exceptions=True)
            logger.info("schedule.leadership_ended", extra={"node": self._dispatcher.node})


async def _wait_for_stop(stopping: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return


async def schedule(settings: WorkerSettings, stopping: asyncio.Event) -> None:
    """Run the schedulers of all database nodes until `stopping` is set."""
    logger.info("schedule.started")
    services = Services.open(settings)
    await services.start()
    broker = open_broker(settings.redis_url)
    tasks, jobs, measurements = Tasks(services, settings), Jobs(broker), Measurements(services)
    schedulers = [
        Scheduler(url, services.clock, Dispatcher(tasks, jobs, node), measurements)
        for node, url in settings.database_urls.items()
    ]
    sources = (
        *services.metrics(jobs=lambda: broker.log.is_up),
        tasks.metrics,
        tasks.senders,
        tasks.dashboard_links,
        measurements,
        ScheduleMetrics(schedulers),
    )
    try:
        # Without the broker, the scheduler runs the tasks itself.
        checks = {"database": services.registry.check}
        async with (
            tracing(settings, "scheduler"),
            metrics_listener(settings.metrics, sources),
            health_listener(settings.health, checks),
            asyncio.TaskGroup() as group,
        ):
            for scheduler in schedulers:
                group.create_task(scheduler.run(stopping), name=f"schedule {scheduler.node}")
    finally:
        await asyncio.to_thread(broker.close)
        await services.close()


async def _main() -> None:
    await schedule(read_settings(), stop_signals())


if __name__ == "__main__":
    asyncio.run(_main())
