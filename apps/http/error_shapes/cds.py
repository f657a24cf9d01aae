"""Errors as the error payload of the Consumer Data Standards (CDS, Payload Conventions, Error Codes)."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from litestar import MediaType, Response

from apps.http.context import any_context
from apps.http.error_shapes.statuses import (
    NOT_FOUND,
    SERVER_ERROR,
    UNAVAILABLE,
    ErrorRequest,
    detail_of,
    headers_of_status,
    status_of,
)
from apps.http.json_responses import cds_headers
from tenants.cds import errors as cds
from tenants.cds.errors import CdsError, ErrorType
from tenants.grants.errors import AccessRefused, ConsentRevoked, RecipientNotActive
from tenants.oauth import errors as oauth

_ERRORS: Final = {
    NOT_FOUND: cds.RESOURCE_NOT_FOUND,
    SERVER_ERROR: cds.UNEXPECTED,
    UNAVAILABLE: cds.SERVICE_UNAVAILABLE,
}


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
    status = status_of(error)
    return CdsErrorResponse(status, _ERRORS.get(status, cds.EXPECTED), detail_of(status))


def unavailable_response() -> CdsErrorResponse:
    """Return the response for a request whose tenant is unknown, because the registry has not been read yet."""
    return CdsErrorResponse(UNAVAILABLE, cds.SERVICE_UNAVAILABLE, detail_of(UNAVAILABLE))


def cds_response(request: ErrorRequest, error: Exception) -> Response[bytes]:
    """Return the response for an error, and set the error in the call record."""
    refused = cds_error_response(error)
    ctx = any_context(request)
    ctx.error = refused.kind.urn
    headers = cds_headers(ctx) | headers_of_status(request, refused.status, refused.challenge)
    return Response(refused.body, status_code=refused.status, media_type=MediaType.JSON, headers=headers)
