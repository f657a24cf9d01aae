"""Starts parts in order, remembers them for the next start, stops them in the opposite order."""

import asyncio
import logging
from types import TracebackType
from typing import Self

import msgspec

from ops.files import write_atomically
from ops.stack.errors import StackError
from ops.stack.folder import StateFolder
from ops.stack.keeper import Keeper
from ops.stack.part import Part
from ops.stack.processes import Identity, stop_session

logger = logging.getLogger(__name__)


class Supervisor:
    """The parts of one state folder, which must be open. An async context manager: leaving it stops everything."""

    def __init__(self, folder: StateFolder) -> None:
        self._folder = folder
        self._record = folder.run / "processes.json"
        self._identities: dict[str, Identity] = {}
        self._keepers: dict[str, Keeper] = {}

    async def __aenter__(self) -> Self:
        self._folder.run.mkdir(mode=0o700, exist_ok=True)
        await asyncio.to_thread(self._stop_leftovers)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for keeper in reversed(self._keepers.values()):
            await keeper.stop()
        self._record.unlink(missing_ok=True)

    async def start(self, part: Part) -> None:
        """Start a part and wait until it is ready. Raises PartFailed."""
        await self._keeper_of(part).start()

    async def start_together(self, *parts: Part) -> None:
        """Start parts that do not wait for each other. Raises the first PartFailed; the others stop starting."""
        keepers = [self._keeper_of(part) for part in parts]
        try:
            async with asyncio.TaskGroup() as group:
                for keeper in keepers:
                    group.create_task(keeper.start())
        except ExceptionGroup as failures:
            first = next((error for error in failures.exceptions if isinstance(error, StackError)), None)
            raise (first or failures) from None

    def _keeper_of(self, part: Part) -> Keeper:
        keeper = Keeper(part, self._folder.logs / f"{part.name}.log", self._remember)
        self._keepers[part.name] = keeper
        return keeper

    def keeper(self, name: str) -> Keeper:
        return self._keepers[name]

    def processes(self) -> dict[str, int]:
        """The pid of each part as it runs now."""
        return {name: keeper.pid for name, keeper in self._keepers.items()}

    def _remember(self, name: str, identity: Identity) -> None:
        self._identities[name] = identity
        write_atomically(self._record, msgspec.json.encode(self._identities))

    def _stop_leftovers(self) -> None:
        """End what a killed supervisor left running, last started first."""
        if not self._record.exists():
            return
        known = msgspec.json.decode(self._record.read_bytes(), type=dict[str, Identity])
        for name, identity in reversed(known.items()):
            count = stop_session(identity)
            if count:
                logger.warning("stopped %s, left over from a supervisor that was killed", name)
        self._record.unlink()
