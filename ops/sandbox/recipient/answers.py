"""The responses of a data holder, and the state of an authorisation flow."""

from typing import Any

import httpx
import msgspec

from haas.errors import HaasError


class Refused(HaasError):
    """The data holder refused a request. `error` and `description` are set if the body is an OAuth error."""

    def __init__(self, response: httpx.Response) -> None:
        """Read the error from `response`."""
        self.response = response
        self.status = response.status_code
        try:
            self.body: Any = response.json()
        except ValueError:
            self.body = None
        body = self.body if isinstance(self.body, dict) else {}
        self.error: str | None = body.get("error")
        self.description: str | None = body.get("error_description")
        super().__init__(f"{response.request.method} {response.request.url.path}: {self.status} {response.text[:300]}")


class AuthorisationRefused(HaasError):
    """The authorisation response carries an error (RFC 6749 4.1.2.1), such as `access_denied`."""

    def __init__(self, error: str, description: str | None, claims: dict[str, Any]) -> None:
        """Keep the error and the verified claims of the response."""
        self.error = error
        self.description = description
        self.claims = claims
        super().__init__(f"{error}: {description}")


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """The values that connect an authorisation response to the pushed request."""

    request_uri: str
    expires_in: int
    state: str | None
    nonce: str | None
    code_verifier: str
    redirect_uri: str


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """The response of a token endpoint (RFC 6749 5.1, CDS Tokens), with the verified claims of its ID token."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str | None = None
    refresh_token: str | None = None
    id_token: str | None = None
    cdr_arrangement_id: str | None = None
    id_claims: dict[str, Any] = {}


class Introspection(msgspec.Struct, frozen=True, kw_only=True):
    """The response of an introspection endpoint (RFC 7662 2.2, CDS Introspection endpoint)."""

    active: bool
    exp: int | None = None
    scope: str | None = None
    cdr_arrangement_id: str | None = None
