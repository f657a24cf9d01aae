"""Processes for the tests of the supervisor: small programs that do one thing."""

import sys
from pathlib import Path

from ops.stack.stack_process import Launch, StackProcess


class Script(StackProcess):
    """Python code in a process; ready when it has made its file `ready`."""

    def __init__(self, name: str, code: str, folder: Path, start_timeout: float = 10.0) -> None:
        self.name = name
        self.start_timeout = start_timeout
        self._code = code
        self._ready = folder / f"{name}.ready"
        self.prepared = 0

    async def prepare(self) -> None:
        self.prepared += 1
        self._ready.unlink(missing_ok=True)

    def launch(self) -> Launch:
        return Launch(command=[sys.executable, "-c", self._code, str(self._ready)])

    async def ready(self) -> bool:
        return self._ready.exists()


SERVE = "import pathlib, signal, sys; pathlib.Path(sys.argv[1]).touch(); signal.pause()"
