"""Client authentication by `private_key_jwt` (CDS, Client Authentication; OIDC Core 9; RFC 7523).

`apps.identity.client_authentication` lists the steps in order. No transaction is open while the JWKS of the client is
fetched. Then `use_assertion` marks the `jti` as used, in the transaction of the work that the assertion authorises.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from haas.cache import CacheLimits, TimedCache
from haas.clock import Clock, end_of_second
from haas.database import Database, Transaction
from haas.digest import digest
from haas.jose import JoseError, JwksClient, JwksError, PublicKeys, check_times, read_unverified, verify
from haas.jose.jwt import DEFAULT_SKEW
from haas.steps import Step
from tenants.clients import store
from tenants.clients.models import Client
from tenants.oauth.audience import audience
from tenants.oauth.errors import InvalidClient
from tenants.registry.models import Tenant

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAXIMUM_ASSERTION_LIFETIME: Final = timedelta(hours=1)
_NOT_AUTHENTIC: Final = "the client is unknown, or its assertion is not signed by a key of its JWKS"
_JWKS_URI_FRESH_FOR: Final = timedelta(seconds=5)
_MAXIMUM_JWKS_URIS: Final = 10_000
_MAXIMUM_JTI_LENGTH: Final = 1024


class ClientCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of a request that authenticate its client (RFC 7521 4.2)."""

    client_id: str | None = None
    client_assertion_type: str | None = None
    client_assertion: str | None = None


class VerifiedAssertion(msgspec.Struct, frozen=True, kw_only=True):
    """An assertion whose signature and times are valid. `use_assertion` checks whether it was used before."""

    client_id: str
    algorithm: str
    jti_hash: bytes
    expires_at: datetime
    jwks_uri: str
    keys: PublicKeys
    """The keys of the client as last fetched. They also verify other messages that the client signed."""


class DecodedAssertion(msgspec.Struct, frozen=True, kw_only=True):
    """The decoded assertion of a request, which is not verified yet."""

    token: str
    client_id: str | None
    """The `client_id` parameter of the request, which is optional."""
    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    audiences: frozenset[str]
    """The values of `aud` that identify this server; see `tenants.oauth.endpoints.audiences`."""
    now: datetime


def decode_assertion(credentials: ClientCredentials, audiences: frozenset[str], now: datetime) -> DecodedAssertion:
    """Return the decoded assertion of a request (RFC 7521 4.2). Clients cannot authenticate in another way (CDS).

    Raise InvalidClient if there is no assertion or it is not a signed JWT.
    """
    token = credentials.client_assertion
    if token is None:
        raise InvalidClient("a client assertion is required (private_key_jwt)")
    if credentials.client_assertion_type != ASSERTION_TYPE:
        raise InvalidClient(f"client_assertion_type must be {ASSERTION_TYPE}")
    try:
        header, claims = read_unverified(token)
    except JoseError as error:
        raise InvalidClient("the client assertion is not a signed JWT", detail=str(error)) from error
    return DecodedAssertion(
        token=token, client_id=credentials.client_id, header=header, claims=claims, audiences=audiences, now=now
    )


def names_one_client(presented: DecodedAssertion) -> None:
    """`iss`, `sub` and, if it is sent, `client_id` are all the client's id (RFC 7523 3-1, 3-2; OIDC Core 9).

    "From November 13th 2023 OPTIONAL. The client ID of the bearer" (CDS, Private Key JWT Client Authentication).
    """
    client_id = presented.claims.get("sub")
    if not isinstance(client_id, str) or not client_id or presented.claims.get("iss") != client_id:
        raise InvalidClient("iss and sub of the client assertion must both be the client_id")
    if presented.client_id not in (None, client_id):
        raise InvalidClient("client_id is not the subject of the client assertion")


def is_for_this_server(presented: DecodedAssertion) -> None:
    """`aud` contains this server's issuer, its token endpoint URL or the URL of this endpoint (RFC 7523 3-3; CDS)."""
    if not presented.audiences & set(audience(presented.claims.get("aud"))):
        raise InvalidClient("the client assertion is not for this server (aud)")


def has_a_jti(presented: DecodedAssertion) -> None:
    """`jti` is present: "These tokens MUST only be used once" (CDS, Private Key JWT Client Authentication)."""
    jti = presented.claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _MAXIMUM_JTI_LENGTH:
        raise InvalidClient("jti of the client assertion is missing, malformed or too long")


def is_in_time(presented: DecodedAssertion) -> None:
    """`exp` is present and in the future; `nbf` and `iat` are not in the future (RFC 7523 3-4 to 3-6)."""
    try:
        check_times(presented.claims, presented.now, longest=MAXIMUM_ASSERTION_LIFETIME)
    except JoseError as error:
        raise InvalidClient(f"the client assertion's times are wrong: {error}") from error


CHECKS: Final[tuple[Step[DecodedAssertion], ...]] = (names_one_client, is_for_this_server, has_a_jti, is_in_time)
"""The checks of the claims. `verify_signature` and `use_assertion` check the signature, algorithm and single use."""


