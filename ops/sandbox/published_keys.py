"""The public keys of other parties, fetched from their JWKS addresses and cached."""

from datetime import datetime, timedelta
from http import HTTPStatus

import httpx

from haas.clock import Clock
from haas.errors import HaasError
from ops.sandbox.jose import JwkError, PublicKeys

FRESH_FOR = timedelta(minutes=5)
MAXIMUM_SETS = 1_000


class KeysUnavailable(HaasError):
    """The JWKS of a party could not be fetched or read."""


class PublishedKeys:
    """Fetches JWKS documents. A document is fetched again after five minutes, or if it lacks the `kid` of a token."""

    def __init__(self, http: httpx.AsyncClient, clock: Clock) -> None:
        """Fetch through `http`."""
        self._http = http
        self._clock = clock
        self._sets: dict[str, tuple[PublicKeys, datetime]] = {}

    async def at(self, uri: str, kid: str | None = None) -> PublicKeys:
        """Return the keys published at `uri`. Raises KeysUnavailable."""
        known = self._sets.get(uri)
        if known is not None and self._is_usable(*known, kid):
            return known[0]
        try:
            response = await self._http.get(uri, headers={"Accept": "application/json"})
            if response.status_code != HTTPStatus.OK:
                raise KeysUnavailable(f"{uri} answered {response.status_code}")
            keys = PublicKeys.from_jwks(response.content)
        except (httpx.HTTPError, httpx.InvalidURL, JwkError) as error:
            raise KeysUnavailable(f"the keys at {uri} could not be fetched: {error}") from error
        if len(self._sets) >= MAXIMUM_SETS:
            self._sets.pop(next(iter(self._sets)))
        self._sets[uri] = keys, self._clock.now()
        return keys

    def _is_usable(self, keys: PublicKeys, fetched_at: datetime, kid: str | None) -> bool:
        fresh = timedelta(0) <= self._clock.now() - fetched_at < FRESH_FOR
        return fresh and (kid is None or keys.has(kid))
