"""Runs jobs of the product immediately, without waiting for its schedule."""

import asyncio
import os
import sys
from typing import Any, Final, Literal

import msgspec

from haas.errors import HaasError
from ops.sandbox.tenants import Tenants
from ops.settings_file import read_settings

Job = Literal["register-poll", "outbox-drain"]
TIME_LIMIT_SECONDS: Final = 60.0
_MAXIMUM_OUTPUT: Final = 2_000


class JobFailed(HaasError):
    """The job failed. The message ends with the last output of the job."""


class JobDone(msgspec.Struct, frozen=True):
    """A job that has ended. `result` is the decoded last line of `output` if that line is JSON."""

    job: str
    output: str
    result: Any = None


class ProductJobs:
    """Runs `python -m workers.run_once <job>` with the settings of the running stack, as an operator would.

    The sandbox process itself has no secret of the product: only the command receives the settings. Their path is in
    `stack.json`.
    """

    def __init__(self, tenants: Tenants) -> None:
        """Take the path of the settings file from `tenants`."""
        self._tenants = tenants

    async def run(self, job: Job) -> JobDone:
        """Return when `job` is done. Raises JobFailed."""
        settings_file = self._tenants.settings_file()
        if settings_file is None:
            raise JobFailed("no stack is running: stack.json does not exist")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "workers.run_once",
            job,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **read_settings(settings_file)},
        )
        try:
            async with asyncio.timeout(TIME_LIMIT_SECONDS):
                output, _ = await process.communicate()
        except TimeoutError as error:
            raise JobFailed(f"{job} took longer than {TIME_LIMIT_SECONDS:.0f} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        printed = output.decode("utf-8", "replace")[-_MAXIMUM_OUTPUT:]
        if process.returncode != 0:
            raise JobFailed(f"{job} ended with {process.returncode}: {printed}")
        return JobDone(job, printed, _result(printed))


def _result(printed: str) -> Any:
    try:
        return msgspec.json.decode(printed.strip().rpartition("\n")[2])
    except msgspec.DecodeError:
        return None
