"""The pages of the reads of many service points, for generated reads and states of the cache (C-A10, C-D9)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import strategies as st

from tenants.aemo.models import AemoCall, Fetched, MarketPoint
from tenants.aemo.service import MarketQuestion
from tenants.aemo.usage import INTERVAL_READS
from tenants.cds.pagination import PageRequest
from tenants.cds.resource_ids import ServicePointId
from tenants.operations.resources import USAGE
from tenants.sources import aemo_usage
from tenants.sources.aemo_usage import UsageOfPoints
from tenants.sources.contract import EVERY_DAY, Days, ResourceQuery, Window
from tests.support.examples import for_examples

NOW = datetime(2026, 7, 1, tzinfo=UTC)
FIRST = date(2026, 6, 1)
DAYS = 4
ASKED: Any = MarketQuestion({}, USAGE, {}, None)
CALL = AemoCall(interaction_id="usage", arrangement_id=None, deadline=0.0)


class Read(NamedTuple):
    """What the pages need of a read."""

    servicePointId: ServicePointId  # noqa: N815 - the names of the standards
    readStartDate: date  # noqa: N815
    registerSuffix: str = "E1"  # noqa: N815
    registerId: str | None = None  # noqa: N815
    readEndDate: date | None = None  # noqa: N815


class Case(NamedTuple):
    days_of: list[list[int]]
    """The days with a read, of each service point."""
    controls: list[tuple[int, int] | None]
    """The first and the last day in which the customer had a service point; None: always."""
    size: int
    is_cached: list[bool]
    """Whether the reads of a service point were fetched minutes ago."""


class CachedMarket:
    """AEMO and the cache before it. It keeps what it has given, as the cache does."""

    def __init__(self, days_of: Sequence[tuple[MarketPoint, Sequence[int]]], cached: set[UUID]) -> None:
        self.days_of = {point.id: days for point, days in days_of}
        self.cached = cached
        self.fetched: list[UUID] = []

    async def fetch(self, asked: MarketQuestion, points: Sequence[MarketPoint], _: AemoCall) -> Fetched:
        self.fetched += [point.id for point in points if point.id not in self.cached]
        self.cached |= {point.id for point in points}
        return Fetched(self._given(asked, points), {}, 0)

    async def count(self, asked: MarketQuestion, points: Sequence[MarketPoint], _: AemoCall) -> int:
        return len(self._given(asked, points))

    def known(self, asked: MarketQuestion, points: Sequence[MarketPoint], _: AemoCall) -> list[Any] | None:
        return self._given(asked, points) if {point.id for point in points} <= self.cached else None

    def consumer_change(self, *_: object) -> None:
        return None

    def _given(self, asked: MarketQuestion, points: Sequence[MarketPoint]) -> list[Any]:
        first, last = (date.fromisoformat(asked.parameters[name]) for name in ("oldest-date", "newest-date"))
        return [
            Read(ServicePointId(str(point.id)), FIRST + timedelta(days=day))
            for point in points
            for day in sorted(self.days_of[point.id], reverse=True)
            if first <= FIRST + timedelta(days=day) <= last
        ]


days = st.integers(0, DAYS - 1)
points_of_case = st.integers(0, 12).flatmap(
    lambda number: st.builds(
        Case,
        st.lists(st.lists(days, unique=True), min_size=number, max_size=number),
        st.lists(st.none() | st.tuples(days, days), min_size=number, max_size=number),
        st.integers(1, 9),
        st.lists(st.booleans(), min_size=number, max_size=number),
    )
)


@pytest.mark.parametrize("reads_of_a_fetch", [1, 17, 2_000])
async def test_pages_are_slices_of_all_reads(reads_of_a_fetch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is in the cache: for each page it is as at the beginning, and of each page as after the one before."""
    monkeypatch.setattr(aemo_usage, "READS_OF_A_FETCH", reads_of_a_fetch)

    async def holds(case: Case) -> None:
        points = [MarketPoint(UUID(int=number), f"41{number:08}", None) for number in range(len(case.days_of))]
        windows: dict[UUID, list[Window]] = {}
        whole: list[tuple[str, date]] = []
        for point, with_read, control in zip(points, case.days_of, case.controls, strict=True):
            begins, ends = (0, DAYS - 1) if control is None else sorted(control)
            last = FIRST + timedelta(days=ends)
            limited = EVERY_DAY if control is None else Days(FIRST + timedelta(days=begins), last)
            windows[point.id] = [Window(FIRST + timedelta(days=begins), last, limited)]
            given = sorted((day for day in with_read if begins <= day <= ends), reverse=True)
            whole += [(str(point.id), FIRST + timedelta(days=day)) for day in given]
        cached = {point.id for point, is_cached in zip(points, case.is_cached, strict=True) if is_cached}
        kept = CachedMarket(list(zip(points, case.days_of, strict=True)), set(cached))
        for number in range(1, len(whole) // case.size + 3):
            page = PageRequest(number, case.size)
            query = ResourceQuery(USAGE, list(windows), {INTERVAL_READS: "NONE"}, page, windows=windows)
            for market in (CachedMarket(list(zip(points, case.days_of, strict=True)), set(cached)), kept):
                asked: Any = market
                found = await UsageOfPoints(asked, ASKED, CALL, query, NOW).page(points)
                read = [(each.servicePointId.value, each.readStartDate) for each in found.items]
                assert read == whole[page.offset : page.offset + page.size]
                assert found.total_records == len(whole)
        assert len(kept.fetched) == len(set(kept.fetched)), "no service point is fetched twice (C-D9)"

    # A service point in the cache, within a part that was counted, has fewer reads than the page leaves out.
    await holds(Case([[]] * 9 + [[0, 1]], [None] * 10, 1, [False] * 8 + [True, False]))
    await for_examples(points_of_case, 40, holds)
