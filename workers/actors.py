"""Dramatiq actors. An actor runs on a worker thread, starts a task on the process's event loop, and waits for it."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import dramatiq

from haas.jobs import QUEUE, SLOW_QUEUE, Broker, Jobs
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

TIME_LIMIT_SECONDS: Final = {
    DELIVER_OUTBOX: 300.0,
    POLL_REGISTER: 300.0,
    READ_FEED: 1_200.0,
    SWEEP: 3_600.0,
    CHANGE_PASSWORDS: 3_600.0,
    CHECK_DATA: 3_600.0,
    WARN: 600.0,
}
"""The time limit of each task. A later task completes the work of an interrupted one."""
COMPLETED: Final = frozenset({DELIVER_OUTBOX, CHANGE_PASSWORDS})
"""The tasks that are completed before the process ends. They end within seconds."""


class Actors:
    """The actors of this process, one for each kind of task."""

    def __init__(self, broker: Broker, slow_broker: Broker, tasks: Tasks, loop: asyncio.AbstractEventLoop) -> None:
        """Declare the actors. They run `tasks` on `loop`.

        `broker` has the queue of deliveries, and `slow_broker` that of everything else. The actors of slow tasks are on
        both, because the release before sends all messages to the first queue.
        """
        self._tasks = tasks
        self._loop = loop
        self._jobs = Jobs(broker)
        self._stopping = False
        self._running: dict[asyncio.Task[object], str] = {}
        for name in TIME_LIMIT_SECONDS:
            dramatiq.actor(broker=broker, actor_name=name, queue_name=QUEUE)(self._actor(name))
            if name != DELIVER_OUTBOX:
                dramatiq.actor(broker=slow_broker, actor_name=name, queue_name=SLOW_QUEUE)(self._actor(name))

    def cancel_polls_and_sweeps(self) -> None:
        """Cancel running polls and sweeps; the next ones complete their work. The other tasks end within seconds."""
        self._stopping = True
        for task, name in self._running.items():
            if name not in COMPLETED:
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
                is_unfinished = await task
            if name == DELIVER_OUTBOX and is_unfinished and not self._stopping:
                # The next round is a new message, behind those of the other tenants.
                await self._jobs.enqueue(name, *arguments)
        except asyncio.CancelledError:
            logger.info("worker.task_cancelled", extra=details)
        except Exception:
            # The message is not sent again: the work is recorded in PostgreSQL, and a later sweep starts it again.
            logger.exception("worker.task_failed", extra=details)
        finally:
            del self._running[task]
