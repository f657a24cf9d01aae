"""The sandbox's HTTP applications, one for each host, and the responses for their errors."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from litestar import Litestar, Response
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler, ExceptionHandlersMap, Guard

from haas.settings import HTTPS_PORT
from ops.sandbox.mailbox import routes as mailbox_routes
from ops.sandbox.recipient import endpoints, pages
from ops.sandbox.register import routes as register_routes
from ops.sandbox.register.errors import BearerRefused, RegisterError, TokenRefused
from ops.sandbox.services import SandboxServices
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


def register_application(services: SandboxServices) -> Litestar:
    """Return the application of the Register's public host."""
    parts = {"register": services.register, "authorisation": services.authorisation}
    return application(register_routes.PUBLIC, _REGISTER_ERRORS, parts, public_port=services.settings.public_port)


def secure_register_application(services: SandboxServices) -> Litestar:
    """Return the application of the Register's mutual-TLS host."""
    parts = {"register": services.register, "authorisation": services.authorisation}
    return application(register_routes.SECURE, _REGISTER_ERRORS, parts, public_port=services.settings.public_port)


def recipient_application(services: SandboxServices) -> Litestar:
    """Return the application of the data recipient's host."""
    parts = {
        "sharing": services.sharing,
        "hosting": services.hosting,
        "revocation": services.revocation,
        "tenants": services.tenants,
        "mailbox_address": services.settings.origin("mailbox"),
    }
    return application([*pages.ROUTES, *endpoints.ROUTES], {}, parts, public_port=services.settings.public_port)


def mailbox_application(services: SandboxServices) -> Litestar:
    """Return the application of the mailbox's host."""
    parts = {
        "mailbox": services.mailbox,
        "tenants": services.tenants,
        "recipient_address": services.settings.origin("recipient"),
    }
    return application(mailbox_routes.ROUTES, {}, parts, public_port=services.settings.public_port)


def http_error(request: HttpRequest, error: HTTPException) -> Response[Any]:
    """Answer an error of the framework: an unknown path, a wrong method, a body that is too large."""
    del request
    body = {"error": "not_found" if error.status_code == HTTPStatus.NOT_FOUND else "refused", "detail": error.detail}
    return Response(body, status_code=error.status_code)


def bad_request(request: HttpRequest, error: BadRequest) -> Response[Any]:
    """Answer a request that cannot be processed."""
    del request
    return Response({"error": "invalid_request", "error_description": str(error)}, status_code=400)


def _register_error(request: HttpRequest, error: RegisterError) -> Response[Any]:
    del request
    body = {"errors": [{"code": error.code, "title": error.title, "detail": error.detail}]}
    return Response(body, status_code=error.status)


def _token_refused(request: HttpRequest, error: TokenRefused) -> Response[Any]:
    del request
    status = 401 if error.error == "invalid_client" else 400
    headers = {"Cache-Control": "no-store"}
    return Response({"error": error.error, "error_description": error.description}, status_code=status, headers=headers)


def _bearer_refused(request: HttpRequest, error: BearerRefused) -> Response[Any]:
    del request, error
    return Response(None, status_code=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


_REGISTER_ERRORS: dict[type[Exception], Handler] = {
    RegisterError: _register_error,
    TokenRefused: _token_refused,
    BearerRefused: _bearer_refused,
}


def _provided(part: object) -> Provide:
    return Provide(lambda: part, sync_to_thread=False)
