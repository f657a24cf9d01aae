"""Makes the product do now what it otherwise does on its own schedule."""

import asyncio
import sys
from typing import Literal, Protocol

import msgspec

from haas.errors import HaasError

Job = Literal["register-poll", "outbox-drain"]
SECONDS = 60.0
_TAIL = 2_000


class JobFailed(HaasError):
    """The product's job did not succeed; the message ends with what it printed last."""


class JobDone(msgspec.Struct, frozen=True):
    """What a job printed."""

    job: str
    output: str


class Jobs(Protocol):
    """Runs one of the product's jobs to its end."""

    async def run(self, job: Job) -> JobDone:
        """Return when `job` is done. Raises JobFailed."""
        ...


class CommandJobs:
    """Runs `python -m workers.run_once <job>`, in the environment that the sandbox was given."""

    def __init__(self, command: tuple[str, ...] = (sys.executable, "-m", "workers.run_once")) -> None:
        """Run `command` with the job's name behind it."""
        self._command = command

    async def run(self, job: Job) -> JobDone:
        """Return when `job` is done. Raises JobFailed."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            job,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
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
        return JobDone(job, told)
