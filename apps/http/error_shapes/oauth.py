"""Errors as OAuth errors (RFC 6749 5.2, RFC 6750 3, RFC 7591 3.2.2)."""

from typing import Final, NamedTuple

import msgspec
from litestar import MediaType, Response

from apps.http.context import any_context
from apps.http.error_shapes.statuses import (
    BAD_REQUEST,
    SERVER_ERROR,
    TOO_MANY_REQUESTS,
    UNAVAILABLE,
    ErrorRequest,
    detail_of,
    headers_of_status,
    retry_after,
    status_of,
)
from apps.http.json_responses import NO_STORE, public_headers
from tenants.grants.errors import AccessRefused, ConsentExpired, DisclosureRefused, RecipientNotActive
from tenants.oauth import errors as oauth
from tenants.oauth.errors import OAuthError
from tenants.traffic.errors import ThresholdExceeded

_CODES: Final = {SERVER_ERROR: "server_error", UNAVAILABLE: "temporarily_unavailable"}
_STATUSES: Final[dict[type[OAuthError], int]] = {
    oauth.InvalidClient: 401,
    oauth.InvalidToken: 401,
    oauth.TokenMissing: 401,
    oauth.InsufficientScope: 403,
    oauth.AccessDenied: 403,
    oauth.ServerError: SERVER_ERROR,
    oauth.TemporarilyUnavailable: UNAVAILABLE,
    oauth.TooManyRequests: TOO_MANY_REQUESTS,
}


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


def oauth_error_response(error: Exception) -> OAuthErrorResponse:  # noqa: PLR0911 - one return for each error
    """Return the response for an error in the shape of OAuth (RFC 6749 5.2, RFC 6750 3, RFC 7591 3.2.2)."""
    match error:
        case OAuthError():
            status, text = _STATUSES.get(type(error), BAD_REQUEST), printable(error.description)
            return OAuthErrorResponse(status, error.error, text, _challenge(error))
        case RecipientNotActive():
            return oauth_error_response(oauth.AccessDenied("the data recipient or its software product is not active"))
        case DisclosureRefused(answer=answer):
            kind = oauth.TooManyRequests if answer == "too-many-requests" else oauth.AccessDenied
            return oauth_error_response(kind("the data holder does not disclose this data"))
        case ConsentExpired():
            return oauth_error_response(oauth.InvalidToken("the access token has expired"))
        case ThresholdExceeded():
            return oauth_error_response(oauth.TooManyRequests(f"there were {error}"))
        case AccessRefused():
            return oauth_error_response(oauth.InvalidToken("the access token was revoked"))
    status = status_of(error)
    return OAuthErrorResponse(status, _CODES.get(status, "invalid_request"), detail_of(status))


def oauth_response(request: ErrorRequest, error: Exception) -> Response[bytes]:
    """Return the response for an error, and set the error in the call record."""
    refused = oauth_error_response(error)
    ctx = any_context(request)
    ctx.error = refused.code
    ctx.throttled = refused.status == TOO_MANY_REQUESTS and not isinstance(error, DisclosureRefused)
    required = headers_of_status(request, refused.status, refused.challenge, retry_after=retry_after(error))
    headers = NO_STORE | public_headers(ctx) | required
    return Response(refused.body, status_code=refused.status, media_type=MediaType.JSON, headers=headers)


def printable(text: str) -> str:
    """Replace in `text` the characters that `error_description` must not contain (RFC 6749 5.2)."""
    return "".join(character if " " <= character <= "~" and character not in '"\\' else "'" for character in text)


def _challenge(error: OAuthError) -> str | None:
    if isinstance(error, oauth.TokenMissing):
        return "Bearer"
    if isinstance(error, oauth.InvalidToken | oauth.InsufficientScope):
        return f'Bearer error="{error.error}", error_description="{printable(error.description)}"'
    return None
