"""Processes that serve no socket: the worker and the schedule."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path

from ops.stack.part import Launch, Part

SETTLED_AFTER = 1.5


class Background(Part):
    """A Python module that works by itself.

    Ready when its log says `says`; without that, when it has lived through its first seconds.
    """

    def __init__(
        self, name: str, module: str, environment: Mapping[str, str], log: Path, says: str | None = None
    ) -> None:
        self.name = name
        self._module = module
        self._environment = environment
        self._log = log
        self._says = says
        self._log_began = 0
        self._began = 0.0

    def launch(self) -> Launch:
        self._began = time.monotonic()
        self._log_began = self._log.stat().st_size if self._log.exists() else 0
        return Launch(command=[sys.executable, "-m", self._module], environment=self._environment)

    async def ready(self) -> bool:
        if self._says is None:
            return time.monotonic() - self._began > SETTLED_AFTER
        return self._says.encode() in self._said()

    def _said(self) -> bytes:
        with self._log.open("rb") as file:
            file.seek(self._log_began)
            return file.read()
