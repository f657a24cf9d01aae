"""Processes that listen on no socket: the worker and the schedule."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path

from ops.stack.stack_process import Launch, StackProcess

READY_AFTER_SECONDS = 1.5


class BackgroundProcess(StackProcess):
    """A process that runs a Python module.

    It is ready when its log contains `ready_text`. If `ready_text` is None, it is ready after READY_AFTER_SECONDS.
    """

    def __init__(
        self, name: str, module: str, environment: Mapping[str, str], log: Path, ready_text: str | None = None
    ) -> None:
        self.name = name
        self._module = module
        self._environment = environment
        self._log = log
        self._ready_text = ready_text
        self._log_start = 0
        self._started = 0.0

    def launch(self) -> Launch:
        self._started = time.monotonic()
        self._log_start = self._log.stat().st_size if self._log.exists() else 0
        return Launch(command=[sys.executable, "-m", self._module], environment=self._environment)

    async def ready(self) -> bool:
        if self._ready_text is None:
            return time.monotonic() - self._started > READY_AFTER_SECONDS
        return self._ready_text.encode() in self._new_log()

    def _new_log(self) -> bytes:
        with self._log.open("rb") as file:
            file.seek(self._log_start)
            return file.read()
