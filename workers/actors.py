"""Dramatiq actors. An actor runs on a worker thread, starts a task on the process's event loop, and waits for it."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import dramatiq

from haas.jobs import QUEUE
from workers.tasks import DELIVER_OUTBOX, POLL_REGISTER, SWEEP, Tasks

logger = logging.getLogger(__name__)

TIME_LIMIT_SECONDS: Final = {DELIVER_OUTBOX: 300.0, POLL_REGISTER: 300.0, SWEEP: 3_600.0}
"""The time limit of each task. A later sweep or poll completes the work of an interrupted task."""


class Actors:
    """The actors of this process, one for each kind of task."""

    def __init__(self, broker: dramatiq.Broker, tasks: Tasks, loop: asyncio.AbstractEventLoop) -> None:
        """Declare the actors on `broker`. They run `tasks` on `loop`."""
        self._tasks = tasks
        self._loop = loop
        self._running: dict[asyncio.Task[object], str] = {}
        for name in TIME_LIMIT_SECONDS:
            dramatiq.actor(broker=broker, actor_name=name, queue_name=QUEUE)(self._actor(name))

    def cancel_polls_and_sweeps(self) -> None:
        """Cancel running polls and sweeps; the next ones complete their work. Deliveries end within seconds."""
        for task, name in self._running.items():
            if name != DELIVER_OUTBOX:
                task.cancel()

    def _actor(self, name: str) -> Callable[..., None]:
        def actor(*arguments: str | int) -> None:
            asyncio.run_coroutine_threadsafe(self._run_task(name, *arguments), self._loop).result()

        return actor

    async def _run_task(self, name: str, *arguments: str | int) -> None:
        task = asyncio.ensure_future(self._tasks.run(name, *arguments))
        self._running[task] = name
        details = {"actor": name, "arguments": ",".join(map(str, arguments))}
        try:
            async with asyncio.timeout(TIME_LIMIT_SECONDS[name]):
                await task
        except asyncio.CancelledError:
            logger.info("worker.task_cancelled", extra=details)
        except Exception:
            # The message is not sent again: the work is recorded in PostgreSQL, and a later sweep starts it again.
            logger.exception("worker.task_failed", extra=details)
        finally:
            del self._running[task]
