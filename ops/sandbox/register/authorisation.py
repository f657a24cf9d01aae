"""The Register's token endpoint, and the access tokens for its private APIs.

CDS, Client Authentication: Data Recipients calling the CDR Register.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec

from haas.clock import Clock, epoch
from ops.sandbox.jose import JoseError, PublicKeys, check_times, read_unverified, sign, verify
from ops.sandbox.published_keys import KeysUnavailable, PublishedKeys
from ops.sandbox.register.errors import BearerRefused, TokenRefused
from ops.sandbox.register.models import SoftwareProduct
from ops.sandbox.register.service import Register
from ops.sandbox.used_identifiers import UsedIdentifiers

SCOPE: Final = "cdr-register:read"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_LIFETIME: Final = 300
_LONGEST_ASSERTION = timedelta(hours=1)


class RegisterToken(msgspec.Struct, frozen=True):
    """The response of the token endpoint (RFC 6749 5.1)."""

    access_token: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme
    scope: str = SCOPE


class RegisterAuthorisation:
    """Issues access tokens that are bound to a client certificate, and verifies them."""

    def __init__(
        self, register: Register, keys: PublishedKeys, used: UsedIdentifiers, clock: Clock, *, origin: str, mtls: str
    ) -> None:
        """Issue tokens as `{origin}/idp`; `mtls` is the origin of the token endpoint."""
        self.issuer = f"{origin}/idp"
        self.token_endpoint = f"{mtls}/idp/connect/token"
        self._register = register
        self._keys = keys
        self._used = used
        self._clock = clock

    async def token(self, form: Mapping[str, str], thumbprint: str) -> RegisterToken:
        """Process a token request; `thumbprint` is that of its client certificate. Raises TokenRefused."""
        if form.get("grant_type") != "client_credentials":
            raise TokenRefused("unsupported_grant_type", "grant_type must be client_credentials")
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise TokenRefused("invalid_client", f"client_assertion_type must be {ASSERTION_TYPE}")
        client = await self._authenticated(form.get("client_assertion", ""), form.get("client_id"))
        if SCOPE not in form.get("scope", SCOPE).split():
            raise TokenRefused("invalid_scope", f"scope must be {SCOPE}")
        now = epoch(self._clock.now())
        claims = {
            "iss": self.issuer,
            "sub": client,
            "client_id": client,
            "aud": "cdr-register",
            "scope": SCOPE,
            "iat": now,
            "exp": now + TOKEN_LIFETIME,
            "jti": secrets.token_hex(16),
            "cnf": {"x5t#S256": thumbprint},
        }
        token = sign(claims, await self._register.key("idp"), typ="at+jwt")
        return RegisterToken(access_token=token, expires_in=TOKEN_LIFETIME)

    async def client(self, authorization: str | None, thumbprint: str) -> str:
        """Return the client of a bearer token that is bound to this certificate. Raises BearerRefused."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise BearerRefused("the request has no bearer token")
        key = await self._register.key("idp")
        try:
            claims = verify(token, PublicKeys.from_jwks({"keys": [key.public_jwk()]})).claims
            check_times(claims, self._clock.now(), longest=timedelta(seconds=TOKEN_LIFETIME))
        except JoseError as error:
            raise BearerRefused(str(error)) from error
        if claims.get("iss") != self.issuer or claims.get("cnf") != {"x5t#S256": thumbprint}:
            raise BearerRefused("the token was not issued by the Register, or is bound to another certificate")
        return str(claims["client_id"])

    async def _authenticated(self, assertion: str, client_id: str | None) -> str:
        """Verify a client assertion (CDS, Private Key JWT Client Authentication) and return the client's id."""
        try:
            claimed = read_unverified(assertion)
            client = claimed.claims.get("iss")
            if not isinstance(client, str) or claimed.claims.get("sub") != client or client_id not in {None, client}:
                raise TokenRefused(
                    "invalid_client", "iss, sub and client_id must be the id of the software product or its brand"
                )
            claims = await self._verified(assertion, client, claimed.header.get("kid"))
            check_times(claims, self._clock.now(), longest=_LONGEST_ASSERTION)
        except JoseError as error:
            raise TokenRefused("invalid_client", f"the assertion was refused: {error}") from error
        audience = claims.get("aud")
        accepted = {self.token_endpoint, self.issuer}
        if not accepted & set(audience if isinstance(audience, list) else [audience]):
            raise TokenRefused("invalid_client", f"aud must be {self.token_endpoint} or {self.issuer}")
        jti = claims.get("jti")
        if not isinstance(jti, str) or not await self._used.use(f"register:{client}:{jti}"):
            raise TokenRefused("invalid_client", "jti is missing or was used before")
        return client

    async def _verified(self, assertion: str, client: str, kid: object) -> dict[str, object]:
        for product in await self._products(client):
            try:
                keys = await self._keys.at(product.jwks_uri, kid if isinstance(kid, str) else None)
            except KeysUnavailable:
                continue
            try:
                return verify(assertion, keys).claims
            except JoseError:
                continue
        raise TokenRefused("invalid_client", "the client is unknown, or its keys did not sign the assertion")

    async def _products(self, client: str) -> list[SoftwareProduct]:
        product = await self._register.products.get(client)
        if product is not None:
            return [product]
        return [p for p in await self._register.products.all() if p.data_recipient_brand_id == client]
