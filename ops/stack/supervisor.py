"""Starts processes in order, stores their identities for the next start, and stops them in the opposite order."""

import asyncio
import logging
from types import TracebackType
from typing import Self

import msgspec

from ops.files import write_atomically
from ops.stack.errors import StackError
from ops.stack.folder import StateFolder
from ops.stack.process_supervisor import ProcessSupervisor
from ops.stack.processes import ProcessIdentity, stop_session
from ops.stack.stack_process import StackProcess

logger = logging.getLogger(__name__)


class Supervisor:
    """The processes of one state folder, which must be open. Leaving the async context manager stops all of them."""

    def __init__(self, folder: StateFolder) -> None:
        self._folder = folder
        self._record = folder.run / "processes.json"
        self._identities: dict[str, ProcessIdentity] = {}
        self._supervised: dict[str, ProcessSupervisor] = {}

    async def __aenter__(self) -> Self:
        self._folder.run.mkdir(mode=0o700, exist_ok=True)
        await asyncio.to_thread(self._stop_recorded_processes)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._supervised.values()):
            await process.stop()
        self._record.unlink(missing_ok=True)

    async def start(self, definition: StackProcess) -> None:
        """Start a process and wait until it is ready. Raises ProcessFailed."""
        await self._supervise(definition).start()

    async def start_together(self, *definitions: StackProcess) -> None:
        """Start independent processes. If one fails, cancel the other starts. Raises the first ProcessFailed."""
        supervised = [self._supervise(each) for each in definitions]
        try:
            async with asyncio.TaskGroup() as group:
                for process in supervised:
                    group.create_task(process.start())
        except ExceptionGroup as failures:
            first = next((error for error in failures.exceptions if isinstance(error, StackError)), None)
            raise (first or failures) from None

    def _supervise(self, definition: StackProcess) -> ProcessSupervisor:
        process = ProcessSupervisor(definition, self._folder.logs / f"{definition.name}.log", self._record_identity)
        self._supervised[definition.name] = process
        return process

    def process(self, name: str) -> ProcessSupervisor:
        return self._supervised[name]

    def processes(self) -> dict[str, int]:
        """Return the current pid of each process, by name."""
        return {name: process.pid for name, process in self._supervised.items()}

    def _record_identity(self, name: str, identity: ProcessIdentity) -> None:
        self._identities[name] = identity
        write_atomically(self._record, msgspec.json.encode(self._identities))

    def _stop_recorded_processes(self) -> None:
        """Stop the processes that a killed supervisor did not stop, in the opposite order of their start."""
        if not self._record.exists():
            return
        known = msgspec.json.decode(self._record.read_bytes(), type=dict[str, ProcessIdentity])
        for name, identity in reversed(known.items()):
            count = stop_session(identity)
            if count:
                logger.warning("process.leftover_stopped", extra={"process_name": name})
        self._record.unlink()
