"""Makes the product do now what it otherwise does on its own schedule."""

import asyncio
import os
import sys
from typing import Any, Literal, Protocol

import msgspec

from haas.errors import HaasError
from ops.sandbox.tenants import Tenants
from ops.settings_file import read_settings

Job = Literal["register-poll", "outbox-drain"]
SECONDS = 60.0
_TAIL = 2_000


class JobFailed(HaasError):
    """The product's job did not succeed; the message ends with what it printed last."""


class JobDone(msgspec.Struct, frozen=True):
    """What came of a job: the last line that it printed, where that is JSON, and all of its output."""

    job: str
    output: str
    result: Any = None


class Jobs(Protocol):
    """Runs one of the product's jobs to its end."""

    async def run(self, job: Job) -> JobDone:
        """Return when `job` is done. Raises JobFailed."""
        ...


class CommandJobs:
    """Runs `python -m workers.run_once <job>` as an operator of the running stack would, with its settings file.

    The sandbox itself is told no secret of the product; the command alone reads the file that `stack.json` names.
    """

    def __init__(self, tenants: Tenants, command: tuple[str, ...] = (sys.executable, "-m", "workers.run_once")) -> None:
        """Run `command` with the job's name behind it."""
        self._tenants = tenants
        self._command = command

    async def run(self, job: Job) -> JobDone:
        """Return when `job` is done. Raises JobFailed."""
        settings_file = self._tenants.settings_file()
        if settings_file is None:
            raise JobFailed("no stack is running: stack.json is not there")
        process = await asyncio.create_subprocess_exec(
            *self._command,
            job,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **read_settings(settings_file)},
        )
        try:
            async with asyncio.timeout(SECONDS):
                output, _ = await process.communicate()
        except TimeoutError as error:
            raise JobFailed(f"{job} took longer than {SECONDS:.0f} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        told = output.decode("utf-8", "replace")[-_TAIL:]
        if process.returncode != 0:
            raise JobFailed(f"{job} ended with {process.returncode}: {told}")
        return JobDone(job, told, _result(told))


def _result(told: str) -> Any:
    try:
        return msgspec.json.decode(told.strip().rpartition("\n")[2])
    except msgspec.DecodeError:
        return None
