"""Runs jobs of the product immediately, without waiting for its schedule."""

import asyncio
import os
import sys
from typing import Any, Literal, Protocol

import msgspec

from haas.errors import HaasError
from ops.sandbox.tenants import Tenants
from ops.stack.settings_file import read_settings

Job = Literal["register-poll", "outbox-drain"]
SECONDS = 60.0
_TAIL = 2_000


class JobFailed(HaasError):
    """The job failed. The message ends with the last output of the job."""


class JobDone(msgspec.Struct, frozen=True):
    """The end of a job: its output, and as `result` the last line of it where that line is JSON."""

    job: str
    output: str
    result: Any = None


class Jobs(Protocol):
    """Runs one of the product's jobs and waits for its end."""

    async def run(self, job: Job) -> JobDone:
        """Return when `job` is done. Raises JobFailed."""
        ...


class CommandJobs:
    """Runs `python -m workers.run_once <job>` with the settings file of the running stack, as its operator would.

    The sandbox process holds no secret of the product: only the command receives the settings, from the file that
    `stack.json` names.
    """

    def __init__(self, tenants: Tenants, command: tuple[str, ...] = (sys.executable, "-m", "workers.run_once")) -> None:
        """Run `command` with the name of the job as the last argument."""
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
        printed = output.decode("utf-8", "replace")[-_TAIL:]
        if process.returncode != 0:
            raise JobFailed(f"{job} ended with {process.returncode}: {printed}")
        return JobDone(job, printed, _result(printed))


def _result(printed: str) -> Any:
    try:
        return msgspec.json.decode(printed.strip().rpartition("\n")[2])
    except msgspec.DecodeError:
        return None
