"""uvicorn on a unix socket, for the application and for the sandbox."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from ops.serving.server import DRAIN_SECONDS
from ops.stack.background_process import is_live, is_ready
from ops.stack.stack_process import Launch, StackProcess


class Uvicorn(StackProcess):
    """One process of the ASGI application made by `factory` (`module:function`)."""

    stop_timeout = DRAIN_SECONDS + 15.0

    def __init__(
        self,
        name: str,
        factory: str,
        socket: Path,
        environment: Mapping[str, str],
        *,
        group: str | None = None,
        health: str | None = None,
    ) -> None:
        """`group` may connect to the socket. `health` is the address at which the process answers about its health."""
        self.name = name
        self._factory = factory
        self._socket = socket
        self._environment = environment
        self._group = group
        self._health = health

    def launch(self) -> Launch:
        command = [
            *(sys.executable, "-m", "ops.cli", "serve", "--socket", str(self._socket), "--factory", self._factory),
            *(() if self._group is None else ("--socket-group", self._group)),
        ]
        return Launch(command=command, environment=self._environment)

    async def ready(self) -> bool:
        try:
            _, writer = await asyncio.open_unix_connection(self._socket)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return self._health is None or await is_ready(self._health)

    async def responds(self) -> bool:
        return self._health is None or await is_live(self._health)
