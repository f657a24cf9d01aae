"""How the holder authenticates at a retailer's server (C-X5): by a JWT of the brand, or by a token of the retailer.

The client certificate is verified by the proxy. A token of the retailer is bound to it (RFC 8705 3.1).
"""

import secrets
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import unquote_plus

import msgspec

from haas.clock import Clock, epoch
from haas.errors import HaasError
from ops.sandbox.jose import JoseError, PublicKeys, check_times, read_unverified, verify
from ops.sandbox.used_identifiers import UsedIdentifiers

LONGEST_JWT: Final = timedelta(seconds=60)
TOKEN_LIFETIME: Final = 300
CLIENT_ID: Final = "holder"
CLIENT_SECRET: Final = "s4ndb0x: the holder's secret"  # noqa: S105 - everybody may know the secret of the sandbox
KeysOf = Callable[[str, str | None], Awaitable[PublicKeys]]
"""Returns the published keys of an issuer, with a `kid` among them if possible. Raises HaasError."""


class NotAuthenticated(HaasError):
    """The holder has not authenticated. The message says why."""


class RetailerToken(msgspec.Struct, frozen=True):
    """The response of the token endpoint (RFC 6749 5.1)."""

    access_token: str
    expires_in: int = TOKEN_LIFETIME
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme


class _Issued(msgspec.Struct, frozen=True):
    thumbprint: str
    expires_at: int


class RetailerAuthorisation:
    """Checks the requests of the holder, and issues tokens to it."""

    def __init__(self, keys: KeysOf, used: UsedIdentifiers, clock: Clock) -> None:
        """`keys` finds the keys of a brand; `used` remembers the `jti` of each JWT."""
        self._keys = keys
        self._used = used
        self._clock = clock
        self._tokens: dict[str, _Issued] = {}

    def token(self, authorization: str | None, form: Mapping[str, str], thumbprint: str) -> RetailerToken:
        """Process a token request with client credentials (RFC 6749 2.3.1, 4.4). Raises NotAuthenticated."""
        if form.get("grant_type") != "client_credentials":
            raise NotAuthenticated("grant_type must be client_credentials")
        scheme, _, encoded = (authorization or "").partition(" ")
        try:
            client, _, secret = b64decode(encoded, validate=True).decode().partition(":")
        except (Base64Error, UnicodeDecodeError) as error:
            raise NotAuthenticated("the Authorization header cannot be read") from error
        given = unquote_plus(client), unquote_plus(secret)
        if scheme.lower() != "basic" or not secrets.compare_digest(
            "\0".join(given).encode(), f"{CLIENT_ID}\0{CLIENT_SECRET}".encode()
        ):
            raise NotAuthenticated("the client or its secret is wrong")
        token = secrets.token_urlsafe(32)
        self._tokens[token] = _Issued(thumbprint, epoch(self._clock.now()) + TOKEN_LIFETIME)
        return RetailerToken(token)

    def revoke_tokens(self) -> None:
        """Make every token invalid."""
        self._tokens.clear()

    async def check(self, authorization: str | None, *, issuer: str, audience: str, thumbprint: str) -> None:
        """Check a request for the brand of an issuer. `audience` is its URI without query. Raises NotAuthenticated."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotAuthenticated("the request has no bearer token")
        issued = self._tokens.get(token)
        if issued is not None:
            if issued.thumbprint != thumbprint or issued.expires_at <= epoch(self._clock.now()):
                raise NotAuthenticated("the token has expired, or is bound to another certificate")
            return
        try:
            await self._check_jwt(token, issuer, audience)
        except JoseError as error:
            raise NotAuthenticated(str(error)) from error

    async def _check_jwt(self, token: str, issuer: str, audience: str) -> None:
        claimed = read_unverified(token)
        if claimed.claims.get("iss") != issuer or claimed.claims.get("sub") != issuer:
            raise NotAuthenticated(f"iss and sub must be {issuer}")
        kid = claimed.header.get("kid")
        claims = verify(
            token, await self._keys(issuer, kid if isinstance(kid, str) else None), algorithms=["PS256"]
        ).claims
        check_times(claims, self._clock.now(), longest=LONGEST_JWT)
        if claims.get("aud") != audience:
            raise NotAuthenticated(f"aud must be {audience}")
        jti = claims.get("jti")
        if not isinstance(jti, str) or not await self._used.use(f"retailer:{issuer}:{jti}"):
            raise NotAuthenticated("jti is missing or was used before")
