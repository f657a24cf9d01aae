"""A provisioner that is killed after its n-th commit: `python killed.py <n>`. The exit status is 0 if it has fewer."""

import asyncio
import os
import signal
import sys

from sqlalchemy.ext.asyncio import AsyncTransaction

from haas.database import database
from haas.settings import ProvisionerSettings
from ops.provisioner.process import ProvisionerProcess

remaining = int(sys.argv[1])
serving = False


def committed() -> None:
    global remaining  # noqa: PLW0603 - this process counts one thing
    if serving:
        remaining -= 1
    if remaining == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def count_commits() -> None:
    commit, leave = database._commit, AsyncTransaction.__aexit__

    async def commit_and_count(*arguments: object) -> None:
        await commit(*arguments)
        committed()

    async def leave_and_count(self: AsyncTransaction, *arguments: object) -> None:
        await leave(self, *arguments)
        committed()

    database._commit = commit_and_count
    AsyncTransaction.__aexit__ = leave_and_count


async def main() -> None:
    global serving  # noqa: PLW0603
    process = ProvisionerProcess(ProvisionerSettings.from_environment(os.environ))
    await process._prepare(asyncio.Event())
    serving = True
    if not await process._serve_next():
        sys.exit("there is no request")


count_commits()
asyncio.run(main())
