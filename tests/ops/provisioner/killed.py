"""A provisioner that is killed (`kill -9`) after its n-th commit.

`serve` runs in a child of a fork server. The fork server imports this module once, so that a child begins without the
second that the imports take.
"""

import asyncio
import os
import signal
import sys

from sqlalchemy.ext.asyncio import AsyncTransaction

from haas.database import database
from haas.settings import ProvisionerSettings
from ops.provisioner.process import ProvisionerProcess


def serve(settings: ProvisionerSettings, commits: int) -> None:
    """Work on one request, and kill this process after so many commits. Return if the request has fewer."""
    _kill_after(commits)
    asyncio.run(_serve_next(settings))


def _kill_after(commits: int) -> None:
    remaining = commits
    commit, leave = database._commit, AsyncTransaction.__aexit__

    def committed() -> None:
        nonlocal remaining
        remaining -= 1
        if remaining == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    async def commit_and_count(*arguments: object) -> None:
        await commit(*arguments)
        committed()

    async def leave_and_count(self: AsyncTransaction, *arguments: object) -> None:
        await leave(self, *arguments)
        committed()

    database._commit = commit_and_count
    AsyncTransaction.__aexit__ = leave_and_count


async def _serve_next(settings: ProvisionerSettings) -> None:
    if not await ProvisionerProcess(settings)._serve_next():
        sys.exit("there is no request")
