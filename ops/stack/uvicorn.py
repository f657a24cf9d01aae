"""uvicorn on a unix socket, for the application and for the sandbox."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from ops.stack.stack_process import Launch, StackProcess

# Longer than nginx keeps an idle connection open. If uvicorn closed connections first, nginx could send a request on a
# connection that is being closed.
KEEP_ALIVE_SECONDS = 90


class Uvicorn(StackProcess):
    """One worker that runs the ASGI application made by `factory` (`module:function`)."""

    def __init__(self, name: str, factory: str, socket: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self._factory = factory
        self._socket = socket
        self._environment = environment

    def launch(self) -> Launch:
        command = [
            *(sys.executable, "-m", "uvicorn", "--factory", self._factory),
            *("--uds", str(self._socket), "--workers", "1"),
            *("--loop", "uvloop", "--http", "httptools", "--ws", "none"),
            *("--no-server-header", "--no-access-log", "--no-proxy-headers"),
            *("--timeout-keep-alive", str(KEEP_ALIVE_SECONDS), "--timeout-graceful-shutdown", "10"),
        ]
        return Launch(command=command, environment=self._environment)

    async def ready(self) -> bool:
        try:
            _, writer = await asyncio.open_unix_connection(self._socket)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True
