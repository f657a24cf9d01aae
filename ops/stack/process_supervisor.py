"""Supervises one process: starts it, waits until it is ready, and restarts it when it ends, after increasing delays."""

import asyncio
import logging
import os
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path

from ops.stack.errors import ProcessFailed, StackError
from ops.stack.processes import ProcessIdentity, identify, stop_session
from ops.stack.stack_process import StackProcess

logger = logging.getLogger(__name__)

FIRST_DELAY = 0.1
LONGEST_DELAY = 5.0
STABLE_AFTER = 10.0
POLL = 0.03
SECONDS_BETWEEN_CHECKS = 2.0
MISSED_CHECKS = 2
"""A process that does not respond to so many checks in a row is killed. A check takes up to five seconds."""
TAIL_LINES = 12
TAIL_BYTES = 8192


def tail(log: Path) -> list[str]:
    """Return the last lines of a log."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL_BYTES))
        return file.read().decode("utf-8", "replace").splitlines()[-TAIL_LINES:]


class ProcessSupervisor:
    """Supervises one process. `on_start` is called with the identity of every new process right after its start."""

    def __init__(self, definition: StackProcess, log: Path, on_start: Callable[[str, ProcessIdentity], None]) -> None:
        self.definition = definition
        self.log = log
        self.restarts = 0
        self._on_start = on_start
        self._process: Process | None = None
        self._identity: ProcessIdentity | None = None
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.definition.name} was never started"  # noqa: S101 - a programming error
        return self._process.pid

    async def start(self) -> None:
        """Start and wait until ready. Raises ProcessFailed."""
        try:
            await self._start_once()
        except BaseException:
            await self._stop_process()
            raise
        self._task = asyncio.create_task(self._supervise(), name=f"supervise {self.definition.name}")

    async def stop(self) -> None:
        await self._end_supervision()
        await self._stop_process()

    async def restart(self) -> None:
        """Let the process finish its work and end, then start it again and wait until it is ready.

        Raises ProcessFailed if the new process does not start. Then it is tried again, as after a crash.
        """
        await self._end_supervision()
        try:
            await self._stop_process()
            await self._start_once()
        except StackError:
            await self._stop_process()
            raise
        finally:
            self._task = asyncio.create_task(self._supervise(), name=f"supervise {self.definition.name}")

    async def kill(self) -> None:
        """Kill the process, as in a crash. It is restarted."""
        assert self._process is not None  # noqa: S101 - a programming error
        self._ready.clear()
        self._process.kill()
        await self._process.wait()

    async def until_ready(self) -> None:
        await self._ready.wait()

    async def _start_once(self) -> None:
        await self.definition.prepare()
        await self._spawn()
        await self._wait_until_ready()

    async def _spawn(self) -> None:
        launch = self.definition.launch()
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *launch.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**_inherited(), **launch.environment},
                cwd=launch.folder,
                # In a session of its own, it does not receive Ctrl-C, and its children can be found after its end.
                start_new_session=True,
                user=launch.user.uid if launch.user else None,
                group=launch.user.gid if launch.user else None,
                extra_groups=[] if launch.user else None,
            )
        self._identity = identify(self._process.pid)
        if self._identity is not None:
            self._on_start(self.definition.name, self._identity)

    async def _wait_until_ready(self) -> None:
        assert self._process is not None  # noqa: S101 - spawned just now
        deadline = time.monotonic() + self.definition.start_timeout
        while not await self.definition.ready():
            if self._process.returncode is not None:
                raise self._failed(f"it ended with {_describe_exit(self._process.returncode)} before it was ready")
            if time.monotonic() > deadline:
                raise self._failed(f"it was not ready after {self.definition.start_timeout:g} s")
            await asyncio.sleep(POLL)
        if self._process.returncode is not None:
            raise self._failed(
                f"it ended with {_describe_exit(self._process.returncode)}, but another process answers at its address"
            )
        self._ready.set()

    def _failed(self, reason: str) -> ProcessFailed:
        return ProcessFailed(self.definition.name, reason, self.log, tail(self.log))

    async def _supervise(self) -> None:
        delay = FIRST_DELAY
        while True:
            began = time.monotonic()
            assert self._process is not None  # noqa: S101 - started before this task
            code = await self._until_ended(self._process)
            self._ready.clear()
            if time.monotonic() - began > STABLE_AFTER:
                delay = FIRST_DELAY
            logger.warning(
                "process.ended",
                extra={
                    "process_name": self.definition.name,
                    "end": _describe_exit(code),
                    "seconds_until_restart": round(delay, 1),
                },
            )
            await self._stop_remaining_children()
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)
            self.restarts += 1
            try:
                await self._start_once()
            except StackError as error:
                # A traceback is not needed: the message contains the last lines of the process's log.
                logger.error(  # noqa: TRY400
                    "process.not_started", extra={"process_name": self.definition.name, "reason": str(error)}
                )
                await self._stop_process()
            except Exception:  # any error of one start must not end the supervision
                logger.exception("process.not_started", extra={"process_name": self.definition.name})
                await self._stop_process()
            else:
                logger.warning("process.restarted", extra={"process_name": self.definition.name})

    async def _until_ended(self, process: Process) -> int:
        """Wait for the end of the process, and kill it if it does not respond any more. Return its exit code."""
        ended, missed = asyncio.ensure_future(process.wait()), 0
        try:
            while not (await asyncio.wait([ended], timeout=SECONDS_BETWEEN_CHECKS))[0]:
                missed = 0 if await self.definition.responds() else missed + 1
                if missed >= MISSED_CHECKS and not ended.done():
                    logger.warning("process.hung", extra={"process_name": self.definition.name})
                    process.kill()
                    break
            return await ended
        finally:
            ended.cancel()

    async def _end_supervision(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _stop_process(self) -> None:
        """Stop the process, if possible with its stop signal, and all processes that it started."""
        self._ready.clear()
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            process.send_signal(self.definition.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), self.definition.stop_timeout)
            except TimeoutError:
                details = {"process_name": self.definition.name, "seconds_waited": self.definition.stop_timeout}
                logger.warning("process.killed", extra=details)
                process.kill()
                await process.wait()
        await self._stop_remaining_children()

    async def _stop_remaining_children(self) -> None:
        """Stop the remaining processes in the session of an ended process, such as the workers of a killed nginx."""
        if self._identity is not None:
            await asyncio.to_thread(stop_session, self._identity, signal.SIGKILL)


def _inherited() -> dict[str, str]:
    """Return the environment without HAAS_ variables: the stack sets these variables for each process."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HAAS_")}


def _describe_exit(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
