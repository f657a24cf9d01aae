"""The worker process: `python -m workers.main`.

The process has one event loop with one set of database pools, and a few Dramatiq threads that wait for the loop. If
Valkey is down, the threads try to connect again every few seconds, and meanwhile the scheduler runs the tasks itself.
On SIGTERM or SIGINT the process finishes its running deliveries and ends.
"""

import asyncio
import logging
import signal

import dramatiq

from haas.health import health_listener
from haas.jobs import QUEUE, SLOW_QUEUE, open_broker
from haas.metrics import metrics_listener
from haas.settings import WorkerSettings
from haas.traces import tracing
from tenants.services import Services
from workers.actors import Actors
from workers.settings import read_settings
from workers.tasks import Tasks

logger = logging.getLogger(__name__)

THREADS = 8
SLOW_THREADS = 4
"""Threads of their own, so that deliveries never wait until a poll or a sweep has ended."""
MESSAGE_WAIT_MS = 250
STOP_TIMEOUT_MS = 30_000


def stop_signals() -> asyncio.Event:
    """Return an event that SIGTERM or SIGINT sets. Call this function within the running event loop."""
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping


async def work(settings: WorkerSettings, stopping: asyncio.Event) -> None:
    """Process messages until `stopping` is set, and then finish the running deliveries."""
    services = Services.open(settings)
    await services.start()
    broker = open_broker(settings.redis_url)
    tasks = Tasks(services, settings)
    slow_broker = open_broker(settings.redis_url, broker.log)
    actors = Actors(broker, slow_broker, tasks, asyncio.get_running_loop())
    workers = [
        dramatiq.Worker(broker, queues={QUEUE}, worker_threads=THREADS, worker_timeout=MESSAGE_WAIT_MS),
        dramatiq.Worker(slow_broker, queues={SLOW_QUEUE}, worker_threads=SLOW_THREADS, worker_timeout=MESSAGE_WAIT_MS),
    ]
    checks = {"database": services.registry.check, "broker": lambda: asyncio.to_thread(broker.client.ping)}
    sources = (*services.metrics(jobs=lambda: broker.log.is_up), tasks.metrics)
    try:
        async with (
            tracing(settings, "worker"),
            metrics_listener(settings.metrics, sources),
            health_listener(settings.health, checks),
        ):
            for worker in workers:
                worker.start()
            logger.info("worker.started")
            await stopping.wait()
            logger.info("worker.stopping")
    finally:
        actors.cancel_polls_and_sweeps()
        await asyncio.gather(*(asyncio.to_thread(worker.stop, STOP_TIMEOUT_MS) for worker in workers))
        for opened in (broker, slow_broker):
            await asyncio.to_thread(opened.close)
        await services.close()


async def _main() -> None:
    await work(read_settings(), stop_signals())


if __name__ == "__main__":
    asyncio.run(_main())
