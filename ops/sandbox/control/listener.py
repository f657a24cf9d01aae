"""The listener of a control API, its list of operations, and who may call it."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence
from typing import Any

import uvicorn
from litestar import Litestar, Response, get
from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from ops.sandbox.control.requests import Conflict, NotFound
from ops.sandbox.web import HttpRequest
from ops.sandbox.web_application import Handler, application

_LOOPBACK = {"127.0.0.1", "localhost"}


def control_api(
    routes: Sequence[HTTPRouteHandler], errors: dict[type[Exception], Handler], parts: dict[str, object]
) -> Litestar:
    """Return the application of a control API. `GET /` lists its operations."""

    @get("/")
    async def index() -> dict[str, Any]:
        return {"operations": _described(routes)}

    handlers: dict[type[Exception], Handler] = {NotFound: _not_found, Conflict: _conflict, **errors}
    return application([index, *routes], handlers, parts, guards=[refuse_web_pages])


def refuse_web_pages(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse requests from web pages, which have another host name (DNS rebinding), an Origin or Sec-Fetch-Site."""
    del handler
    name = connection.headers.get("host", "").partition(":")[0]
    if name not in _LOOPBACK:
        raise PermissionDeniedException("the host of the control API must be 127.0.0.1 or localhost")
    if "origin" in connection.headers or connection.headers.get("sec-fetch-site", "none") != "none":
        raise PermissionDeniedException("the control API refuses requests from web pages")


class ControlServer(uvicorn.Server):
    """Serves a control API in the process and event loop of the sandbox: plain HTTP on the loopback interface."""

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


def _described(routes: Sequence[HTTPRouteHandler]) -> list[dict[str, str]]:
    return [
        {"operation": f"{method} {path}", "does": (route.fn.__doc__ or "").strip()}
        for route in routes
        for path in sorted(route.paths)
        for method in sorted(route.http_methods - {"HEAD", "OPTIONS"})
    ]


def _not_found(request: HttpRequest, error: NotFound) -> Response[Any]:
    del request
    return Response({"error": "not_found", "detail": str(error)}, status_code=404)


def _conflict(request: HttpRequest, error: Conflict) -> Response[Any]:
    del request
    return Response({"error": "conflict", "detail": str(error)}, status_code=409)
