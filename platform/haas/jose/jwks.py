"""The public keys of other parties, fetched from the URLs at which they publish them."""

from collections.abc import Callable
from datetime import timedelta

from haas.cache import CacheLimits, TimedCache
from haas.clock import Clock
from haas.errors import Unavailable
from haas.jose.jwk import JwkError
from haas.jose.keys import PublicKeys
from haas.outbound import Outbound

FRESH_FOR = timedelta(minutes=5)
USABLE_FOR = timedelta(hours=1)
MINIMUM_REFETCH_INTERVAL = timedelta(seconds=10)
MINIMUM_FIRST_RETRY_INTERVAL = timedelta(seconds=1)
MAXIMUM_CACHED_SETS = 10_000
_OK = 200


class JwksError(Unavailable):
    """The keys of a party could not be fetched. `reason` says why, and names the URL."""

    def __init__(self, uri: str, reason: str) -> None:
        """Take the URL of the JWKS, and the reason."""
        super().__init__(f"the keys at {uri} cannot be fetched: {reason}")
        self.reason = reason


class JwksClient:
    """Fetches and caches JWKS documents.

    A set is fetched again when it is five minutes old, and immediately when a token names a `kid` that is not in it, or
    when an encryption key is needed that is not in it, so that a party may rotate its keys. While a party does not
    answer, its last set is used for up to an hour. A URL is requested at most once in ten seconds, or once in a second
    before its first success, for any number of tokens.
    """

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        """Fetch through `outbound`."""
        self._outbound = outbound
        limits = CacheLimits(
            fresh_for=FRESH_FOR,
            usable_for=USABLE_FOR,
            reload_after=MINIMUM_REFETCH_INTERVAL,
            retry_after=MINIMUM_REFETCH_INTERVAL,
            first_retry_after=MINIMUM_FIRST_RETRY_INTERVAL,
        )
        self._sets: TimedCache[str, PublicKeys] = TimedCache(clock, limits, MAXIMUM_CACHED_SETS)

    async def keys(self, uri: str, kid: str | None = None) -> PublicKeys:
        """Return the keys published at `uri`; fetch them again if `kid` is given and unknown. Raises JwksError."""
        keys = self._sets.fresh(uri)
        if keys is not None and (kid is None or keys.has(kid)):
            return keys
        return await self._get(uri, lambda fetched: kid is None or fetched.has(kid))

    async def keys_to_encrypt(self, uri: str, algorithm: str) -> PublicKeys:
        """Return the keys published at `uri`; fetch them again if none can encrypt with `algorithm`. Raises JwksError.

        The keys that are returned may still contain none.
        """
        return await self._get(uri, lambda fetched: fetched.can_encrypt(algorithm))

    async def _get(self, uri: str, accepts: Callable[[PublicKeys], bool]) -> PublicKeys:
        async def load(_: PublicKeys | None) -> PublicKeys:
            return await self._fetch(uri)

        try:
            return await self._sets.get(uri, load, accepts)
        except Unavailable as error:
            raise JwksError(uri, str(error)) from error

    async def _fetch(self, uri: str) -> PublicKeys:
        response = await self._outbound.get(uri, headers={"Accept": "application/json"})
        if response.status != _OK:
            raise Unavailable(f"{uri} answered {response.status}")
        try:
            return PublicKeys.from_jwks(response.json)
        except JwkError as error:
            raise Unavailable(f"the answer of {uri} cannot be used: {error}") from error
