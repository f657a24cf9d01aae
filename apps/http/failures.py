"""What is answered when no handler did: no such path, a wrong method, a body too large, a part that is away, a bug.

Routes map their own domain errors; these are the last resort, in the shape that the path's callers expect.
"""

import logging
from typing import Any, Final

import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.routes import HTTPRoute
from litestar.types import ExceptionHandlersMap

from apps.http.context import context
from apps.http.refusals import cds_body
from haas.errors import HaasError, Unavailable
from tenants.cds import errors as cds
from tenants.cds.endpoints import BASE_PATH

logger = logging.getLogger(__name__)

NOT_FOUND: Final = 404
METHOD_NOT_ALLOWED: Final = 405
SERVER_ERROR: Final = 500
UNAVAILABLE: Final = 503
SECONDS_TO_RETRY: Final = "5"
_CDS_ERRORS = {NOT_FOUND: cds.RESOURCE_NOT_FOUND, SERVER_ERROR: cds.UNEXPECTED, UNAVAILABLE: cds.SERVICE_UNAVAILABLE}
_OAUTH_ERRORS = {SERVER_ERROR: "server_error", UNAVAILABLE: "temporarily_unavailable"}
_DETAILS = {
    NOT_FOUND: "There is nothing at this address.",
    METHOD_NOT_ALLOWED: "This method is not served at this address.",
    413: "The request is larger than this service accepts.",
    SERVER_ERROR: "The service met an unexpected condition.",
    UNAVAILABLE: "The service is not available now. Try again soon.",
}

_Request = Request[Any, Any, Any]


def status_of(error: Exception) -> int:
    """Return the HTTP status of an error that no route has mapped, and log what an operator must know of it."""
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, Unavailable):
        logger.warning("request.unavailable", extra={"reason": str(error)})
        return UNAVAILABLE
    logger.error("request.failed", exc_info=error)
    return SERVER_ERROR


def json_failure(request: _Request, error: Exception) -> Response[bytes]:
    """Answer in JSON: the CDS error payload below /cds-au, an OAuth error elsewhere (RFC 6749 5.2)."""
    status = status_of(error)
    detail = _DETAILS.get(status, "The request is not well formed.")
    if request.url.path.startswith(BASE_PATH):
        kind = _CDS_ERRORS.get(status, cds.EXPECTED)
        context(request).error = kind.urn
        body = cds_body(kind, detail)
    else:
        code = _OAUTH_ERRORS.get(status, "invalid_request")
        context(request).error = code
        body = msgspec.json.encode({"error": code, "error_description": detail})
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    headers["x-fapi-interaction-id"] = context(request).interaction_id
    if status == UNAVAILABLE:
        headers["Retry-After"] = SECONDS_TO_RETRY
    if status == METHOD_NOT_ALLOWED:
        headers["Allow"] = allowed(request)
    return Response(body, status_code=status, media_type=MediaType.JSON, headers=headers)


def allowed(request: _Request) -> str:
    """Return the methods that the address serves, which a 405 must name (RFC 9110 15.5.6)."""
    asked = request.url.path.strip("/").split("/")
    routes = (route for route in request.app.routes if isinstance(route, HTTPRoute))
    here = (route.methods for route in routes if _leads_to(route, asked))
    return ", ".join(sorted(set().union(*here)))


def _leads_to(route: HTTPRoute, asked: list[str]) -> bool:
    parts = route.path_components
    return len(parts) == len(asked) and all(
        part == given or not isinstance(part, str) for part, given in zip(parts, asked, strict=True)
    )


json_failures: ExceptionHandlersMap = {HTTPException: json_failure, HaasError: json_failure, Exception: json_failure}
