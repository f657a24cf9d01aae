"""The sandbox as one ASGI application: `uvicorn --factory ops.sandbox.app:create`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.types import ASGIApp, LifeSpanScope, Receive, Scope, Send

from ops.sandbox.control.server import ControlServer, control_face
from ops.sandbox.faces import mailbox_face, recipient_face, register_face, secure_register_face
from ops.sandbox.settings import SandboxSettings
from ops.sandbox.world import World


class Sandbox:
    """Gives each request to the face of its host; a host that is none of the sandbox's is a bare 404.

    The control API is no host here: it has a listener of its own, which starts and stops with the application.
    """

    def __init__(self, world: World) -> None:
        """Serve `world`."""
        self.world = world
        self.control: ControlServer | None = None
        self._faces: dict[str, ASGIApp] = {}
        self._life = Litestar(lifespan=[self._lifespan], openapi_config=None, logging_config=None)

    async def __call__(self, scope: Scope | LifeSpanScope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._life(scope, receive, send)
            return
        host = dict(scope["headers"]).get(b"host", b"").decode("ascii", "replace").partition(":")[0].lower()
        await self._faces.get(host, self._life)(scope, receive, send)

    async def start(self) -> None:
        """Start the world, its faces and the control listener."""
        await self.world.start()
        domain = self.world.settings.domain
        self._faces = {
            f"register.{domain}": register_face(self.world),
            f"mtls.register.{domain}": secure_register_face(self.world),
            f"recipient.{domain}": recipient_face(self.world),
            f"mailbox.{domain}": mailbox_face(self.world),
        }
        self.control = ControlServer(control_face(self.world), self.world.settings.control_port)
        await self.control.start()

    async def stop(self) -> None:
        """Stop the control listener and the world."""
        if self.control is not None:
            await self.control.stop()
        await self.world.stop()

    @asynccontextmanager
    async def _lifespan(self, _: Litestar) -> AsyncIterator[None]:
        await self.start()
        try:
            yield
        finally:
            await self.stop()


def create() -> Sandbox:
    """Return the sandbox that the environment describes. Raises SettingsError."""
    return Sandbox(World(SandboxSettings.from_environment(os.environ)))
