"""HTTP responses for all errors.

The errors of the domain contain no HTTP. A response has one of four shapes. On the public and the secure host: the
error payload of the Consumer Data Standards below /cds-au, an OAuth error (RFC 6749 5.2) at every other path that
software calls, and a page at the paths that people visit; a route can set another shape with the `opt` SHAPE. On the
hosts for staff: a page. On the management host: a problem (RFC 9457).
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, Literal, NamedTuple

import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.routes import HTTPRoute
from litestar.types import ExceptionHandlersMap

from apps.http.context import RequestContext, any_context
from apps.http.json_responses import NO_STORE, cds_headers, public_headers
from apps.http.page_forms import FormRefused
from apps.http.pages import message_page
from apps.http.suspension import TenantSuspended
from haas.errors import HaasError, Unavailable
from haas.shares import NoSlot
from tenants.arrangements.errors import ArrangementNotFound
from tenants.cds import errors as cds
from tenants.cds.errors import CdsError, ErrorType
from tenants.consent.errors import FlowClosed, FlowEnd, FlowNotFound, ResponseImpossible
from tenants.grants.errors import AccessRefused, ConsentExpired, ConsentRevoked, RecipientNotActive
from tenants.oauth import errors as oauth
from tenants.oauth.errors import OAuthError
from tenants.operations.models import Endpoint
from tenants.registry.surfaces import Surface
from themes import pages

logger = logging.getLogger(__name__)

Shape = Literal["cds", "oauth", "page", "problem"]
SHAPE: Final = "error_shape"
"""The `opt` in which a route sets the shape of its errors."""
ENDPOINT: Final = "endpoint"
"""The `opt` in which a route of the data APIs holds its row of the endpoint table."""
SECONDS_TO_RETRY: Final = "5"
_SHAPES: Final[Mapping[Surface, Shape]] = {"admin": "page", "management": "problem", "console": "page"}
"""The surfaces on which all errors have one shape."""
_DATA_APIS: Final = "cds-au"
_SOFTWARE_PATH_SEGMENTS: Final = (".well-known", "jwks")

NOT_FOUND: Final = 404
METHOD_NOT_ALLOWED: Final = 405
SERVER_ERROR: Final = 500
UNAVAILABLE: Final = 503
_DETAILS: Final = {
    NOT_FOUND: "There is nothing at this address.",
    METHOD_NOT_ALLOWED: "This method is not served at this address.",
    408: "The request took too long to arrive.",
    413: "The request is larger than this service accepts.",
    SERVER_ERROR: "The service met an unexpected condition.",
    UNAVAILABLE: "The service is not available now. Try again soon.",
}
_PROBLEM: Final = "application/problem+json"
_PHRASES: Final = {413: "Content Too Large"}
"""The reason phrases of RFC 9110 15 for which Python 3.11 has an older text."""
_MALFORMED: Final = "The request is not well formed."
_CDS_ERRORS: Final = {
    NOT_FOUND: cds.RESOURCE_NOT_FOUND,
    SERVER_ERROR: cds.UNEXPECTED,
    UNAVAILABLE: cds.SERVICE_UNAVAILABLE,
}
_OAUTH_CODES: Final = {SERVER_ERROR: "server_error", UNAVAILABLE: "temporarily_unavailable"}
_OAUTH_STATUSES: Final[dict[type[OAuthError], int]] = {
    oauth.InvalidClient: 401,
    oauth.InvalidToken: 401,
    oauth.TokenMissing: 401,
    oauth.InsufficientScope: 403,
    oauth.AccessDenied: 403,
    oauth.ServerError: SERVER_ERROR,
    oauth.TemporarilyUnavailable: UNAVAILABLE,
}
_BAD_REQUEST: Final = 400
_PAGES: Final[dict[int, pages.MessageKind]] = {
    400: "bad-request", 403: "refused", 404: "not-found", 405: "not-found", 413: "too-large", 421: "misdirected",
    503: "unavailable",
}  # fmt: skip

_FLOW_ENDS: Final[dict[FlowEnd, pages.MessageKind]] = {
    "awaited": "flow-awaited", "unfinished": "flow-unfinished", "sharing": "flow-sharing", "stopped": "flow-stopped",
    "cancelled": "flow-cancelled", "over": "request-over",
}  # fmt: skip

_Request = Request[Any, Any, Any]


class CdsErrorResponse(NamedTuple):
    """The status and content of an error response in the shape of the Consumer Data Standards."""

    status: int
    kind: ErrorType
    detail: str
    challenge: str | None = None
    """The value of WWW-Authenticate (RFC 6750 3)."""
    further: Sequence[CdsError] = ()
    """Further errors with the same status."""

    @property
    def body(self) -> bytes:
        """The error payload (CDS, Payload Conventions)."""
        errors = [(self.kind, self.detail), *((error.kind, error.detail) for error in self.further)]
        return msgspec.json.encode(
            {"errors": [{"code": kind.urn, "title": kind.title, "detail": detail} for kind, detail in errors]}
        )


class OAuthErrorResponse(NamedTuple):
    """The status and content of an error response in the shape of OAuth."""

    status: int
    code: str
    description: str
    challenge: str | None = None

    @property
    def body(self) -> bytes:
        """The body of an OAuth error (RFC 6749 5.2)."""
        return msgspec.json.encode({"error": self.code, "error_description": self.description})


def error_response(request: _Request, error: Exception) -> Response[Any]:
    """Return the response for an error, and set the error in the call record."""
    _set_operation(request)
    response: Response[Any]
    match _shape(request, error):
        case "cds":
            response = _cds_response(request, cds_error_response(error))
        case "oauth":
            response = _oauth_response(request, oauth_error_response(error))
        case "page":
            response = _page_response(request, error)
        case "problem":
            response = _problem_response(request, error)
    _log(error, response.status_code)
    return response


error_handlers: Final[ExceptionHandlersMap] = {
    HTTPException: error_response,
    HaasError: error_response,
    Exception: error_response,
}
"""The exception handlers of every application."""


def cds_error_response(error: Exception) -> CdsErrorResponse:  # noqa: PLR0911 - one return for each error
    """Return the response for an error in the shape of the Consumer Data Standards (CDS, Error Codes)."""
    match error:
        case CdsError():
            return CdsErrorResponse(error.status, error.kind, error.detail, further=error.further)
        case oauth.TokenMissing():
            return CdsErrorResponse(401, cds.EXPECTED, "An access token is required.", "Bearer")
        case oauth.InvalidToken():
            return CdsErrorResponse(401, cds.EXPECTED, "The access token is invalid.", 'Bearer error="invalid_token"')
        case oauth.InsufficientScope(scope=scope):
            challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
            detail = f"The access token does not have the scope {scope}."
            return CdsErrorResponse(403, cds.INVALID_CONSENT, detail, challenge)
        case RecipientNotActive(status=participant_status):
            return CdsErrorResponse(403, cds.ADR_STATUS_NOT_ACTIVE, participant_status)
        case ConsentRevoked():
            return CdsErrorResponse(403, cds.REVOKED_CONSENT, "The consent was withdrawn or has expired.")
        case AccessRefused():
            return CdsErrorResponse(403, cds.INVALID_CONSENT, "The consent does not allow this.")
    status = _status(error)
    return CdsErrorResponse(status, _CDS_ERRORS.get(status, cds.EXPECTED), _DETAILS.get(status, _MALFORMED))


def oauth_error_response(error: Exception) -> OAuthErrorResponse:
    """Return the response for an error in the shape of OAuth (RFC 6749 5.2, RFC 6750 3, RFC 7591 3.2.2)."""
    match error:
        case OAuthError():
            status, text = _OAUTH_STATUSES.get(type(error), _BAD_REQUEST), printable(error.description)
            return OAuthErrorResponse(status, error.error, text, _challenge(error))
        case RecipientNotActive():
            return oauth_error_response(oauth.AccessDenied("the data recipient or its software product is not active"))
        case ConsentExpired():
            return oauth_error_response(oauth.InvalidToken("the access token has expired"))
        case AccessRefused():
            return oauth_error_response(oauth.InvalidToken("the access token was revoked"))
    status = _status(error)
    return OAuthErrorResponse(status, _OAUTH_CODES.get(status, "invalid_request"), _DETAILS.get(status, _MALFORMED))


def page_kind(error: Exception) -> pages.MessageKind:  # noqa: PLR0911 - one return for each error
    """Return the kind of page that explains an error to a person."""
    match error:
        case TenantSuspended():
            return "suspended"
        case FormRefused():
            return "form-refused"
        case FlowNotFound():
            return "flow-unknown"
        case FlowClosed(end=end):
            return _FLOW_ENDS[end]
        case ResponseImpossible():
            return "response-impossible"
        case oauth.InvalidRequestUri():
            return "request-over"
        case OAuthError():
            return "request-invalid"
        case ArrangementNotFound():  # also for another person's arrangement, so that its existence is not disclosed
            return "not-found"
    return _PAGES.get(_status(error), "failed")


def printable(text: str) -> str:
    """Replace in `text` the characters that `error_description` must not contain (RFC 6749 5.2)."""
    return "".join(character if " " <= character <= "~" and character not in '"\\' else "'" for character in text)


def _shape(request: _Request, error: Exception) -> Shape:
    surface, path = any_context(request).surface, request.scope["path"]
    if surface in _SHAPES:
        return _SHAPES[surface]
    if isinstance(error, CdsError) or is_data_api(path):
        return "cds"
    shape: Shape | None = _options(request).get(SHAPE)
    if shape is not None:
        return shape
    return "page" if surface == "public" and _first_segment(path) not in _SOFTWARE_PATH_SEGMENTS else "oauth"


def is_data_api(path: str) -> bool:
    """Return whether `path` is below /cds-au, where every error is the error payload of the standards."""
    return _first_segment(path) == _DATA_APIS


def _first_segment(path: str) -> str:
    """Return the first segment. Additional slashes before it are ignored, as in the router."""
    return path.lstrip("/").partition("/")[0]


def _options(request: _Request) -> dict[str, Any]:
    """Return the `opt` of the route, or an empty dict if no route matches."""
    scope: Mapping[str, Any] = request.scope
    handler = scope.get("route_handler")
    return {} if handler is None else dict(handler.opt)


def _status(error: Exception) -> int:
    """Return the status for an error that is neither an OAuthError nor a CdsError."""
    if isinstance(error, HTTPException):
        return error.status_code
    return UNAVAILABLE if isinstance(error, Unavailable) else SERVER_ERROR


def _log(error: Exception, status: int | None) -> None:
    if isinstance(error, OAuthError):
        logger.info("oauth.refused", extra={"error": error.error, "reason": str(error)})
    elif isinstance(error, NoSlot):
        pass  # apps.http.admission logs one line for many
    elif status == UNAVAILABLE:
        logger.warning("request.unavailable", extra={"reason": str(error)})
    elif status == SERVER_ERROR:
        logger.error("request.failed", exc_info=error)


def _set_operation(request: _Request) -> None:
    """Set the operation for the call record if a data API's handler has not run."""
    endpoint, ctx = _options(request).get(ENDPOINT), any_context(request)
    if ctx.operation is None and isinstance(endpoint, Endpoint):
        ctx.operation, ctx.authenticated = endpoint.operation, endpoint.transport == "secure"


