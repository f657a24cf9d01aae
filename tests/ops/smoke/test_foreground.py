"""A run in the foreground: what it leaves on disk, and how signals stop it."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from ops.smoke.foreground import folder_kept_on_failure


def folder_of(error: type[BaseException] | None) -> Path:
    made: list[Path] = []
    with suppress(error or _Never), folder_kept_on_failure("haas-test-") as folder:
        made.append(folder)
        (folder / "file").write_text("content")
        if error is not None:
            raise error
    return made[0]


class _Never(Exception):
    """Raised by nothing."""


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, asyncio.CancelledError])
def test_the_folder_is_deleted_after_success_or_an_interruption(error: type[BaseException] | None) -> None:
    assert not folder_of(error).exists()


def test_the_folder_is_kept_after_a_failure() -> None:
    folder = folder_of(RuntimeError)
    assert (folder / "file").read_text() == "content"
    (folder / "file").unlink()
    folder.rmdir()


RUN = """
import asyncio
from ops.smoke.foreground import run

async def work():
    try:
        print("working", flush=True)
        await asyncio.Event().wait()
    finally:
        print("stopped", flush=True)

run(work())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_run_and_what_it_started(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603 - this interpreter
        assert process.stdout
        assert process.stdout.readline() == b"working\n"
        os.kill(process.pid, number)
        assert process.communicate(timeout=30)[0] == b"stopped\n"
    assert process.returncode == 1


def test_run_returns_the_result_of_the_coroutine() -> None:
    code = "from ops.smoke.foreground import run\nasync def work(): return 'done'\nprint(run(work()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)  # noqa: S603
    assert done.stdout == b"done\n"
