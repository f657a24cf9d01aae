"""One class for each OAuth error, with a description for the client and a detail for the log only.

The classes do not depend on HTTP: the apps choose the status. `error` is the code that the cited standard registers.
"""

from typing import ClassVar

from haas.errors import HaasError


class OAuthError(HaasError):
    """A request was refused. The client sees `description` (ASCII, RFC 6749 5.2). Only the log contains `detail`."""

    error: ClassVar[str]

    def __init__(self, description: str, *, detail: str | None = None) -> None:
        """`description` tells the client what is wrong. `detail` helps an operator to find the cause."""
        super().__init__(f"{self.error}: {description}" + (f" ({detail})" if detail else ""))
        self.description = description
        self.detail = detail


class InvalidRequest(OAuthError):
    """A parameter is missing, malformed, repeated, or not allowed (RFC 6749 5.2)."""

    error = "invalid_request"


class InvalidClient(OAuthError):
    """Client authentication failed (RFC 6749 5.2)."""

    error = "invalid_client"


class InvalidGrant(OAuthError):
    """The code or refresh token is invalid, or was issued to another client (RFC 6749 5.2)."""

    error = "invalid_grant"


class UnauthorizedClient(OAuthError):
    """The client is not authorised to use the grant type or to make the request (RFC 6749 5.2)."""

    error = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    """The server does not support the grant type (RFC 6749 5.2)."""

    error = "unsupported_grant_type"


class InvalidScope(OAuthError):
    """The scope is unknown, malformed, or more than the client is registered for (RFC 6749 5.2)."""

    error = "invalid_scope"


class AccessDenied(OAuthError):
    """The person or the data holder refused the request (RFC 6749 4.1.2.1)."""

    error = "access_denied"


class UnsupportedResponseType(OAuthError):
    """Only the authorization code flow is supported (RFC 6749 4.1.2.1)."""

    error = "unsupported_response_type"


class LoginRequired(OAuthError):
    """The client sent `prompt=none`, but every request needs a sign-in of the person (OIDC Core 3.1.2.6)."""

    error = "login_required"


class UnmetAuthenticationRequirements(OAuthError):
    """The client requires a level of assurance that the server does not support (OIDC Unmet Requirements 1.0)."""

    error = "unmet_authentication_requirements"


class ServerError(OAuthError):
    """An unexpected error occurred (RFC 6749 4.1.2.1)."""

    error = "server_error"


class TemporarilyUnavailable(OAuthError):
    """The server cannot answer now (RFC 6749 4.1.2.1)."""

    error = "temporarily_unavailable"


class TooManyRequests(OAuthError):
    """The client has sent too many requests (RFC 9126 2.3).

    No standard registers a code for this. The code of RFC 6749 4.1.2.1 for a temporary overload is the nearest one.
    """

    error = "temporarily_unavailable"


class InvalidRequestObject(OAuthError):
    """The request object is invalid (RFC 9101 7)."""

    error = "invalid_request_object"


class InvalidRequestUri(OAuthError):
    """The request_uri is unknown, expired, used already, or was issued to another client (RFC 9101 7)."""

    error = "invalid_request_uri"


class InvalidToken(OAuthError):
    """The access token is unknown, expired, revoked, or bound to another certificate (RFC 6750 3.1)."""

    error = "invalid_token"


class TokenMissing(InvalidToken):
    """The request has no access token. The answer then contains no error code (RFC 6750 3.1)."""


class InsufficientScope(OAuthError):
    """The access token does not have the scope that the endpoint requires (RFC 6750 3.1)."""

    error = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        """`scope` is the scope value that the endpoint requires."""
        super().__init__(f"the access token does not carry {scope}")
        self.scope = scope


class InvalidRedirectUri(OAuthError):
    """A redirection URI cannot be registered (RFC 7591 3.2.2)."""

    error = "invalid_redirect_uri"


class InvalidClientMetadata(OAuthError):
    """A value of the registration request is invalid (RFC 7591 3.2.2)."""

    error = "invalid_client_metadata"


class InvalidSoftwareStatement(OAuthError):
    """The software statement is invalid (RFC 7591 3.2.2)."""

    error = "invalid_software_statement"


class UnapprovedSoftwareStatement(OAuthError):
    """The software statement is not approved for use here (RFC 7591 3.2.2)."""

    error = "unapproved_software_statement"
