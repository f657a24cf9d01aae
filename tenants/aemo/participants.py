"""The participants of each brand with their credentials, kept in memory for a few seconds.

Only here the role of decision 0040 is taken. The seconds are a limit for the change of a password: before AEMO is asked
to change it, the changing process waits until no process can still hold the credentials without knowing of the change
(`tenants.aemo.password_change`).
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from haas.cache import CacheLimits, TimedCache
from haas.clock import Clock
from haas.database import Database, Namespace
from haas.jose import Sealer
from tenants.market import service
from tenants.market.models import MarketCredentials

FRESH_FOR: Final = timedelta(seconds=5)
MAXIMUM_BRANDS: Final = 10_000


class Participants:
    """The credentials of the participants of every brand. `sealer` uses the master key of the deployment."""

    def __init__(self, database: Database, namespace: Namespace, sealer: Sealer, clock: Clock) -> None:
        """`namespace` has the role that may only read participants (`market_namespace`)."""
        self._database = database
        self._namespace = namespace
        self._sealer = sealer
        self._cache: TimedCache[UUID, dict[str, MarketCredentials]] = TimedCache(
            clock, CacheLimits(fresh_for=FRESH_FOR), MAXIMUM_BRANDS
        )

    async def of_brand(self, brand_id: UUID) -> dict[str, MarketCredentials]:
        """Return the participants of a brand by their ids at AEMO. Raises Unavailable, KeysUnreadable."""

        async def load(_: dict[str, MarketCredentials] | None) -> dict[str, MarketCredentials]:
            async with self._database.transaction(self._namespace, "public") as tx:
                found = await service.credentials_of_brand(tx, self._sealer, brand_id)
            return {each.participant.id.participant_id: each for each in found}

        return self._cache.fresh(brand_id) or await self._cache.get(brand_id, load)
