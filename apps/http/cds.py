"""How the APIs of the Consumer Data Standards answer: payloads, errors, and the headers of both."""

from typing import Any, Final

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from apps.http.context import RequestContext, context
from apps.http.failures import SECONDS_TO_RETRY, UNAVAILABLE, status_of
from apps.http.refusals import cds_body
from haas.errors import HaasError
from tenants.cds import errors as cds
from tenants.cds.errors import CdsError, ErrorType
from tenants.disclosure import errors as disclosure
from tenants.operations.endpoints import Endpoint

_Request = Request[Any, Any, Any]
ENDPOINT: Final = "endpoint"
"""The `opt` under which a route carries its row of the endpoint table."""
CORS: Final = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "x-v"}
"""What the public APIs send, so that any page may read them."""
INTERACTION_ID: Final = "x-fapi-interaction-id"
UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
_LAST_RESORT = {404: cds.RESOURCE_NOT_FOUND, 500: cds.UNEXPECTED, 503: cds.SERVICE_UNAVAILABLE}
_DETAIL = {
    404: "There is nothing at this address.",
    405: "This method is not served at this address.",
    500: "The service met an unexpected condition.",
    503: "The service is not available now. Try again soon.",
}


def payload(here: RequestContext, body: bytes, version: int) -> Response[bytes]:
    """Answer with an encoded payload of a version (CDS, HTTP Headers, Response Headers)."""
    return Response(body, media_type=MediaType.JSON, headers={"x-v": str(version), **_headers(here)})


def error(here: RequestContext, kind: ErrorType, status: int, detail: str, **headers: str) -> Response[bytes]:
    """Answer with one error, and note it for the call record."""
    here.error = kind.urn
    sent = _headers(here) | {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(cds_body(kind, detail), status_code=status, media_type=MediaType.JSON, headers=sent)


def _headers(here: RequestContext) -> dict[str, str]:
    sent = {INTERACTION_ID: here.interaction_id, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return sent | CORS if here.surface == "public" else sent


def cds_failure(request: _Request, failure: Exception) -> Response[bytes]:
    """Answer what the standards' catalogue names."""
    here = context(request)
    endpoint = request.route_handler.opt.get(ENDPOINT)
    if here.operation is None and isinstance(endpoint, Endpoint):
        here.operation, here.authenticated = endpoint.operation, endpoint.transport == "secure"
    if isinstance(failure, CdsError):
        return error(here, failure.kind, failure.status, failure.detail)
    status = status_of(failure)
    kind = _LAST_RESORT.get(status, cds.EXPECTED)
    detail = _DETAIL.get(status, "The request is not well formed.")
    retry = {"Retry_After": SECONDS_TO_RETRY} if status == UNAVAILABLE else {}
    return error(here, kind, status, detail, **retry)


def access_refused(request: _Request, refusal: disclosure.AccessRefused) -> Response[bytes]:
    """Answer a refusal: what a bearer token lacks as RFC 6750 3 says, everything else by the standards' catalogue."""
    here = context(request)
    match refusal:
        case disclosure.NoToken():
            return error(here, cds.EXPECTED, UNAUTHORIZED, "An access token is required.", WWW_Authenticate="Bearer")
        case disclosure.InvalidToken():
            challenge = 'Bearer error="invalid_token"'
            detail = "The access token is invalid."
            return error(here, cds.EXPECTED, UNAUTHORIZED, detail, WWW_Authenticate=challenge)
        case disclosure.InsufficientScope(scope=scope):
            challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
            detail = f"The access token does not have the scope {scope}."
            return error(here, cds.INVALID_CONSENT, FORBIDDEN, detail, WWW_Authenticate=challenge)
        case disclosure.RecipientNotActive(status=status):
            return error(here, cds.ADR_STATUS_NOT_ACTIVE, FORBIDDEN, status)
        case disclosure.ConsentRevoked():
            return error(here, cds.REVOKED_CONSENT, FORBIDDEN, "The consent was withdrawn or has expired.")
        case _:
            return error(here, cds.INVALID_CONSENT, FORBIDDEN, "The consent does not allow this.")


cds_failures: ExceptionHandlersMap = {
    disclosure.AccessRefused: access_refused,
    HaasError: cds_failure,
    HTTPException: cds_failure,
    Exception: cds_failure,
}