class Authenticator:
    """Verifies client assertions for all tenants of one process."""

    def __init__(self, database: Database, jwks: JwksClient, clock: Clock) -> None:
        """`jwks` fetches the keys of the clients that are registered in `database`."""
        self._database = database
        self._jwks = jwks
        self._jwks_uris: TimedCache[tuple[str, str], str] = TimedCache(
            clock, CacheLimits(fresh_for=_JWKS_URI_FRESH_FOR), _MAXIMUM_JWKS_URIS
        )

    async def verify_signature(self, tenant: Tenant, presented: DecodedAssertion) -> VerifiedAssertion:
        """Return the assertion if a key of the client verifies its signature.

        Call it while no transaction is open. Raise InvalidClient. The public message is the same for an unknown client
        and for an invalid signature.
        """
        claims, client_id = presented.claims, str(presented.claims["sub"])
        jwks_uri, keys = await self._verify(tenant, client_id, presented.token, presented.header.get("kid"))
        return VerifiedAssertion(
            client_id=client_id,
            algorithm=str(presented.header["alg"]),
            jti_hash=digest(claims["jti"]),
            expires_at=end_of_second(claims["exp"]) + DEFAULT_SKEW,
            jwks_uri=jwks_uri,
            keys=keys,
        )

    async def keys_for(self, assertion: VerifiedAssertion, token: str) -> PublicKeys:
        """Return the client's keys for `token`, another JWT of the client. Fetch them again if its `kid` is unknown."""
        try:
            kid = read_unverified(token).header.get("kid")
            return await self._jwks.keys(assertion.jwks_uri, kid if isinstance(kid, str) else None)
        except (JoseError, JwksError):
            return assertion.keys  # the check that uses the keys reports the error

    async def _verify(self, tenant: Tenant, client_id: str, token: str, kid: object) -> tuple[str, PublicKeys]:
        """Return the client's jwks_uri and its keys if one of the keys verifies the signature of `token`."""
        key = tenant.namespace.schema, client_id

        async def load(_: str | None) -> str:
            return await self._read_jwks_uri(tenant, client_id)

        known = self._jwks_uris.fresh(key)
        jwks_uri = known or await self._jwks_uris.get(key, load)
        try:
            return jwks_uri, await self._verify_with_jwks(jwks_uri, token, kid)
        except InvalidClient:
            if known is None:
                raise
            # The client may have changed its jwks_uri since it was read.
            changed = await self._jwks_uris.get(key, load, lambda read: read != known)
            if changed == known:
                raise
        return changed, await self._verify_with_jwks(changed, token, kid)

    async def _verify_with_jwks(self, jwks_uri: str, token: str, kid: object) -> PublicKeys:
        try:
            keys = await self._jwks.keys(jwks_uri, kid if isinstance(kid, str) else None)
            verify(token, keys)
        except JwksError as error:
            raise InvalidClient(f"the client's JWKS cannot be fetched: {error.reason}") from error
        except JoseError as error:
            raise InvalidClient(_NOT_AUTHENTIC, detail=str(error)) from error
        return keys

    async def _read_jwks_uri(self, tenant: Tenant, client_id: str) -> str:
        async with self._database.transaction(tenant.namespace) as tx:
            client = await store.load(tx, client_id)
        if client is None:
            raise InvalidClient(_NOT_AUTHENTIC, detail="there is no such client")
        registered = client.registration.jwks_uri
        return tenant.register_environment.jwks_uri if client.kind == "register" else registered


async def mark_as_used(tx: Transaction, assertion: VerifiedAssertion) -> Client:
    """Mark the `jti` of the assertion as used, and return the client. Raise InvalidClient.

    After this call, the transaction is committed even if the request is refused, so that the `jti` stays used. So the
    caller must write nothing else before the last check has passed. If any other error rolls the transaction back, the
    `jti` is marked as used again.
    """

    async def mark() -> tuple[Client, bool] | None:
        return await store.mark_jti_used(tx, assertion.client_id, assertion.jti_hash, assertion.expires_at)

    found = await mark()
    if found is None:
        raise InvalidClient(_NOT_AUTHENTIC, detail="the client was removed")
    client, unused = found
    if not unused:
        raise InvalidClient("the client assertion was used before (jti)")
    tx.commit_on_refusal(mark)
    return client


async def use_assertion(tx: Transaction, assertion: VerifiedAssertion) -> Client:
    """Mark the `jti` of an assertion as used, and return the client. See `mark_as_used`.

    Raise InvalidClient, also if the algorithm is not the registered one. The Register has registered none: it may use
    every algorithm of the profile (FAPI 1.0 Advanced 8.6).
    """
    client = await mark_as_used(tx, assertion)
    registered = client.registration.token_endpoint_auth_signing_alg
    if client.kind != "register" and registered != assertion.algorithm:
        # "The algorithm used for signing the JWT" (CDS, Registration Request); OIDC Registration 2.
        raise InvalidClient("the client assertion is not signed with the registered token_endpoint_auth_signing_alg")
    return client
