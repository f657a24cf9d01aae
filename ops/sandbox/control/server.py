"""The control API's application and its own listener, plain HTTP on the loopback interface only."""

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

from ops.sandbox.control import levers, messages, products
from ops.sandbox.control.bodies import Conflict, NotFound
from ops.sandbox.faces import Handler, face
from ops.sandbox.jobs import JobFailed
from ops.sandbox.register.errors import RegisterError
from ops.sandbox.web import HttpRequest
from ops.sandbox.world import World

ROUTES = [*products.ROUTES, *levers.ROUTES, *messages.ROUTES]
_LOOPBACK = {"127.0.0.1", "localhost"}


@get("/")
async def index() -> dict[str, Any]:
    """What the control API can do."""
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


def control_face(world: World) -> Litestar:
    """Return the control API's application."""
    return face([index, *ROUTES], _ERRORS, {"world": world}, guards=[from_this_machine])


def from_this_machine(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse a browser that some website has sent here: a rebound name in Host, or a page's Origin."""
    del handler
    name = connection.headers.get("host", "").partition(":")[0]
    if name not in _LOOPBACK:
        raise PermissionDeniedException("the control API answers to 127.0.0.1 and localhost only")
    if "origin" in connection.headers or connection.headers.get("sec-fetch-site", "none") != "none":
        raise PermissionDeniedException("the control API answers no web page")


class ControlServer(uvicorn.Server):
    """Serves the control API inside the sandbox's own process and event loop."""

    def __init__(self, application: Litestar, port: int) -> None:
        """Serve on `port` of the loopback interface; 0 lets the system choose."""
        super().__init__(uvicorn.Config(application, lifespan="off", log_config=None, access_log=False))
        self.port = port
        self._serving: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the server that runs this process."""
        yield

    async def start(self) -> None:
        """Listen; return once it does. Raises OSError where the port is taken."""
        listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.port = listener.getsockname()[1]
        self._serving = asyncio.create_task(self.serve(sockets=[listener]))

    async def stop(self) -> None:
        """Stop listening and finish what is under way."""
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
