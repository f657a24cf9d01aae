"""The authorisation response: a signed JWT that the person's browser takes to the client (JARM; CDS)."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from haas.clock import epoch
from haas.jose import JoseError, JwksClient, JwksError, PublicKeys, SigningKey, encrypt, sign
from tenants.attempts.models import AuthorisationRequest
from tenants.clients.models import DEFAULT_CONTENT_ENCRYPTION, Client
from tenants.consent.errors import ResponseImpossible
from tenants.keys.service import Keyring
from tenants.oauth.errors import InvalidRequest, OAuthError
from tenants.registry.models import Tenant
from tenants.tokens.lifetimes import AUTHORISATION_RESPONSE_LIFETIME

logger = logging.getLogger(__name__)


def require_encryption_key(client: Client, keys: PublicKeys) -> None:
    """Raise InvalidRequest if the client registered for encrypted responses but its JWKS contains no encryption key.

    The check is made when the request is pushed, so that the client receives the error. At the end of the flow, only
    the consumer would see an error page.
    """
    algorithm = client.registration.authorization_encrypted_response_alg
    if algorithm is not None and not keys.can_encrypt(algorithm):
        raise InvalidRequest(f"the client's JWKS contains no encryption key for {algorithm}")


class ResponseKeys(NamedTuple):
    """The keys with which a response to a client is signed and, if the client registered for it, encrypted."""

    signing: SigningKey
    encryption: PublicKeys | None


class AuthorisationResponder:
    """Signs authorisation responses, and encrypts them where the client has registered for it.

    A client can withdraw its encryption key while a person is in the consent flow. Then no response is sent, because
    "the response MUST be signed then encrypted" (JARM 3), and nothing is authorised: before a consent is committed, the
    keys are loaded and the response is made with them.
    """

    def __init__(self, keyring: Keyring, jwks: JwksClient) -> None:
        """`keyring` has the tenants' signing keys, `jwks` loads the clients' encryption keys."""
        self._keyring = keyring
        self._jwks = jwks

    async def keys(self, tenant: Tenant, client: Client) -> ResponseKeys:
        """Return the keys for a response to a client. Call this while no transaction is open.

        The client's JWKS is fetched again if it has no suitable key. Raise ResponseImpossible if there is none then, or
        if the JWKS cannot be fetched.
        """
        registration = client.registration
        signing = await self._keyring.signing_key(tenant, registration.authorization_signed_response_alg)
        algorithm = registration.authorization_encrypted_response_alg
        if algorithm is None:
            return ResponseKeys(signing, None)
        try:
            encryption = await self._jwks.keys_to_encrypt(registration.jwks_uri, algorithm)
        except JwksError as error:
            raise _impossible(client, str(error)) from error
        if not encryption.can_encrypt(algorithm):
            raise _impossible(client, f"the JWKS at {registration.jwks_uri} contains no key for {algorithm}")
        return ResponseKeys(signing, encryption)

    async def build(
        self,
        tenant: Tenant,
        client: Client,
        request: AuthorisationRequest,
        answer: str | OAuthError,
        now: datetime,
    ) -> str:
        """Load the keys, and return the URL to which the browser is redirected; see `response_url`.

        Call this while no transaction is open. Raise ResponseImpossible.
        """
        return response_url(await self.keys(tenant, client), tenant, client, request, answer, now=now)


def response_url(
    keys: ResponseKeys,
    tenant: Tenant,
    client: Client,
    request: AuthorisationRequest,
    answer: str | OAuthError,
    *,
    now: datetime,
) -> str:
    """Return the URL to which the browser is redirected, with a code or an error for the client.

    `keys` must be those of this registration of the client. The redirect_uri keeps its query. Raise ResponseImpossible
    if none of the client's keys can be used.
    """
    claims = {
        "iss": tenant.issuer,
        "aud": client.client_id,
        "iat": epoch(now),
        "exp": epoch(now + AUTHORISATION_RESPONSE_LIFETIME),
        **_code_or_error_claims(answer),
        **({} if request.state is None else {"state": request.state}),
    }
    return _with_response(request.redirect_uri, _encrypted(client, sign(claims, keys.signing), keys.encryption))


def _encrypted(client: Client, token: str, keys: PublicKeys | None) -> str:
    registration = client.registration
    algorithm = registration.authorization_encrypted_response_alg
    if algorithm is None or keys is None:
        return token
    content = registration.authorization_encrypted_response_enc or DEFAULT_CONTENT_ENCRYPTION
    try:
        return encrypt(token, keys, alg=algorithm, enc=content)
    except JoseError as error:
        raise _impossible(client, str(error)) from error


def _impossible(client: Client, reason: str) -> ResponseImpossible:
    logger.warning("consent.response_impossible", extra={"client": client.client_id, "reason": reason})
    return ResponseImpossible(reason)


def _code_or_error_claims(answer: str | OAuthError) -> Mapping[str, Any]:
    if isinstance(answer, str):
        return {"code": answer}
    return {"error": answer.error, "error_description": answer.description}


def _with_response(redirect_uri: str, response: str) -> str:
    """Add the response to a redirect URI. For `response_type=code`, the mode `jwt` means `query.jwt` (JARM 2.3.4)."""
    separator = "&" if "?" in redirect_uri else "?"
    return f"{redirect_uri}{separator}response={quote(response)}"
