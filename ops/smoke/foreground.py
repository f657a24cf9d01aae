"""Runs a coroutine in the foreground, and creates the temporary folder of its stack."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run `work`. SIGTERM and SIGHUP cancel it, like Ctrl-C, so that it stops everything that it has started."""

    async def cancellable() -> Result:
        task = asyncio.ensure_future(work)
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        return await task

    try:
        return asyncio.run(cancellable())
    except asyncio.CancelledError:
        raise click.Abort from None


@contextmanager
def folder_kept_on_failure(prefix: str) -> Iterator[Path]:
    """Yield a temporary folder with a short path. Delete it unless the block fails and there are files in it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    if os.geteuid() == 0:
        folder.chmod(0o711)  # PostgreSQL then runs as `nobody` and must be able to enter this folder
    failed = False
    try:
        yield folder
    except Exception:
        failed = True
        raise
    finally:
        if not failed or not any(folder.iterdir()):
            shutil.rmtree(folder)
