"""The sandbox's HTTP faces: one Litestar application per host, and how each words its refusals."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from litestar import Litestar, Response
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler, ExceptionHandlersMap, Guard

from haas.http import CertificateHeaderError
from haas.settings import HTTPS_PORT
from ops.sandbox.mailbox import routes as mailbox_routes
from ops.sandbox.recipient import endpoints, pages
from ops.sandbox.register import routes as register_routes
from ops.sandbox.register.errors import BearerRefused, RegisterError, TokenRefused
from ops.sandbox.web import MAXIMUM_BODY_BYTES, BadRequest, HttpRequest
from ops.sandbox.world import World

Handler = Callable[[HttpRequest, Any], Response[Any]]


def face(
    routes: Sequence[ControllerRouterHandler],
    handlers: dict[type[Exception], Handler],
    parts: Mapping[str, object],
    *,
    public_port: int = HTTPS_PORT,
    guards: Sequence[Guard] = (),
) -> Litestar:
    """Return an application of `routes`, whose handlers are given `parts` by name.

    `public_port` is the one under which the proxy serves it.
    """
    exception_handlers: ExceptionHandlersMap = {HTTPException: http_error, BadRequest: bad_request, **handlers}  # type: ignore[dict-item]  # Litestar types handlers by Exception, not by what they are registered for
    return Litestar(
        route_handlers=list(routes),
        dependencies={name: _given(part) for name, part in parts.items()},
        exception_handlers=exception_handlers,
        guards=list(guards),
        state=State({"public_port": public_port}),
        request_max_body_size=MAXIMUM_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
    )


def register_face(world: World) -> Litestar:
    """The Register's public host."""
    parts = {"register": world.register, "authorisation": world.authorisation}
    return face(register_routes.PUBLIC, _REGISTER_ERRORS, parts, public_port=world.settings.public_port)


def secure_register_face(world: World) -> Litestar:
    """The Register's mutual-TLS host."""
    parts = {"register": world.register, "authorisation": world.authorisation}
    return face(register_routes.SECURE, _REGISTER_ERRORS, parts, public_port=world.settings.public_port)


def recipient_face(world: World) -> Litestar:
    """The data recipient's host."""
    parts = {"sharing": world.sharing, "hosting": world.hosting, "revocation": world.revocation}
    return face([*pages.ROUTES, *endpoints.ROUTES], {}, parts, public_port=world.settings.public_port)


def mailbox_face(world: World) -> Litestar:
    """The mailbox's host."""
    return face(mailbox_routes.ROUTES, {}, {"mailbox": world.mailbox}, public_port=world.settings.public_port)


def http_error(request: HttpRequest, error: HTTPException) -> Response[Any]:
    """Word what the framework refuses: an unknown path, a wrong method, a body that is too large."""
    del request
    body = {"error": "not_found" if error.status_code == 404 else "refused", "detail": error.detail}  # noqa: PLR2004
    return Response(body, status_code=error.status_code)


def bad_request(request: HttpRequest, error: BadRequest) -> Response[Any]:
    """Word a request that cannot be acted on."""
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


def _certificate_refused(request: HttpRequest, error: CertificateHeaderError) -> Response[Any]:
    return bad_request(request, BadRequest(str(error)))


_REGISTER_ERRORS: dict[type[Exception], Handler] = {
    RegisterError: _register_error,
    TokenRefused: _token_refused,
    BearerRefused: _bearer_refused,
    CertificateHeaderError: _certificate_refused,
}


def _given(part: object) -> Provide:
    return Provide(lambda: part, sync_to_thread=False)
