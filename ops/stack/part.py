"""What the supervisor knows of a part: how to prepare it, what to run, when it is ready, how to end it."""

import signal
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from ops.stack.unprivileged import Account


class Launch(msgspec.Struct, frozen=True):
    """A foreground process to start."""

    command: Sequence[str]
    environment: Mapping[str, str] = {}
    user: Account | None = None
    folder: Path | None = None


class Part(ABC):
    """One process of the stack. `name` also names its log file."""

    name: str
    patience: float = 60.0
    """How long it may take to become ready, in seconds."""
    stop_signal: signal.Signals = signal.SIGTERM

    async def prepare(self) -> None:
        """Write what the process needs before it starts; runs before every start, so it must be repeatable."""
        return

    @abstractmethod
    def launch(self) -> Launch: ...

    @abstractmethod
    async def ready(self) -> bool:
        """Whether it serves now. Must not raise for a part that is still starting."""
