"""`haas serve` as a process of its own, with the echo application or another one of the tests."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path


@asynccontextmanager
async def serving(
    name: str, *options: str, factory: str = "tests.support.echo:create", stderr: int | None = DEVNULL, **variables: str
) -> AsyncIterator[Process]:
    """Run `haas serve` with the echo application. `variables` are added to its environment."""
    project = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ops.cli", "serve", "--factory", factory, *options),
        env={**os.environ, "ECHO_NAME": name, "PYTHONPATH": f"{project / 'platform'}:{project}", **variables},
        stdout=DEVNULL,
        stderr=stderr,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
