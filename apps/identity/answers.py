"""Answers in JSON, and OAuth errors as HTTP (RFC 6749 5.2, RFC 6750 3, RFC 7591 3.2.2)."""

import logging
from typing import Any, Final

import msgspec
from litestar import Request, Response

from apps.http.context import context
from tenants.oauth import errors
from tenants.oauth.errors import OAuthError

logger = logging.getLogger(__name__)

NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"}
_JSON: Final = "application/json"
_STATUS: Final[dict[type[OAuthError], int]] = {
    errors.InvalidClient: 401,
    errors.InvalidToken: 401,
    errors.TokenMissing: 401,
    errors.InsufficientScope: 403,
    errors.AccessDenied: 403,
    errors.ServerError: 500,
    errors.TemporarilyUnavailable: 503,
}
_BAD_REQUEST: Final = 400
_ABOUT_THE_TOKEN: Final = (errors.InvalidToken, errors.InsufficientScope)


class ErrorBody(msgspec.Struct, frozen=True):
    """The body of an OAuth error."""

    error: str
    error_description: str


def json_answer(body: object, *, status: int = 200) -> Response[bytes]:
    """Return a response that nobody may store."""
    return Response(msgspec.json.encode(body), status_code=status, media_type=_JSON, headers=NO_STORE)


def oauth_failure(request: Request[Any, Any, Any], error: OAuthError) -> Response[bytes]:
    """Answer an OAuth error; what is private about it goes to the log alone."""
    logger.info("oauth.refused", extra={"error": error.error, "reason": str(error)})
    context(request).error = error.error
    response = json_answer(
        ErrorBody(error.error, printable(error.description)), status=_STATUS.get(type(error), _BAD_REQUEST)
    )
    if isinstance(error, _ABOUT_THE_TOKEN):
        response.headers["WWW-Authenticate"] = _challenge(error)
    return response


def printable(text: str) -> str:
    """Return `text` in the characters that `error_description` may have (RFC 6749 5.2)."""
    return "".join(character if " " <= character <= "~" and character not in '"\\' else "'" for character in text)


def _challenge(error: OAuthError) -> str:
    if isinstance(error, errors.TokenMissing):
        return "Bearer"
    return f'Bearer error="{error.error}", error_description="{printable(error.description)}"'
