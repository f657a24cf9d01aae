"""Pages of meter reads: whatever is stored and asked for, all pages together have each read once and in order."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from haas.database import Database
from tenants.accounts.tables import service_point
from tenants.disclosure.models import SupplyPeriod
from tenants.disclosure.windows import control_of, windows_of
from tenants.registry.models import Tenant
from tenants.sources.contract import Days
from tenants.usage.store import ReadWindow, delete_reads_before, read_page, remove_reads, save_reads
from tenants.usage.stored_reads import RemovedReads, StoredRead
from tenants.usage.tables import usage_month
from tests.support.rows import execute, run

NMIS = {UUID(int=number): nmi for number, nmi in enumerate(("4102000003", "4102000001", "NMI0000002"), 1)}
"""The order of the ids is not that of the NMIs."""
ACCOUNT = UUID(int=9)
NOW = datetime(2026, 11, 26, tzinfo=UTC)
FIRST = date(2026, 1, 1)
days = st.integers(0, 30).map(lambda number: FIRST + timedelta(days=number))
points = st.sampled_from(list(NMIS))


@st.composite
def stored_reads(draw: st.DrawFn) -> StoredRead:
    first = draw(days)
    length = draw(st.sampled_from([0, 0, 0, 1, 5, 12]))
    return StoredRead(
        service_point_id=draw(points),
        read_start_date=first,
        register_suffix=draw(st.sampled_from(["B1", "E1", "E2"])),
        read_end_date=first + timedelta(days=length),
        register_id=None,
        meter_id=None,
        controlled_load=None,
        unit=None,
        scale=0,
        total=1,
        interval_minutes=None if length else 30,
        packed=None if length else b"packed",
        qualities=None,
        version=NOW,
    )


@st.composite
def supplies(draw: st.DrawFn) -> SupplyPeriod:
    """Mostly periods that have ended, so that a service point often has several windows."""
    first = draw(days)
    last = first + timedelta(days=draw(st.integers(-1, 9)))
    return SupplyPeriod(draw(points), ACCOUNT, draw(st.sampled_from([True, *[False] * 9])), first, last)


periods_asked = st.one_of(
    st.sampled_from([FIRST - timedelta(days=20), FIRST]).map(lambda first: [first, FIRST + timedelta(days=45)]),
    st.tuples(days, days).map(sorted),
)


async def clear(database: Database, tenant: Tenant) -> None:
    await execute(database, tenant, delete(service_point))
    written = {"detail": {}, "updated_at": NOW}
    rows = [{"id": point, "reference": nmi, "national_metering_id": nmi, **written} for point, nmi in NMIS.items()]
    await execute(database, tenant, insert(service_point).values(rows))


def unique(reads: Sequence[StoredRead]) -> list[StoredRead]:
    return list({read.key: read for read in reads}.values())


def flat(windows: Mapping[UUID, Sequence[Any]]) -> list[ReadWindow]:
    return [
        ReadWindow(point, each.first, each.last, each.control.first, each.control.last)
        for point, found in windows.items()
        for each in found
    ]


@settings(
    deadline=None,
    database=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(stored_reads(), min_size=20, max_size=60).map(unique),
    st.lists(supplies(), min_size=3, max_size=9),
    periods_asked,
    st.integers(1, 12),
)
async def test_all_pages_have_each_read_of_the_windows_once_and_in_order(
    database: Database,
    tenant: Tenant,
    stored: list[StoredRead],
    periods: list[SupplyPeriod],
    bounds: list[date],
    size: int,
) -> None:
    await clear(database, tenant)
    await run(database, tenant, save_reads, stored[: len(stored) // 2])
    await run(database, tenant, save_reads, stored)  # a read that is stored is not counted again
    windows = windows_of(control_of(periods, FIRST), {each.service_point_id for each in periods}, Days(*bounds))
    expected = [
        read.key
        for read in sorted(
            stored,
            key=lambda read: (
                NMIS[read.service_point_id],
                FIRST - read.read_start_date,
                read.register_suffix,
            ),
        )
        if any(
            window.contains(read.read_start_date, read.read_end_date)
            for window in windows.get(read.service_point_id, ())
        )
    ]
    asked, found, offset = flat(windows), [], 0
    while True:
        page = await run(database, tenant, read_page, asked, offset=offset, size=size, with_values=False)
        assert page.total_records == len(expected)
        found += [(row["service_point_id"], row["read_start_date"], row["register_suffix"]) for row in page.rows]
        assert len(page.rows) == min(size, max(len(expected) - offset, 0))
        offset += size
        if offset > len(expected):
            break
    assert found == expected
    whole = await run(database, tenant, read_page, asked, offset=0, size=None, with_values=True)
    assert [(row["read_start_date"], row["packed"]) for row in whole.rows] == [
        (key[1], next(read.packed for read in stored if read.key == key)) for key in expected
    ]


@pytest.mark.parametrize("field", ["packed", "qualities", "register_id", "total"])
async def test_a_read_with_the_same_version_is_replaced_if_anything_differs(
    database: Database, tenant: Tenant, field: str
) -> None:
    await clear(database, tenant)
    [point, *_] = NMIS
    read = StoredRead(point, FIRST, "E1", FIRST, None, None, None, None, 0, 1, 30, b"a", None, NOW)
    other: dict[str, Any] = {"packed": b"b", "qualities": '[[1,1,"SUBSTITUTE"]]', "register_id": "1", "total": 2}
    changed = read._replace(**{field: other[field]})
    assert await run(database, tenant, save_reads, [read]) == 1
    assert await run(database, tenant, save_reads, [read]) == 0
    assert await run(database, tenant, save_reads, [changed]) == 1
    assert await run(database, tenant, save_reads, [changed]) == 0
    assert await run(database, tenant, save_reads, [read._replace(version=NOW - timedelta(days=1))]) == 0


async def test_nothing_is_asked_for_and_nothing_is_stored(database: Database, tenant: Tenant) -> None:
    assert await run(database, tenant, save_reads, []) == 0
    page = await run(database, tenant, read_page, [], offset=0, size=25, with_values=True)
    assert (list(page.rows), page.total_records) == ([], 0)


async def test_the_reads_of_each_month_are_counted_whatever_is_stored_and_deleted(
    database: Database, tenant: Tenant
) -> None:
    """Decision 0043: a page is found by these numbers."""
    await clear(database, tenant)
    [point, other, *_] = NMIS
    first = StoredRead(point, date(2026, 1, 30), "E1", date(2026, 1, 30), *[None] * 4, 0, 1, 30, b"a", None, NOW)
    reads = [first._replace(read_start_date=day, read_end_date=day) for day in (first.read_start_date, *FEBRUARY)]
    reads += [first._replace(service_point_id=other), reads[1]._replace(register_suffix="B1")]
    assert await run(database, tenant, save_reads, reads) == len(reads)
    assert await months(database, tenant) == {(point, "2026-01"): 1, (point, "2026-02"): 4, (other, "2026-01"): 1}
    await run(database, tenant, save_reads, [read._replace(total=2) for read in reads])
    removed = RemovedReads(point, FEBRUARY[0], FEBRUARY[1], "E1")
    assert await run(database, tenant, remove_reads, removed) == 2
    assert await months(database, tenant) == {(point, "2026-01"): 1, (point, "2026-02"): 2, (other, "2026-01"): 1}
    assert await run(database, tenant, delete_reads_before, FEBRUARY[0]) == 2
    assert await months(database, tenant) == {(point, "2026-02"): 2}
    assert await run(database, tenant, remove_reads, removed._replace(last=date.max, register_suffix=None)) == 2
    assert await months(database, tenant) == {}


FEBRUARY = [date(2026, 2, day) for day in (1, 2, 28)]


async def months(database: Database, tenant: Tenant) -> dict[tuple[UUID, str], int]:
    """Return the stored numbers of reads, by service point and month."""
    rows = await execute(database, tenant, select(usage_month))
    return {(row.service_point_id, f"{row.month:%Y-%m}"): row.reads for row in rows}
