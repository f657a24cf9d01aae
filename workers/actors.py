"""Dramatiq actors: each waits, on its worker thread, for work that the process's one event loop does."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import dramatiq

from haas.jobs import QUEUE
from workers.tasks import DELIVER_OUTBOX, POLL_REGISTER, SWEEP, Tasks

logger = logging.getLogger(__name__)

SECONDS: Final = {DELIVER_OUTBOX: 300.0, POLL_REGISTER: 300.0, SWEEP: 3_600.0}
"""How long each may take. Whatever is cut short is found and done by a later sweep or poll."""


class Actors:
    """The actors of this process, one for each piece of work."""

    def __init__(self, broker: dramatiq.Broker, tasks: Tasks, loop: asyncio.AbstractEventLoop) -> None:
        """Declare them on `broker`, to work on `loop`."""
        self._tasks = tasks
        self._loop = loop
        self._running: dict[asyncio.Task[object], str] = {}
        for name in SECONDS:
            dramatiq.actor(broker=broker, actor_name=name, queue_name=QUEUE)(self._actor(name))

    def cut_short(self) -> None:
        """End polls and sweeps that are under way: the next ones complete them. Deliveries take seconds, and finish."""
        for task, name in self._running.items():
            if name != DELIVER_OUTBOX:
                task.cancel()

    def _actor(self, name: str) -> Callable[..., None]:
        def actor(*arguments: str | int) -> None:
            asyncio.run_coroutine_threadsafe(self._work(name, *arguments), self._loop).result()

        return actor

    async def _work(self, name: str, *arguments: str | int) -> None:
        task = asyncio.ensure_future(self._tasks.run(name, *arguments))
        self._running[task] = name
        details = {"actor": name, "arguments": ",".join(map(str, arguments))}
        try:
            async with asyncio.timeout(SECONDS[name]):
                await task
        except asyncio.CancelledError:
            logger.info("worker.task_cancelled", extra=details)
        except Exception:
            # The message has served its purpose: the work stands in Postgres, and comes round again.
            logger.exception("worker.task_failed", extra=details)
        finally:
            del self._running[task]
