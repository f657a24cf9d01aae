"""The definition of one process: how it is prepared, started, checked for readiness, and stopped."""

import signal
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from ops.stack.unprivileged import Account


class Launch(msgspec.Struct, frozen=True):
    """The command line of a process that stays in the foreground."""

    command: Sequence[str]
    environment: Mapping[str, str] = {}
    user: Account | None = None
    folder: Path | None = None


class StackProcess(ABC):
    """One process of the stack. `name` is also the name of its log file."""

    name: str
    start_timeout: float = 60.0
    """The maximum time until it is ready, in seconds."""
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout: float = 15.0
    """The time to end after the stop signal, in seconds. After that the process is killed."""

    async def prepare(self) -> None:
        """Write the files that the process needs. It is called before every start."""
        return

    @abstractmethod
    def launch(self) -> Launch: ...

    @abstractmethod
    async def ready(self) -> bool:
        """Return whether the process is ready. Must not raise while the process is starting."""

    async def responds(self) -> bool:
        """Return whether the process still does its work. One that does not is killed and started again."""
        return True
