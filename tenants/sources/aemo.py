"""The source `aemo`: service points, usage and DER are asked from AEMO for each call (C-P3, C-A18).

AEMO is asked after the transaction of the call has ended. The NMIs of the service points are read before.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from tenants.aemo import store
from tenants.aemo.lenient import Policy
from tenants.aemo.models import AemoCall, MarketPoint
from tenants.aemo.operations import OPERATIONS
from tenants.aemo.service import BATCH, Market, MarketQuestion
from tenants.aemo.throttle import RATE
from tenants.cds.errors import UNAVAILABLE_SERVICE_POINT, CdsError
from tenants.cds.pagination import Page
from tenants.cds.tiers import SECONDARY_THRESHOLD_MILLISECONDS
from tenants.operations.models import Resource
from tenants.sources.aemo_usage import UsageOfPoints
from tenants.sources.contract import ReadingTime, ResourceQuery, SourceCall

LONGEST_SECONDS: Final = max(SECONDARY_THRESHOLD_MILLISECONDS.values()) / 1000


class AemoSource:
    """Reads the resources of service points from AEMO, for one call."""

    def __init__(self, call: SourceCall, market: Market) -> None:
        """Take the call and what all calls of the process share."""
        self._call = call
        self._market = market
        self._points: Sequence[MarketPoint] = ()

    def reads(self, _resource: Resource) -> ReadingTime:
        """Return "elsewhere": AEMO is another server. See `DataSource.reads`."""
        return "elsewhere"

    async def prepare(self, query: ResourceQuery) -> None:
        """Read the NMIs of the service points and their participants, in the order of the NMIs."""
        self._points = await store.market_points(self._call.tx, query.owners)

    async def read(self, query: ResourceQuery) -> Page[Any]:
        """Return the items that fulfil the query. See `DataSource.read`. Raises CdsError if AEMO does not answer."""
        settings, call = self._call.tenant.settings, self._aemo_call()
        asked = MarketQuestion(
            participants=await self._market.participants_of(self._call.tenant.id),
            operation=OPERATIONS[query.resource],
            parameters={},
            policy=Policy(settings.unknown_market_values, settings.missing_market_values),
        )
        if query.windows is None:
            return await self._read_one_each(query, asked, call)
        reads = UsageOfPoints(self._market, asked, call, query, self._call.now)
        found = await reads.page(self._points)
        check_named(query, reads.refused)
        return found

    async def _read_one_each(self, query: ResourceQuery, asked: MarketQuestion, call: AemoCall) -> Page[Any]:
        """Return items of which a service point has one.

        Of many service points only those of the page are asked for: their number is the number of records (A-7).
        """
        points, page = self._points, query.page
        if page is not None and len(points) > BATCH:
            run = points[page.offset : page.offset + page.size]
            found = await self._market.fetch(asked, run, call) if run else None
            return Page([] if found is None else found.items, len(points))
        fetched = await self._market.fetch(asked, points, call)
        check_named(query, fetched.refused)
        items = fetched.items if page is None else fetched.items[page.offset : page.offset + page.size]
        return Page(items, len(fetched.items))

    def _aemo_call(self) -> AemoCall:
        call = self._call
        known = SECONDARY_THRESHOLD_MILLISECONDS.get(call.tier)
        seconds = LONGEST_SECONDS if known is None else known / 1000
        settings = call.tenant.settings
        agreed = settings.market_calls_per_second
        return AemoCall(
            interaction_id=call.interaction_id,
            arrangement_id=call.arrangement_id,
            private_hosts=frozenset(settings.private_hosts),
            deadline=asyncio.get_running_loop().time() + seconds,
            secondary=call.secondary,
            calls_per_second=RATE if agreed is None else agreed,
            market_header=None if settings.market_header == "none" else settings.market_header,
        )


def check_named(query: ResourceQuery, refused: Mapping[UUID, str | None]) -> None:
    """Raise Authorisation/UnavailableServicePoint if AEMO refuses the service point that the path names (C-D6).

    A service point of a list is left out. It may be refused only until a change of the retailer is complete.
    """
    if query.named_in_path is None or not refused:
        return
    error = CdsError(UNAVAILABLE_SERVICE_POINT, query.named_in_path)
    error.is_of_secondary_holder = True
    error.application_code = next(iter(refused.values()))
    raise error
