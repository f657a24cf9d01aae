"""A PostgreSQL server of a test's own. The test can stop its processes, so that it keeps connections but is silent."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from ops.stack.folder import StateFolder
from ops.stack.ports import Ports
from ops.stack.postgres import Postgres
from ops.stack.supervisor import Supervisor

PATIENCE = 25
"""Seconds. Without time limits of its own, the application waits for longer."""


class OwnPostgres:
    """A running server. `postmaster` is the process id of its first process, the parent of all others."""

    def __init__(self, superuser_url: str, postmaster: int) -> None:
        self.superuser_url = superuser_url
        self._postmaster = postmaster

    @asynccontextmanager
    async def silence(self) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """Yield a function that stops every process of the server, until the block ends.

        The block fails if it takes longer than PATIENCE.
        """
        stopped: list[int] = []

        async def begin() -> None:
            stopped.append(_stop(self._postmaster))
            stopped.extend(map(_stop, self._children()))

        try:
            async with asyncio.timeout(PATIENCE):
                yield begin
        finally:
            for process in reversed(stopped):
                os.kill(process, signal.SIGCONT)

    @asynccontextmanager
    async def silent(self) -> AsyncIterator[None]:
        """Stop every process of the server until the block ends; see `silence`."""
        async with self.silence() as begin:
            await begin()
            yield

    def _children(self) -> list[int]:
        path = Path(f"/proc/{self._postmaster}/task/{self._postmaster}/children")
        return [int(child) for child in path.read_text(encoding="ascii").split()]


def _stop(process: int) -> int:
    """Stop a process, and return its id when it runs no more: it is stopped (T), or it ended a moment ago (Z)."""
    os.kill(process, signal.SIGSTOP)
    status = Path(f"/proc/{process}/stat")
    while status.read_text(encoding="ascii").rpartition(")")[2].split()[0] not in "TZ":
        os.sched_yield()
    return process


@asynccontextmanager
async def own_postgres(root: Path) -> AsyncIterator[OwnPostgres]:
    """Run a server below the folder `root` until the block ends."""
    folder = StateFolder(root)
    folder.open()
    try:
        folder.prepare()
        async with Supervisor(folder) as supervisor:
            postgres = Postgres(folder, Ports(folder.ports).obtain("postgres"), durable=False)
            await supervisor.start(postgres)
            yield OwnPostgres(postgres.superuser_url, supervisor.process("postgres").pid)
    finally:
        folder.discard_sockets()
        folder.close()
