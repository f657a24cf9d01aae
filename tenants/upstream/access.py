"""How a tenant authenticates at the retailer's own server: its certificate and client secret, and access tokens.

They are kept in the memory of a process that has the master key, the application or a worker, and nowhere else.
"""

import asyncio
from base64 import b64encode
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote_plus
from uuid import UUID

import msgspec

from haas.cache import CacheLimits, TimedCache
from haas.clock import Clock
from haas.database import Database
from haas.jose import Sealer
from haas.outbound import CallOptions, Outbound
from haas.outbound_clients import TlsCredential
from tenants.registry.models import Tenant, UpstreamServer
from tenants.upstream.credentials import UPSTREAM_CREDENTIALS
from tenants.upstream.errors import UpstreamNotConfigured, UpstreamUnavailable
from tenants.upstream.messages import TokenAnswer
from tenants.upstream.models import UpstreamCredential

FRESH_FOR: Final = timedelta(minutes=1)
"""After this time every process uses a credential that was replaced."""
RETRY_AFTER: Final = timedelta(seconds=2)
MAXIMUM_TENANTS: Final = 10_000
SECONDS_BEFORE_EXPIRY: Final = 30
"""A token is not used for the last seconds of its life, because a request takes time."""
LONGEST_TOKEN_SECONDS: Final = 3_600
_OK: Final = 200
_decode = msgspec.json.Decoder(TokenAnswer).decode


class UpstreamAccess(msgspec.Struct, frozen=True):
    """The decrypted credentials of a tenant. Printing the object does not show them."""

    certificate: TlsCredential
    client: UpstreamCredential | None
    """The client id and the client secret, if there are any."""


class _Stored(msgspec.Struct, frozen=True):
    certificate: UpstreamCredential | None
    client: UpstreamCredential | None


class _Token(msgspec.Struct, frozen=True):
    server: UpstreamServer
    access: UpstreamAccess
    value: str
    good_until: float

    def __repr__(self) -> str:
        return "_Token()"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class UpstreamAccesses:
    """The credentials of every tenant that this process serves. `sealer` uses the master key of the deployment."""

    def __init__(self, database: Database, sealer: Sealer, outbound: Outbound, clock: Clock) -> None:
        """Nothing is read before the first call."""
        self._database = database
        self._sealer = sealer
        self._outbound = outbound
        self._clock = clock
        # While the database is unavailable, the last credentials stay usable, because they cannot be replaced either.
        limits = CacheLimits(fresh_for=FRESH_FOR, usable_for=timedelta.max, retry_after=RETRY_AFTER)
        self._stored: TimedCache[UUID, _Stored] = TimedCache(clock, limits, MAXIMUM_TENANTS)
        self._tokens: dict[UUID, _Token] = {}
        self._fetching: dict[UUID, asyncio.Lock] = {}

    async def of(self, tenant: Tenant) -> UpstreamAccess:
        """Return the credentials of a tenant. Call this while no transaction is open.

        Raises UpstreamNotConfigured if there is no client certificate, and KeysUnreadable.
        """

        async def load(_: _Stored | None) -> _Stored:
            async with self._database.transaction(tenant.namespace, "public") as tx:
                certificate = await UPSTREAM_CREDENTIALS.find(tx, tenant.id, self._sealer, "client-certificate")
                client = await UPSTREAM_CREDENTIALS.find(tx, tenant.id, self._sealer, "client-secret")
            return _Stored(certificate, client)

        stored = self._stored.fresh(tenant.id) or await self._stored.get(tenant.id, load)
        if stored.certificate is None:
            self._stored.forget(tenant.id)  # it can be used as soon as it is stored
            raise UpstreamNotConfigured(
                f"{tenant.slug} has no client certificate for the retailer's server; `haas source credential`"
            )
        certificate = TlsCredential(stored.certificate.presented, stored.certificate.secret)
        return UpstreamAccess(certificate, stored.client)

    async def token(self, tenant: Tenant, server: UpstreamServer, access: UpstreamAccess, options: CallOptions) -> str:
        """Return an access token of the retailer (RFC 6749 4.4). It is kept until shortly before it expires.

        `options` has the limits for a request to the token endpoint. Raises OutboundError, TimeoutError,
        UpstreamNotConfigured, and UpstreamUnavailable if the endpoint does not give a token.
        """
        lock = self._fetching.setdefault(tenant.id, asyncio.Lock())
        async with asyncio.timeout(options.total_seconds):
            await lock.acquire()  # the calls that wait here use the token that the first one gets
        try:
            kept = self._tokens.get(tenant.id)
            now = self._clock.timestamp()
            if kept is None or (kept.server, kept.access) != (server, access) or not now < kept.good_until:
                kept = await self._fetch(tenant, server, access, options)
                self._tokens[tenant.id] = kept
                while len(self._tokens) > MAXIMUM_TENANTS:
                    dropped = next(iter(self._tokens))
                    del self._tokens[dropped]
                    self._fetching.pop(dropped, None)
        finally:
            lock.release()
        return kept.value

    def forget_token(self, tenant: Tenant) -> None:
        """Drop the token of a tenant, because the server has refused it."""
        self._tokens.pop(tenant.id, None)

    async def _fetch(
        self, tenant: Tenant, server: UpstreamServer, access: UpstreamAccess, options: CallOptions
    ) -> _Token:
        client = access.client
        if client is None or server.token_uri is None:
            self._stored.forget(tenant.id)
            raise UpstreamNotConfigured(
                f"{tenant.slug} has no client secret for the retailer's server; `haas source credential`"
            )
        form = {"grant_type": "client_credentials", **({"scope": server.scope} if server.scope else {})}
        # RFC 6749 2.3.1: both parts are encoded as in a form before they are encoded for HTTP Basic.
        pair = f"{quote_plus(client.presented)}:{quote_plus(client.secret)}"
        headers = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}", "Accept": "application/json"}
        asked_at = self._clock.timestamp()
        response = await self._outbound.request("POST", server.token_uri, headers=headers, form=form, options=options)
        if response.status != _OK:
            raise UpstreamUnavailable(f"the retailer's token endpoint answered {response.status}")
        try:
            found = _decode(response.json)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamUnavailable("the answer of the retailer's token endpoint cannot be read") from None
        if found.token_type.lower() != "bearer":
            raise UpstreamUnavailable("the token of the retailer's token endpoint is not a bearer token")
        lifetime = min(found.expires_in, LONGEST_TOKEN_SECONDS) - SECONDS_BEFORE_EXPIRY
        return _Token(server, access, found.access_token, asked_at + max(lifetime, 0))
