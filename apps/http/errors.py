"""HTTP responses for all errors.

The errors of the domain contain no HTTP. A response has one of four shapes (`apps.http.error_shapes`). On the public
and the secure host: the error payload of the Consumer Data Standards below /cds-au, an OAuth error (RFC 6749 5.2) at
every other path that software calls, and a page at the paths that people visit; a route can set another shape with the
`opt` SHAPE. On the hosts for staff: a page. On the management host: a problem (RFC 9457).
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from apps.http.context import RequestContext, any_context
from apps.http.error_shapes.cds import CdsErrorResponse, cds_response
from apps.http.error_shapes.oauth import OAuthErrorResponse, oauth_response
from apps.http.error_shapes.page import page_response
from apps.http.error_shapes.problem import problem_response
from apps.http.error_shapes.statuses import BAD_REQUEST, SERVER_ERROR, UNAVAILABLE, ErrorRequest
from apps.http.request_headers import header_fields, is_customer_present
from haas.errors import HaasError, Unavailable
from haas.shares import NoSlot
from tenants.availability.errors import InOutage
from tenants.cds import errors as cds
from tenants.cds.errors import CdsError
from tenants.grants.errors import DisclosureRefused
from tenants.oauth.called_operations import called_operation
from tenants.oauth.errors import InvalidClient, OAuthError
from tenants.operations.models import Endpoint
from tenants.registry.surfaces import Surface
from tenants.traffic.errors import ThresholdExceeded

logger = logging.getLogger(__name__)

Shape = Literal["cds", "oauth", "page", "problem"]
SHAPE: Final = "error_shape"
"""The `opt` in which a route sets the shape of its errors."""
ENDPOINT: Final = "endpoint"
"""The `opt` in which a route of the data APIs holds its row of the endpoint table."""
_RESPONSES: Final[Mapping[Shape, Callable[[ErrorRequest, Exception], Response[Any]]]] = {
    "cds": cds_response,
    "oauth": oauth_response,
    "page": page_response,
    "problem": problem_response,
}
_SHAPES: Final[Mapping[Surface, Shape]] = {"admin": "page", "management": "problem", "console": "page"}
"""The surfaces on which all errors have one shape."""
_DATA_APIS: Final = "cds-au"
_SOFTWARE_PATH_SEGMENTS: Final = (".well-known", "jwks")


def error_response(request: ErrorRequest, error: Exception) -> Response[Any]:
    """Return the response for an error, and set the error in the call record."""
    _set_operation(request)
    _record_refusal(request, error)
    response = _RESPONSES[_shape(request, error)](request, error)
    _log(error, response.status_code)
    return response


error_handlers: Final[ExceptionHandlersMap] = {
    HTTPException: error_response,
    HaasError: error_response,
    Exception: error_response,
}
"""The exception handlers of every application."""


def certificate_error_response(
    ctx: RequestContext, method: str, path: str, reason: str
) -> CdsErrorResponse | OAuthErrorResponse:
    """Return the response for a connection without a valid client certificate, and set the error in the call record.

    Below /cds-au it is the error payload of the standards. Elsewhere it is an OAuth error (RFC 6749 5.2), since no
    access token was read. The status is 400, as in nginx.
    """
    called = called_operation(ctx.surface, method, path)
    if called is not None:  # otherwise it is no call of an operation, and is not counted
        ctx.operation, ctx.authenticated = "clientCertificate", called.authenticated
    if is_data_api(path):
        ctx.error = cds.EXPECTED.urn
        return CdsErrorResponse(BAD_REQUEST, cds.EXPECTED, reason)
    ctx.error = InvalidClient.error
    return OAuthErrorResponse(BAD_REQUEST, InvalidClient.error, reason)


def _shape(request: ErrorRequest, error: Exception) -> Shape:
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


def _options(request: ErrorRequest) -> dict[str, Any]:
    """Return the `opt` of the route, or an empty dict if no route matches."""
    scope: Mapping[str, Any] = request.scope
    handler = scope.get("route_handler")
    return {} if handler is None else dict(handler.opt)


def _log(error: Exception, status: int | None) -> None:
    if isinstance(error, OAuthError):
        logger.info("oauth.refused", extra={"error": error.error, "reason": str(error)})
    elif isinstance(error, NoSlot | InOutage):
        pass  # apps.http.admission logs one line for many; somebody has announced the outage
    elif status == UNAVAILABLE or isinstance(error, Unavailable):
        logger.warning("request.unavailable", extra={"reason": str(error)})
    elif status == SERVER_ERROR:
        logger.error("request.failed", exc_info=error)


def _record_refusal(request: ErrorRequest, error: Exception) -> None:
    """Record that a request for a consumer's data is refused as a whole, with the reason (CDR Rules 4.7, 9.4)."""
    ctx = any_context(request)
    if isinstance(error, DisclosureRefused):
        ctx.refused.add(error.reason)
    elif isinstance(error, ThresholdExceeded) and ctx.arrangement_id is not None:
        ctx.refused.add("traffic-threshold")


def _set_operation(request: ErrorRequest) -> None:
    """Set the operation for the call record if a data API's handler has not run."""
    endpoint, ctx = _options(request).get(ENDPOINT), any_context(request)
    if ctx.operation is None and isinstance(endpoint, Endpoint):
        ctx.operation, ctx.authenticated = endpoint.operation, endpoint.transport == "secure"
        ctx.tier = endpoint.tier(customer_present=is_customer_present(header_fields(request.scope["headers"])))
