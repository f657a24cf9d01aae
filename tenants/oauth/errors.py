"""One class for each OAuth error: what the client is told, and apart from it what only the log may say.

They know no HTTP: a face decides the status. `error` is the code that the named standard registers.
"""

from typing import ClassVar

from haas.errors import HaasError


class OAuthError(HaasError):
    """A request was refused. `description` is public (ASCII, RFC 6749 5.2); `detail` is for the log alone."""

    error: ClassVar[str]

    def __init__(self, description: str, *, detail: str | None = None) -> None:
        """Say to the client what is wrong, and to the log what may help to find out why."""
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
    """The code or refresh token is not valid, or not this client's (RFC 6749 5.2)."""

    error = "invalid_grant"


class UnauthorizedClient(OAuthError):
    """The client may not do this (RFC 6749 5.2)."""

    error = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    """The grant type is not one of ours (RFC 6749 5.2)."""

    error = "unsupported_grant_type"


class InvalidScope(OAuthError):
    """The scope is unknown, malformed, or more than the client is registered for (RFC 6749 5.2)."""

    error = "invalid_scope"


class AccessDenied(OAuthError):
    """The person or the data holder said no (RFC 6749 4.1.2.1)."""

    error = "access_denied"


class UnsupportedResponseType(OAuthError):
    """Only the authorization code flow is supported (RFC 6749 4.1.2.1)."""

    error = "unsupported_response_type"


class LoginRequired(OAuthError):
    """The client asks not to show a sign-in, and no session ever stands in for one (OIDC Core 3.1.2.6)."""

    error = "login_required"


class UnmetAuthenticationRequirements(OAuthError):
    """The level of assurance that is essential to the client cannot be reached (OIDC Unmet Requirements 1.0)."""

    error = "unmet_authentication_requirements"


class ServerError(OAuthError):
    """Something unexpected happened (RFC 6749 4.1.2.1)."""

    error = "server_error"


class TemporarilyUnavailable(OAuthError):
    """The server cannot answer now (RFC 6749 4.1.2.1)."""

    error = "temporarily_unavailable"


class InvalidRequestObject(OAuthError):
    """The request object is not a valid one (RFC 9101 7)."""

    error = "invalid_request_object"


class InvalidRequestUri(OAuthError):
    """The request_uri is unknown, expired, spent, or another client's (RFC 9101 7)."""

    error = "invalid_request_uri"


class InvalidToken(OAuthError):
    """The access token is unknown, expired, revoked, or bound to another certificate (RFC 6750 3.1)."""

    error = "invalid_token"


class TokenMissing(InvalidToken):
    """No access token came with the request, of which nothing more is said (RFC 6750 3.1)."""


class InsufficientScope(OAuthError):
    """The access token does not carry the scope that the endpoint needs (RFC 6750 3.1)."""

    error = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        """Keep the scope value that is needed."""
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
