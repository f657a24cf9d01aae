"""The public keys of other parties, fetched from where they publish them."""

import asyncio
from datetime import datetime, timedelta
from typing import NamedTuple

from haas.clock import Clock
from haas.errors import Unavailable
from haas.jose.keys import JwkError, PublicKeys
from haas.outbound import Outbound, OutboundError

FRESH_FOR = timedelta(minutes=5)
USABLE_FOR = timedelta(hours=1)
REFETCH_NO_SOONER_THAN = timedelta(seconds=10)
MAXIMUM_CACHED_SETS = 10_000
_OK = 200


class JwksError(Unavailable):
    """A party's keys could not be fetched."""


class _Cached(NamedTuple):
    keys: PublicKeys
    fetched_at: datetime


class JwksClient:
    """Fetches and caches JWKS documents.

    A set is fetched anew when it is five minutes old, and at once (but not more than every ten seconds) when a token
    names a `kid` that it lacks, so that a party may rotate its keys. While a party does not answer, its last set serves
    for an hour.
    """

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        """Fetch through `outbound`."""
        self._outbound = outbound
        self._clock = clock
        self._cache: dict[str, _Cached] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def keys(self, uri: str, kid: str | None = None) -> PublicKeys:
        """Return the keys published at `uri`; where `kid` is given and unknown, look again. Raises JwksError."""
        cached = self._cache.get(uri)
        if cached is not None and not self._stale(cached, kid):
            return cached.keys
        lock = self._locks.setdefault(uri, asyncio.Lock())
        async with lock:
            cached = self._cache.get(uri)
            if cached is None or self._stale(cached, kid):
                cached = await self._fetched(uri, cached)
        self._locks.pop(uri, None)
        return cached.keys

    def _stale(self, cached: _Cached, kid: str | None) -> bool:
        age = self._clock.now() - cached.fetched_at
        if kid is not None and not cached.keys.has(kid):
            return age >= REFETCH_NO_SOONER_THAN
        return age >= FRESH_FOR or age < timedelta(0)

    async def _fetched(self, uri: str, cached: _Cached | None) -> _Cached:
        try:
            response = await self._outbound.get(uri, headers={"Accept": "application/json"})
            if response.status != _OK:
                raise JwksError(f"{uri} answered {response.status}")
            fresh = _Cached(PublicKeys.from_jwks(response.body), self._clock.now())
        except (OutboundError, JwksError, JwkError) as error:
            if cached is not None and self._clock.now() - cached.fetched_at < USABLE_FOR:
                return cached
            raise JwksError(f"the keys at {uri} cannot be had: {error}") from error
        if len(self._cache) >= MAXIMUM_CACHED_SETS:
            self._cache.pop(next(iter(self._cache)))
        self._cache[uri] = fresh
        return fresh
