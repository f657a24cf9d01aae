"""The control API's application and its listener: plain HTTP on the loopback interface."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from litestar import Litestar, Response, get
from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from ops.sandbox.applications import Handler, application
from ops.sandbox.control import deployment, messages, participants, products
from ops.sandbox.control.requests import Conflict, NotFound
from ops.sandbox.jobs import JobFailed
from ops.sandbox.register.errors import RegisterError
from ops.sandbox.services import SandboxServices
from ops.sandbox.web import HttpRequest

ROUTES = [*products.ROUTES, *participants.ROUTES, *deployment.ROUTES, *messages.ROUTES]
_LOOPBACK = {"127.0.0.1", "localhost"}


@get("/")
async def index() -> dict[str, Any]:
    """The list of operations of the control API."""
    operations = [
        {
            "operation": f"{method} {path}",
            "does": (route.fn.__doc__ or "").strip(),
        }
        for route in ROUTES
        for path in sorted(route.paths)
        for method in sorted(route.http_methods - {"HEAD", "OPTIONS"})
    ]
    return {"operations": operations}


def control_application(services: SandboxServices) -> Litestar:
    """Return the control API's application."""
    return application([index, *ROUTES], _ERRORS, {"services": services}, guards=[refuse_web_pages])


def refuse_web_pages(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse requests from web pages, which have another host name (DNS rebinding), an Origin or Sec-Fetch-Site."""
    del handler
    name = connection.headers.get("host", "").partition(":")[0]
    if name not in _LOOPBACK:
        raise PermissionDeniedException("the host of the control API must be 127.0.0.1 or localhost")
    if "origin" in connection.headers or connection.headers.get("sec-fetch-site", "none") != "none":
        raise PermissionDeniedException("the control API refuses requests from web pages")


class ControlServer(uvicorn.Server):
    """Serves the control API in the process and event loop of the sandbox."""

    def __init__(self, app: Litestar, port: int) -> None:
        """Serve on `port` of the loopback interface; with 0, the system chooses the port."""
        super().__init__(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False))
        self.port = port
        self._serving: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle no signals: the server that runs this process handles them."""
        yield

    async def start(self) -> None:
        """Start to listen. Raises OSError when the port is in use."""
        listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.port = listener.getsockname()[1]
        self._serving = asyncio.create_task(self.serve(sockets=[listener]))

    async def stop(self) -> None:
        """Stop listening, and finish the requests in progress."""
        self.should_exit = True
        if self._serving is not None:
            await self._serving


def _not_found(request: HttpRequest, error: NotFound) -> Response[Any]:
    del request
    return Response({"error": "not_found", "detail": str(error)}, status_code=404)


def _conflict(request: HttpRequest, error: Conflict) -> Response[Any]:
    del request
    return Response({"error": "conflict", "detail": str(error)}, status_code=409)


def _register_error(request: HttpRequest, error: RegisterError) -> Response[Any]:
    del request
    return Response({"error": error.code, "detail": error.detail}, status_code=error.status)


def _job_failed(request: HttpRequest, error: JobFailed) -> Response[Any]:
    del request
    return Response({"error": "job_failed", "detail": str(error)}, status_code=502)


_ERRORS: dict[type[Exception], Handler] = {
    NotFound: _not_found,
    Conflict: _conflict,
    RegisterError: _register_error,
    JobFailed: _job_failed,
}
