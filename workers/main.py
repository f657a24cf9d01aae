"""The worker process: `python -m workers.main`.

One process, one event loop with one set of database pools, and a few Dramatiq threads that wait for it. When Valkey
goes away the threads look for it every few seconds; meanwhile the scheduler does the work itself. SIGTERM and SIGINT
let what is under way finish.
"""

import asyncio
import logging
import os
import signal

import dramatiq

from haas.jobs import open_broker
from haas.settings import Settings
from haas.telemetry import configure
from tenants.services import Services
from workers.actors import Actors
from workers.tasks import Tasks

logger = logging.getLogger(__name__)

THREADS = 8
LONGEST_WAIT_FOR_A_MESSAGE_MS = 250
LONGEST_STOP_MS = 30_000


def stop_signals() -> asyncio.Event:
    """Return an event that SIGTERM or SIGINT sets; call it within the running loop."""
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping


async def work(settings: Settings, stopping: asyncio.Event) -> None:
    """Take messages until `stopping` is set, then finish those under way."""
    services = Services.open(settings)
    await services.start()
    broker = open_broker(settings.redis_url)
    actors = Actors(broker, Tasks(services), asyncio.get_running_loop())
    worker = dramatiq.Worker(broker, worker_threads=THREADS, worker_timeout=LONGEST_WAIT_FOR_A_MESSAGE_MS)
    try:
        worker.start()
        logger.info("worker.started")
        await stopping.wait()
        logger.info("worker.stopping")
    finally:
        actors.cut_short()
        await asyncio.to_thread(worker.stop, LONGEST_STOP_MS)
        await asyncio.to_thread(broker.close)
        await services.close()


async def _main() -> None:
    settings = Settings.from_environment(os.environ)
    configure(settings.log_level)
    await work(settings, stop_signals())


if __name__ == "__main__":
    asyncio.run(_main())
