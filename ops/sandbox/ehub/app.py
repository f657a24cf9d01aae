"""The e-Hub as an ASGI application of its own process: `uvicorn --factory ops.sandbox.ehub.app:create`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.types import ASGIApp, LifeSpanScope, Receive, Scope, Send

from ops.sandbox.cds_errors import CdsError, expected_error, not_found
from ops.sandbox.control.listener import ControlServer
from ops.sandbox.ehub import discovery, identity, routes, web_page
from ops.sandbox.ehub.control import ehub_control_api
from ops.sandbox.ehub.delivery import FaultyDelivery
from ops.sandbox.ehub.hub import EHub
from ops.sandbox.ehub.settings import EHubProcessSettings
from ops.sandbox.web import HttpRequest, host_of
from ops.sandbox.web_application import application


class EHubApplication:
    """Serves the e-Hub and its page, each at its host, and the control API on a listener of its own."""

    def __init__(self, hub: EHub) -> None:
        """Serve `hub`."""
        self.hub = hub
        self.control: ControlServer | None = None
        self._lifespan_application = Litestar(lifespan=[self._lifespan], openapi_config=None, logging_config=None)
        served = application(
            [*routes.ROUTES, *identity.ROUTES, *discovery.ROUTES],
            {HTTPException: _http_error},
            {"hub": hub},
            public_port=hub.process.public_port,
        )
        page = application(web_page.ROUTES, {}, {"hub": hub}, public_port=hub.process.public_port)
        self._applications: dict[str, ASGIApp] = {
            hub.process.host: FaultyDelivery(served),
            hub.process.page_host: page,
        }

    async def __call__(self, scope: Scope | LifeSpanScope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._lifespan_application(scope, receive, send)
            return
        await self._applications.get(host_of(scope), self._lifespan_application)(scope, receive, send)

    async def start(self) -> None:
        """Load the state of the e-Hub and start the control listener."""
        await self.hub.start()
        self.control = ControlServer(ehub_control_api(self.hub), self.hub.process.control_port)
        await self.control.start()

    async def stop(self) -> None:
        """Stop the control listener and close the state."""
        if self.control is not None:
            await self.control.stop()
        self.hub.stop()

    @asynccontextmanager
    async def _lifespan(self, _: Litestar) -> AsyncIterator[None]:
        await self.start()
        try:
            yield
        finally:
            await self.stop()


def create() -> EHubApplication:
    """Return the e-Hub that the environment describes. Raises SettingsError."""
    return EHubApplication(EHub(EHubProcessSettings.from_environment(os.environ)))


def _http_error(request: HttpRequest, error: HTTPException) -> Response[Any]:
    """Answer an unknown path, a wrong method or a body that is too large, in the shape of the other errors.

    As the real e-Hub does, the answer to a wrong method repeats the path, which may have an NMI in it (case L13).
    """
    answered: CdsError
    if isinstance(error, MethodNotAllowedException):
        answered = expected_error(405, f"{request.method} is not served at {request.scope['path']}")
    elif isinstance(error, NotFoundException):
        answered = not_found(str(request.scope["path"]))
    else:
        answered = expected_error(error.status_code, error.detail)
    return Response(answered.payload(), status_code=answered.status)
