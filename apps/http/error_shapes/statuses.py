"""What error responses of all shapes have in common: the status of an error, a text about it, and headers."""

from typing import Any, Final

from litestar import Request
from litestar.exceptions import HTTPException
from litestar.routes import HTTPRoute

from haas.errors import Busy, Unavailable
from tenants.availability.errors import InOutage
from tenants.cds.errors import CdsError
from tenants.traffic.errors import ThresholdExceeded

BAD_REQUEST: Final = 400
NOT_FOUND: Final = 404
METHOD_NOT_ALLOWED: Final = 405
TOO_MANY_REQUESTS: Final = 429
SERVER_ERROR: Final = 500
UNAVAILABLE: Final = 503
GATEWAY_TIMEOUT: Final = 504
SECONDS_TO_RETRY: Final = "5"
_SECONDS_TO_RETRY_TOO_MANY: Final = "10"
"""Retry-After with 429. After this time, a part of the requests that were counted is too old to be counted."""
_DETAILS: Final = {
    NOT_FOUND: "There is nothing at this address.",
    403: "The request is not permitted.",
    METHOD_NOT_ALLOWED: "This method is not served at this address.",
    408: "The request took too long to arrive.",
    TOO_MANY_REQUESTS: "There were too many requests. Try again later.",
    413: "The request is larger than this service accepts.",
    SERVER_ERROR: "The service met an unexpected condition.",
    UNAVAILABLE: "The service is not available now. Try again soon.",
}
_MALFORMED: Final = "The request is not well formed."

ErrorRequest = Request[Any, Any, Any]
"""A request that was refused."""


def status_of(error: Exception) -> int:
    """Return the status for an error that is neither an OAuthError nor a CdsError."""
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, ThresholdExceeded):
        return TOO_MANY_REQUESTS
    return UNAVAILABLE if isinstance(error, Unavailable) else SERVER_ERROR


def retry_after(error: Exception) -> int | None:
    """Return after how many seconds a refused request can be repeated, if the error says it."""
    if isinstance(error, Busy):
        return error.seconds_to_retry
    return error.retry_after if isinstance(error, ThresholdExceeded | InOutage | CdsError) else None


def detail_of(status: int) -> str:
    """Return a text about an error that has only a status."""
    return _DETAILS.get(status, _MALFORMED)


def headers_of_status(
    request: ErrorRequest, status: int, challenge: str | None = None, *, retry_after: int | None = None
) -> dict[str, str]:
    """Return the headers that a status requires: Retry-After, Allow or WWW-Authenticate.

    `retry_after` is in seconds. None: the usual time for the status.
    """
    headers = {}
    if status in {UNAVAILABLE, GATEWAY_TIMEOUT}:
        headers["Retry-After"] = SECONDS_TO_RETRY if retry_after is None else str(retry_after)
    if status == TOO_MANY_REQUESTS:
        headers["Retry-After"] = _SECONDS_TO_RETRY_TOO_MANY if retry_after is None else str(retry_after)
    if status == METHOD_NOT_ALLOWED:
        headers["Allow"] = _served_methods(request)
    if challenge is not None:
        headers["WWW-Authenticate"] = challenge
    return headers


def _served_methods(request: ErrorRequest) -> str:
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
