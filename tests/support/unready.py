"""The echo application with a health that is ready as soon as a file exists."""

import os
from contextlib import AsyncExitStack
from pathlib import Path

from haas.health import NotReady, health_listener
from haas.http import AsgiReceive, AsgiScope, AsgiSend
from tests.support.echo import Echo


class Unready(Echo):
    def __init__(self, file: Path) -> None:
        super().__init__("unready")
        self._file = file
        self._exits = AsyncExitStack()

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        if scope["type"] != "lifespan":
            await super().__call__(scope, receive, send)
            return
        await receive()
        await self._exits.enter_async_context(health_listener(os.environ["HAAS_HEALTH"], {"file": self._check}))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._exits.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _check(self) -> None:
        if not self._file.exists():
            raise NotReady("the file does not exist")


def create() -> Unready:
    return Unready(Path(os.environ["READY_FILE"]))