def _cds_response(request: _Request, error: CdsErrorResponse) -> Response[bytes]:
    ctx = any_context(request)
    ctx.error = error.kind.urn
    headers = cds_headers(ctx) | _headers_of_status(request, error.status, error.challenge)
    return Response(error.body, status_code=error.status, media_type=MediaType.JSON, headers=headers)


def _oauth_response(request: _Request, error: OAuthErrorResponse) -> Response[bytes]:
    ctx = any_context(request)
    ctx.error = error.code
    headers = NO_STORE | public_headers(ctx) | _headers_of_status(request, error.status, error.challenge)
    return Response(error.body, status_code=error.status, media_type=MediaType.JSON, headers=headers)


def _problem_response(request: _Request, error: Exception) -> Response[bytes]:
    """Return the response in the shape of RFC 9457. The type is about:blank, so the title is the phrase of the status.

    nginx has the same shape for its own errors on management hosts.
    """
    status = _status(error)
    problem = {
        "type": "about:blank",
        "title": _PHRASES.get(status) or HTTPStatus(status).phrase,
        "detail": _DETAILS.get(status, _MALFORMED),
    }
    headers = NO_STORE | _headers_of_status(request, status, None)
    return Response(msgspec.json.encode(problem), status_code=status, media_type=_PROBLEM, headers=headers)


