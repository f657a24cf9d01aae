"""One page of the reads of many service points, without asking AEMO for more than the page needs (C-A10, A-7).

Reads are in the order of the NMIs, so a page is of service points that follow each other. Of the others only the number
of reads is asked for, many service points in one request. What was fetched stays in the cache for minutes, so the size
of a page makes AEMO no more work (C-D9).
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from tenants.accounts.service import market_day
from tenants.aemo.models import AemoCall, MarketPoint
from tenants.aemo.service import BATCH, Market, MarketQuestion
from tenants.aemo.usage import INTERVAL_READS, sort_reads
from tenants.cds.pagination import Page
from tenants.operations.filters import months_before
from tenants.sources.contract import EVERY_DAY, ResourceQuery, Window

MONTHS_OF_AEMO: Final = 24
"""AEMO refuses or ignores an earlier day (C-A12)."""
READS_OF_A_FETCH: Final = 2_000
"""About how many reads are fetched at once. Two registers of a service point have 1,460 in two years."""
REGISTERS: Final = 2
"""How many registers a service point has, about."""
PARTS: Final = 8
"""Into how many parts service points are divided to find the first one of a page."""


class _Period(NamedTuple):
    """The days of a request to AEMO."""

    first: date
    last: date


class _KnownWindow(NamedTuple):
    """A window, and the days in which the customer controlled the service point, as far as anybody knows.

    `Window.contains` is the rule. A page has a thousand reads, and to call it for each takes as long as to sort them.
    """

    first: date
    last: date
    begins: date
    ends: date


class UsageOfPoints:
    """The reads that one call asks for."""

    def __init__(
        self, market: Market, asked: MarketQuestion, call: AemoCall, query: ResourceQuery, now: datetime
    ) -> None:
        """`query` has the windows of the service points (`ResourceQuery.windows`)."""
        self._market = market
        self._asked = asked
        self._call = call
        self._page = query.page
        self._form = str(query.filters[INTERVAL_READS])
        self._windows = query.windows or {}
        today = market_day(now)
        self._possible = _Period(months_before(today, MONTHS_OF_AEMO), today)
        self._periods = {point_id: _periods(windows, self._possible) for point_id, windows in self._windows.items()}
        self.refused: dict[UUID, str | None] = {}
        """The service points for which AEMO refuses to answer, with the codes that may be passed on."""

    async def page(self, points: Sequence[MarketPoint]) -> Page[Any]:
        """Return the page of reads. AEMO is not asked for a service point without a day to ask for (C-P7, C-A12)."""
        points = [point for point in points if self._periods.get(point.id)]
        size = self._points_of_a_fetch(points)
        if len(points) <= size:
            reads = await self._fetch(points) if points else []
            return Page(reads if self._page is None else _slice(reads, self._page.offset, self._page.size), len(reads))
        skip, want = (0, None) if self._page is None else (self._page.offset, self._page.size)
        begin, skip_there = self._first_unknown(points, size, skip)
        total, reads = await asyncio.gather(self._count(points), self._reads(points[begin:], size, skip_there, want))
        return Page(reads, total)

    def _first_unknown(self, points: Sequence[MarketPoint], size: int, skip: int) -> tuple[int, int]:
        """Return where the page begins, as far as that is known from the cache: a position, and reads to leave out.

        So a recipient who follows the links to the next page never waits for reads to be counted.
        """
        for begin in range(0, len(points), size):
            number = self._known(points[begin : begin + size])
            if number is None or skip < number:
                return begin, skip
            skip -= number
        return len(points), 0

    def _known(self, points: Sequence[MarketPoint]) -> int | None:
        """Return how many of the reads of service points are disclosed, or None if they were not fetched."""
        number = 0
        for period, group in _grouped(points, self._periods).items():
            found = self._market.known(self._of(period), group, self._call)
            if found is None:
                return None
            number += sum(1 for _ in self._disclosed(found, group))
        return number

    async def _reads(self, points: Sequence[MarketPoint], size: int, skip: int, want: int | None) -> list[Any]:
        """Return up to `want` reads of the service points, without the first `skip`."""
        if not points or want == 0:
            return []
        if skip and self._known(points[:size]) is not None:
            fetched = await self._fetch(points[:size])
            found, left = _slice(fetched, skip, want), max(0, skip - len(fetched))
            return found + await self._reads(points[size:], size, left, None if want is None else want - len(found))
        if len(points) <= size:
            return _slice(await self._fetch(points), skip, want)
        found = []
        for part in _parts(points, size):
            if skip:
                number = await self._count(part)
                if number <= skip:
                    skip -= number
                    continue
            found += await self._reads(part, size, skip, None if want is None else want - len(found))
            skip = 0
            if want is not None and len(found) >= want:
                break
        return found

    async def _fetch(self, points: Sequence[MarketPoint]) -> list[Any]:
        """Return all reads of a few service points that may be disclosed, in their order."""
        groups = _grouped(points, self._periods)
        fetched = await asyncio.gather(
            *(self._market.fetch(self._of(period), group, self._call) for period, group in groups.items())
        )
        for each in fetched:
            self.refused.update(each.refused)
        if len(fetched) == 1:
            return self._disclosed(fetched[0].items, points)
        reads = [read for each in fetched for read in each.items]
        sort_reads(reads, points)
        return self._disclosed(reads, points)

    async def _count(self, points: Sequence[MarketPoint]) -> int:
        """Return the number of reads of service points, as AEMO counts those of the days that the customer may have.

        It includes the read of an accumulation meter that ends after the last of these days, which is withheld (C-P9).
        """
        groups = _grouped(points, {point.id: self._periods_of_customer(point) for point in points})
        counts = await asyncio.gather(
            *(self._market.count(self._of(period, "NONE"), group, self._call) for period, group in groups.items())
        )
        return sum(counts)

    def _periods_of_customer(self, point: MarketPoint) -> list[_Period]:
        """Return the periods without the days before the consumer change date, if AEMO has named it (C-P9)."""
        since = self._market.consumer_change(point, self._call)
        windows = self._windows[point.id]
        return _periods(
            (each._replace(first=max(each.first, _first_day(each, since))) for each in windows), self._possible
        )

    def _of(self, period: _Period, form: str | None = None) -> MarketQuestion:
        """Return the question about some days. Both days are always sent: AEMO's default differs from ours (C-A12)."""
        parameters = {
            "oldest-date": period.first.isoformat(),
            "newest-date": period.last.isoformat(),
            INTERVAL_READS: form or self._form,
        }
        return self._asked._replace(parameters=parameters)

    def _disclosed(self, reads: Iterable[Any], points: Sequence[MarketPoint]) -> list[Any]:
        """Return the reads of the days that the customer may have, whatever AEMO has answered (C-P9)."""
        windows = {str(point.id): self._known_windows(point) for point in points}
        disclosed = []
        for read in reads:
            first = read.readStartDate
            last = read.readEndDate or first
            for window in windows[read.servicePointId.value]:
                if first <= window.last and last >= window.first and window.begins <= first and last <= window.ends:
                    disclosed.append(read)
                    break
        return disclosed

    def _known_windows(self, point: MarketPoint) -> list["_KnownWindow"]:
        """Return the windows of a service point with what AEMO has named of it."""
        since = self._market.consumer_change(point, self._call)
        return [
            _KnownWindow(each.first, each.last, max(each.control.first, _first_day(each, since)), each.control.last)
            for each in self._windows[point.id]
        ]

    def _points_of_a_fetch(self, points: Iterable[MarketPoint]) -> int:
        """Return of how many service points the reads are fetched at once, from 1 to BATCH."""
        days = max(
            ((last - first).days + 1 for point in points for first, last in self._periods[point.id]),
            default=1,
        )
        return min(BATCH, max(1, READS_OF_A_FETCH // (days * REGISTERS)))


def _first_day(window: Window, since: date | None) -> date:
    """Return the first day that the consumer change date permits. It limits the customer who has the supply today."""
    return date.min if since is None or window.control != EVERY_DAY else since


def _periods(windows: Iterable[Window], possible: _Period) -> list[_Period]:
    """Return the days to ask for: those of the windows that are neither too long ago nor in the future (C-A12)."""
    limited = (_Period(max(window.first, possible.first), min(window.last, possible.last)) for window in windows)
    return [period for period in limited if period.first <= period.last]


def _grouped(
    points: Iterable[MarketPoint], periods: Mapping[UUID, Sequence[_Period]]
) -> dict[_Period, list[MarketPoint]]:
    """Return the service points of each period."""
    groups: dict[_Period, list[MarketPoint]] = {}
    for point in points:
        for period in periods[point.id]:
            groups.setdefault(period, []).append(point)
    return groups


def _parts(points: Sequence[MarketPoint], size: int) -> list[Sequence[MarketPoint]]:
    """Divide service points into a few parts, none of which is smaller than what is fetched at once."""
    length = max(size, -(-len(points) // PARTS))
    return [points[start : start + length] for start in range(0, len(points), length)]


def _slice(reads: list[Any], skip: int, want: int | None) -> list[Any]:
    return reads[skip:] if want is None else reads[skip : skip + want]
