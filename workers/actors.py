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


def declare(broker: dramatiq.Broker, tasks: Tasks, loop: asyncio.AbstractEventLoop) -> None:
    """Declare an actor on `broker` for each piece of work, to be done on `loop`."""
    for name in SECONDS:
        dramatiq.actor(broker=broker, actor_name=name, queue_name=QUEUE)(_on(loop, tasks, name))


def _on(loop: asyncio.AbstractEventLoop, tasks: Tasks, name: str) -> Callable[..., None]:
    async def work(*arguments: str | int) -> None:
        try:
            async with asyncio.timeout(SECONDS[name]):
                await tasks.run(name, *arguments)
        except Exception:
            # The message has served its purpose: the work stands in Postgres, and comes round again.
            logger.exception("a task failed", extra={"actor": name, "arguments": ",".join(map(str, arguments))})

    def actor(*arguments: str | int) -> None:
        asyncio.run_coroutine_threadsafe(work(*arguments), loop).result()

    return actor
