"""A Litestar application of the sandbox: its limits, and the responses for the errors that every application has."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from litestar import Litestar, Response
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler, ExceptionHandlersMap, Guard

from haas.settings import HTTPS_PORT
from ops.sandbox.web import MAXIMUM_BODY_BYTES, BadRequest, HttpRequest

Handler = Callable[[HttpRequest, Any], Response[Any]]


def application(
    routes: Sequence[ControllerRouterHandler],
    handlers: dict[type[Exception], Handler],
    parts: Mapping[str, object],
    *,
    public_port: int = HTTPS_PORT,
    guards: Sequence[Guard] = (),
) -> Litestar:
    """Return an application with `routes`. Its route handlers receive `parts` as parameters, by name.

    `public_port` is the port on which the proxy serves it.
    """
    exception_handlers: ExceptionHandlersMap = {HTTPException: http_error, BadRequest: bad_request, **handlers}  # type: ignore[dict-item]  # Litestar types handlers for Exception, not for the registered class
    return Litestar(
        route_handlers=list(routes),
        dependencies={name: _provided(part) for name, part in parts.items()},
        exception_handlers=exception_handlers,
        guards=list(guards),
        state=State({"public_port": public_port}),
        request_max_body_size=MAXIMUM_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
    )


def http_error(request: HttpRequest, error: HTTPException) -> Response[Any]:
    """Answer an error of the framework: an unknown path, a wrong method, a body that is too large."""
    del request
    body = {"error": "not_found" if error.status_code == HTTPStatus.NOT_FOUND else "refused", "detail": error.detail}
    return Response(body, status_code=error.status_code)


def bad_request(request: HttpRequest, error: BadRequest) -> Response[Any]:
    """Answer a request that cannot be processed."""
    del request
    return Response({"error": "invalid_request", "error_description": str(error)}, status_code=400)


def _provided(part: object) -> Provide:
    return Provide(lambda: part, sync_to_thread=False)
