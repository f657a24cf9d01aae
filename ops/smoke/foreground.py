"""Runs a coroutine in the foreground, and makes the temporary folder of its stack."""

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
    """Run `work` to its end. SIGTERM and SIGHUP cancel it as Ctrl-C does, so that all that it started is stopped."""

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
    """A temporary folder with a short path, deleted unless the block fails and left logs in it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    if os.geteuid() == 0:
        folder.chmod(0o711)  # PostgreSQL runs as `nobody` then and must pass through this folder
    failed = False
    try:
        yield folder
    except Exception:
        failed = True
        raise
    finally:
        if not failed or not any(folder.iterdir()):
            shutil.rmtree(folder)
