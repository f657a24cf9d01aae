"""The public keys of other parties, fetched from where they publish them."""

import asyncio
from datetime import datetime, timedelta

from haas.clock import Clock
from haas.errors import Unavailable
from haas.jose.keys import JwkError, PublicKeys
from haas.outbound import Outbound, OutboundError

FRESH_FOR = timedelta(minutes=5)
USABLE_FOR = timedelta(hours=1)
REFETCH_NO_SOONER_THAN = timedelta(seconds=10)
RETRY_NO_SOONER_THAN = timedelta(seconds=1)
MAXIMUM_CACHED_SETS = 10_000
_OK = 200


class JwksError(Unavailable):
    """A party's keys could not be fetched."""


class _Published:
    """What is known of one address: the last set had from it, and how the last attempt went."""

    __slots__ = ("failure", "fetched_at", "keys", "lock", "tried_at")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.keys: PublicKeys | None = None
        self.fetched_at: datetime | None = None
        self.tried_at: datetime | None = None
        self.failure: Exception | None = None

    def is_due(self, now: datetime, kid: str | None) -> bool:
        """Tell whether to ask the party (again). A clock that was moved back makes everything due."""
        pause = RETRY_NO_SOONER_THAN if self.keys is None else REFETCH_NO_SOONER_THAN
        if self.tried_at is not None and timedelta(0) <= now - self.tried_at < pause:
            return False
        if self.keys is None or self.fetched_at is None or (kid is not None and not self.keys.has(kid)):
            return True
        return not timedelta(0) <= now - self.fetched_at < FRESH_FOR

    def usable(self, uri: str, now: datetime) -> PublicKeys:
        if self.keys is None or self.fetched_at is None or now - self.fetched_at >= USABLE_FOR:
            raise JwksError(f"the keys at {uri} cannot be had: {self.failure}") from self.failure
        return self.keys


class JwksClient:
    """Fetches and caches JWKS documents.

    A set is fetched anew when it is five minutes old, and at once when a token names a `kid` that it lacks, so that a
    party may rotate its keys. While a party does not answer, its last set serves for an hour. However many tokens come
    and whatever they name, one party is asked at most every ten seconds, or every second until it has answered once.
    """

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        """Fetch through `outbound`."""
        self._outbound = outbound
        self._clock = clock
        self._published: dict[str, _Published] = {}

    async def keys(self, uri: str, kid: str | None = None) -> PublicKeys:
        """Return the keys published at `uri`; where `kid` is given and unknown, look again. Raises JwksError."""
        published = self._published.get(uri)
        if published is None:
            if len(self._published) >= MAXIMUM_CACHED_SETS:
                self._published.pop(next(iter(self._published)))
            published = self._published[uri] = _Published()
        if published.is_due(self._clock.now(), kid):
            async with published.lock:
                if published.is_due(self._clock.now(), kid):
                    await self._ask(uri, published)
        return published.usable(uri, self._clock.now())

    async def _ask(self, uri: str, published: _Published) -> None:
        try:
            response = await self._outbound.get(uri, headers={"Accept": "application/json"})
            if response.status != _OK:
                raise JwksError(f"{uri} answered {response.status}")
            published.keys = PublicKeys.from_jwks(response.body)
            published.fetched_at = self._clock.now()
        except (OutboundError, JwksError, JwkError) as error:
            published.failure = error
        published.tried_at = self._clock.now()