def _page_response(request: _Request, error: Exception) -> Response[str]:
    if isinstance(error, OAuthError):
        any_context(request).error = error.error
    response = message_page(request, page_kind(error))
    if isinstance(error, HTTPException) and error.status_code == METHOD_NOT_ALLOWED:
        response.status_code = METHOD_NOT_ALLOWED
    response.headers.update(_headers_of_status(request, response.status_code or 0, None))
    return response


def _headers_of_status(request: _Request, status: int, challenge: str | None) -> dict[str, str]:
    """Return the headers that a status requires: Retry-After, Allow or WWW-Authenticate."""
    headers = {}
    if status == UNAVAILABLE:
        headers["Retry-After"] = SECONDS_TO_RETRY
    if status == METHOD_NOT_ALLOWED:
        headers["Allow"] = _served_methods(request)
    if challenge is not None:
        headers["WWW-Authenticate"] = challenge
    return headers


def _challenge(error: OAuthError) -> str | None:
    if isinstance(error, oauth.TokenMissing):
        return "Bearer"
    if isinstance(error, oauth.InvalidToken | oauth.InsufficientScope):
        return f'Bearer error="{error.error}", error_description="{printable(error.description)}"'
    return None


def _served_methods(request: _Request) -> str:
    """Return the methods that the path serves, which a 405 response must list (RFC 9110 15.5.6)."""
    path = request.url.path.strip("/")
    requested = path.split("/") if path else []
    routes = (route for route in request.app.routes if isinstance(route, HTTPRoute))
    found = (route.methods for route in routes if _matches(route, requested))
    return ", ".join(sorted(set().union(*found)))


def _matches(route: HTTPRoute, requested: list[str]) -> bool:
    parts = route.path_components
    return len(parts) == len(requested) and all(
        part == value or not isinstance(part, str) for part, value in zip(parts, requested, strict=True)
    )


def unavailable_response() -> CdsErrorResponse:
    """Return the response for a request whose tenant is unknown, because the registry has not been read yet."""
    return CdsErrorResponse(UNAVAILABLE, cds.SERVICE_UNAVAILABLE, _DETAILS[UNAVAILABLE])


def certificate_error_response(ctx: RequestContext, path: str, reason: str) -> CdsErrorResponse | OAuthErrorResponse:
    """Return the response for a connection without a valid client certificate, and set the error in the call record.

    Below /cds-au it is the error payload of the standards. Elsewhere it is an OAuth error (RFC 6749 5.2), since no
    access token was read. The status is 400, as in nginx.
    """
    ctx.operation = "clientCertificate"
    if is_data_api(path):
        ctx.error = cds.EXPECTED.urn
        return CdsErrorResponse(_BAD_REQUEST, cds.EXPECTED, reason)
    ctx.error = oauth.InvalidClient.error
    return OAuthErrorResponse(_BAD_REQUEST, oauth.InvalidClient.error, reason)
