"""The sandbox as one ASGI application: `uvicorn --factory ops.sandbox.app:create`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.types import ASGIApp, LifeSpanScope, Receive, Scope, Send

from ops.sandbox.applications import (
    mailbox_application,
    recipient_application,
    register_application,
    retailer_application,
    secure_register_application,
)
from ops.sandbox.control.listener import ControlServer
from ops.sandbox.control.server import control_application
from ops.sandbox.services import SandboxServices
from ops.sandbox.settings import SandboxSettings
from ops.sandbox.web import host_of


class Sandbox:
    """Passes each request to the application of its host. A request for an unknown host is answered with 404.

    The control API has no host name but its own listener, which starts and stops with the sandbox.
    """

    def __init__(self, services: SandboxServices) -> None:
        """Serve `services`."""
        self.services = services
        self.control: ControlServer | None = None
        self._applications: dict[str, ASGIApp] = {}
        self._lifespan_application = Litestar(lifespan=[self._lifespan], openapi_config=None, logging_config=None)

    async def __call__(self, scope: Scope | LifeSpanScope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._lifespan_application(scope, receive, send)
            return
        await self._applications.get(host_of(scope), self._lifespan_application)(scope, receive, send)

    async def start(self) -> None:
        """Start the services, the applications and the control listener."""
        await self.services.start()
        domain = self.services.settings.domain
        self._applications = {
            f"register.{domain}": register_application(self.services),
            f"mtls.register.{domain}": secure_register_application(self.services),
            f"recipient.{domain}": recipient_application(self.services),
            f"mailbox.{domain}": mailbox_application(self.services),
            f"mtls.retailer.{domain}": retailer_application(
                self.services.retailer_server, self.services.settings.public_port
            ),
        }
        self.control = ControlServer(control_application(self.services), self.services.settings.control_port)
        await self.control.start()

    async def stop(self) -> None:
        """Stop the control listener and the services."""
        if self.control is not None:
            await self.control.stop()
        await self.services.stop()

    @asynccontextmanager
    async def _lifespan(self, _: Litestar) -> AsyncIterator[None]:
        await self.start()
        try:
            yield
        finally:
            await self.stop()


def create() -> Sandbox:
    """Return the sandbox that the environment describes. Raises SettingsError."""
    return Sandbox(SandboxServices(SandboxSettings.from_environment(os.environ)))
