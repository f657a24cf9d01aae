"""`haas health` asks a process for its health, and kills one that hangs if it is told to."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ops.cli import health, main

LISTEN = (
    "import asyncio, sys; from haas.health import health_listener\n"
    "async def serve():\n"
    "    async with health_listener(sys.argv[1], {}):\n"
    "        print('listening', flush=True)\n"
    "        await asyncio.Event().wait()\n"
    "asyncio.run(serve())"
)


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"unix:{tmp_path / 'health'}"


@pytest.fixture
async def process(address: str) -> AsyncIterator[Process]:
    started = await asyncio.create_subprocess_exec(sys.executable, "-c", LISTEN, address, stdout=PIPE)
    assert started.stdout is not None
    assert await started.stdout.readline() == b"listening\n"
    yield started
    if started.returncode is None:
        started.kill()
    await started.communicate()


async def ask(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, ["health", *arguments])


async def test_a_process_that_answers_is_not_killed(process: Process, address: str) -> None:
    done = await ask("--at", address, "--kill")
    assert (done.exit_code, done.output) == (0, '{"status":"ready"}\n')
    assert process.returncode is None


@pytest.mark.parametrize("kill", [False, True])
async def test_a_process_that_hangs_is_killed_only_if_that_is_asked_for(
    process: Process, address: str, monkeypatch: pytest.MonkeyPatch, *, kill: bool
) -> None:
    monkeypatch.setattr(health, "_SECONDS_BEFORE_KILL", 0.2)
    monkeypatch.setattr(health, "_SECONDS", 0.2)
    process.send_signal(signal.SIGSTOP)
    done = await ask("live", "--at", address, *(["--kill"] if kill else []))
    assert done.exit_code == 1
    assert (f"process {process.pid} does not answer and was killed" in done.output) is kill
    if kill:
        assert await asyncio.wait_for(process.wait(), 10) == -signal.SIGKILL
    else:
        assert process.returncode is None


async def test_a_process_that_does_not_run_is_reported(address: str) -> None:
    done = await ask("--at", address, "--kill")
    assert (done.exit_code, "does not answer" in done.output) == (1, True)
