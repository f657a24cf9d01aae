"""The authorisation response: a signed JWT that the person's browser takes to the client (JARM; CDS)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from haas.clock import epoch
from haas.jose import JoseError, JwksClient, PublicKeys, encrypt, sign
from tenants.attempts.models import AuthorisationRequest
from tenants.clients.models import DEFAULT_CONTENT_ENCRYPTION, Client
from tenants.keys.service import Keyring
from tenants.oauth.errors import InvalidRequest, OAuthError, ServerError
from tenants.registry.models import Tenant
from tenants.tokens.lifetimes import AUTHORISATION_RESPONSE_LIFETIME


def require_encryption_key(client: Client, keys: PublicKeys) -> None:
    """Raise InvalidRequest if the client registered for encrypted responses but its JWKS contains no encryption key.

    The check is made when the request is pushed, so that the client receives the error. At the end of the flow, only
    the consumer would see an error page.
    """
    algorithm = client.registration.authorization_encrypted_response_alg
    if algorithm is not None and not keys.can_encrypt(algorithm):
        raise InvalidRequest(f"the client's JWKS contains no encryption key for {algorithm}")


class AuthorisationResponder:
    """Signs authorisation responses, and encrypts them where the client has registered for it."""

    def __init__(self, keyring: Keyring, jwks: JwksClient) -> None:
        """`keyring` has the tenants' signing keys, `jwks` loads the clients' encryption keys."""
        self._keyring = keyring
        self._jwks = jwks

    async def build(
        self,
        tenant: Tenant,
        client: Client,
        request: AuthorisationRequest,
        answer: str | OAuthError,
        now: datetime,
    ) -> str:
        """Return the URL to which the browser is redirected, with a code or an error for the client.

        Call this while no transaction is open. The redirect_uri keeps its query. Raise JwksError. Raise ServerError if
        the client has registered for encryption but has no suitable key.
        """
        claims = {
            "iss": tenant.issuer,
            "aud": client.client_id,
            "iat": epoch(now),
            "exp": epoch(now + AUTHORISATION_RESPONSE_LIFETIME),
            **_code_or_error_claims(answer),
            **({} if request.state is None else {"state": request.state}),
        }
        key = await self._keyring.signing_key(tenant, client.registration.authorization_signed_response_alg)
        return _with_response(request.redirect_uri, await self._encrypted(client, sign(claims, key)))

    async def _encrypted(self, client: Client, token: str) -> str:
        registration = client.registration
        algorithm = registration.authorization_encrypted_response_alg
        if algorithm is None:
            return token
        keys = await self._jwks.keys(registration.jwks_uri)
        content = registration.authorization_encrypted_response_enc or DEFAULT_CONTENT_ENCRYPTION
        try:
            return encrypt(token, keys, alg=algorithm, enc=content)
        except JoseError as error:
            raise ServerError("the authorisation response cannot be encrypted", detail=str(error)) from error


def _code_or_error_claims(answer: str | OAuthError) -> Mapping[str, Any]:
    if isinstance(answer, str):
        return {"code": answer}
    return {"error": answer.error, "error_description": answer.description}


def _with_response(redirect_uri: str, response: str) -> str:
    """Add the response to a redirect URI. For `response_type=code`, the mode `jwt` means `query.jwt` (JARM 2.3.4)."""
    separator = "&" if "?" in redirect_uri else "?"
    return f"{redirect_uri}{separator}response={quote(response)}"
