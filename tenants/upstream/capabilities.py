"""What is known about the optional operations of the servers, kept in memory for some minutes."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from haas.cache import CacheLimits, TimedCache
from haas.clock import Clock
from haas.errors import Unavailable
from tenants.registry.models import Tenant, UpstreamServer
from tenants.upstream.client import UpstreamCall
from tenants.upstream.errors import UpstreamUnavailable
from tenants.upstream.messages import Capabilities, UpstreamResponse
from tenants.upstream.operations import GET_CAPABILITIES

FRESH_FOR: Final = timedelta(minutes=5)
USABLE_FOR: Final = timedelta(days=1)
RETRY_AFTER: Final = timedelta(seconds=10)
MAXIMUM_SERVERS: Final = 10_000
_decode = msgspec.json.Decoder(UpstreamResponse[Capabilities]).decode


class KnownCapabilities:
    """The capabilities of the servers of all tenants."""

    def __init__(self, clock: Clock) -> None:
        """Nothing is asked before the first call."""
        limits = CacheLimits(fresh_for=FRESH_FOR, usable_for=USABLE_FOR, retry_after=RETRY_AFTER)
        self._known: TimedCache[tuple[UUID, UpstreamServer | None], Capabilities] = TimedCache(
            clock, limits, MAXIMUM_SERVERS
        )

    async def of(self, tenant: Tenant, asked: UpstreamCall) -> Capabilities:
        """Return the capabilities of the server of a tenant. If they are not known, they are asked for in a call.

        While the server does not answer, those of the last day are used. Raises UpstreamUnavailable.
        """

        async def load(_: Capabilities | None) -> Capabilities:
            try:
                return _decode(await asked.ask(GET_CAPABILITIES)).data
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                raise UpstreamUnavailable(f"{GET_CAPABILITIES.name}: the answer cannot be read") from None

        key = tenant.id, tenant.settings.upstream
        try:
            return self._known.fresh(key) or await self._known.get(key, load)
        except Unavailable as error:
            raise error.__cause__ if isinstance(error.__cause__, UpstreamUnavailable) else error from None
