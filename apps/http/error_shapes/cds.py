"""Errors as the error payload of the Consumer Data Standards (CDS, Payload Conventions, Error Codes)."""

from typing import Final, NamedTuple

import msgspec
from litestar import MediaType, Response

from apps.http.context import any_context
from apps.http.error_shapes.statuses import (
    GATEWAY_TIMEOUT,
    NOT_FOUND,
    SERVER_ERROR,
    TOO_MANY_REQUESTS,
    UNAVAILABLE,
    ErrorRequest,
    detail_of,
    headers_of_status,
    retry_after,
    status_of,
)
from apps.http.json_responses import cds_headers
from haas.errors import Busy, TimedOut
from tenants.availability.errors import InOutage
from tenants.cds import errors as cds
from tenants.cds.errors import CdsError, ErrorType
from tenants.disclosure.service import STATUSES
from tenants.grants.errors import AccessRefused, ConsentRevoked, DisclosureRefused, RecipientNotActive
from tenants.oauth import errors as oauth
from tenants.traffic.errors import ThresholdExceeded

_ERRORS: Final = {
    NOT_FOUND: cds.RESOURCE_NOT_FOUND,
    SERVER_ERROR: cds.UNEXPECTED,
    UNAVAILABLE: cds.SERVICE_UNAVAILABLE,
}
_BUSY: Final = "The data cannot be read now, because there were too many requests. Try again later."
_TIMED_OUT: Final = "The data could not be read in time. Try again."


class CdsErrorResponse(NamedTuple):
    """The status and content of an error response in the shape of the Consumer Data Standards."""

    status: int
    kind: ErrorType
    detail: str
    challenge: str | None = None
    """The value of WWW-Authenticate (RFC 6750 3)."""
    occurrence: CdsError | None = None
    """The error of the domain, if it is one of the standards. It can contain further errors with the same status."""

    @property
    def body(self) -> bytes:
        """The error payload (CDS, Payload Conventions)."""
        first = self.occurrence or CdsError(self.kind, self.detail)
        return msgspec.json.encode({"errors": [_error_object(each) for each in (first, *first.further)]})


def _error_object(error: CdsError) -> dict[str, object]:
    """Return one error (CDS, PrimaryErrorV1). The flag is absent from errors whose cause is not another data holder."""
    found: dict[str, object] = {"code": error.kind.urn, "title": error.kind.title, "detail": error.detail}
    if error.application_code is not None:
        found |= {"code": error.application_code, "meta": {"urn": error.kind.urn}}
    return found | {"isSecondaryDataHolderError": True} if error.is_of_secondary_holder else found


def cds_error_response(error: Exception) -> CdsErrorResponse:  # noqa: PLR0911 - one return for each error
    """Return the response for an error in the shape of the Consumer Data Standards (CDS, Error Codes)."""
    match error:
        case CdsError():
            return CdsErrorResponse(error.status, error.kind, error.detail, occurrence=error)
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
        case DisclosureRefused(answer=answer):
            return CdsErrorResponse(STATUSES[answer], cds.EXPECTED, "The data holder does not disclose this data.")
        case ConsentRevoked():
            return CdsErrorResponse(403, cds.REVOKED_CONSENT, "The consent was withdrawn or has expired.")
        case InOutage() | ThresholdExceeded() | Busy() | TimedOut():
            return _not_now(error)
        case AccessRefused():
            return CdsErrorResponse(403, cds.INVALID_CONSENT, "The consent does not allow this.")
    status = status_of(error)
    return CdsErrorResponse(status, _ERRORS.get(status, cds.EXPECTED), detail_of(status))


def _not_now(error: InOutage | ThresholdExceeded | Busy | TimedOut) -> CdsErrorResponse:
    """Return the response for a request that may succeed if it is repeated later."""
    match error:
        case InOutage():
            return CdsErrorResponse(UNAVAILABLE, cds.SERVICE_UNAVAILABLE, error.explanation)
        case ThresholdExceeded():
            return CdsErrorResponse(TOO_MANY_REQUESTS, cds.EXPECTED, f"There were {error}.")
        case Busy():
            return CdsErrorResponse(TOO_MANY_REQUESTS, cds.EXPECTED, _BUSY)
        case TimedOut():  # "504 when a retry may help" (CDS, Response Codes)
            return CdsErrorResponse(GATEWAY_TIMEOUT, cds.UNEXPECTED, _TIMED_OUT)


def unavailable_response() -> CdsErrorResponse:
    """Return the response for a request whose tenant is unknown, because the registry has not been read yet."""
    return CdsErrorResponse(UNAVAILABLE, cds.SERVICE_UNAVAILABLE, detail_of(UNAVAILABLE))


def cds_response(request: ErrorRequest, error: Exception) -> Response[bytes]:
    """Return the response for an error, and set the error in the call record."""
    refused = cds_error_response(error)
    ctx = any_context(request)
    ctx.error, ctx.throttled = refused.kind.urn, isinstance(error, ThresholdExceeded | Busy)
    headers = cds_headers(ctx) | headers_of_status(
        request, refused.status, refused.challenge, retry_after=retry_after(error)
    )
    return Response(refused.body, status_code=refused.status, media_type=MediaType.JSON, headers=headers)
