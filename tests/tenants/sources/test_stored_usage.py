"""Meter reads as the store gives them: exact numbers in every form, and little memory for a page of any size."""

import tracemalloc
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from haas.database import Database
from tenants.accounts.tables import service_point
from tenants.operations.resources import USAGE
from tenants.registry.models import Tenant
from tenants.sources.contract import EVERY_DAY, ResourceQuery, Window
from tenants.sources.item_stream import ItemStream
from tenants.sources.store import StoreSource
from tenants.sources.stored_usage import IntervalReads, usage_read
from tenants.usage.models import MAXIMUM_DIGITS, MAXIMUM_SCALE, MAXIMUM_SUM, IntervalDay, intervals_of_a_day
from tenants.usage.store import save_reads
from tenants.usage.stored_reads import stored_day
from tests.support.rows import execute, run

POINT = uuid4()
DAY = date(2026, 1, 1)
MEBIBYTE = 1024 * 1024


def a_day(values: Sequence[int], minutes: int, scale: int, day: date = DAY) -> IntervalDay:
    return IntervalDay(
        nmi="",
        register_suffix="E1",
        read_date=day,
        interval_minutes=minutes,
        unit="KWH",
        scale=scale,
        values=tuple(values),
        qualities=(),
        version=datetime(2026, 1, 2),  # noqa: DTZ001 - in market time
    )


def numbers(day: IntervalDay, form: IntervalReads) -> tuple[Decimal, list[Decimal]]:
    """Return the sum and the values as the text of a response has them."""
    row: dict[str, Any] = {**stored_day(day, POINT)._asdict(), "qualities": None}
    text = msgspec.json.encode(usage_read(row, form).intervalRead)
    found = msgspec.json.decode(text, type=_Numbers)
    return found.aggregateValue, found.intervalReads


class _Numbers(msgspec.Struct):
    aggregateValue: Decimal  # noqa: N815
    intervalReads: list[Decimal] = []  # noqa: N815


@st.composite
def generated_days(draw: st.DrawFn) -> IntervalDay:
    """A day with the largest numbers that can be stored, or smaller ones."""
    minutes = draw(st.sampled_from([5, 15, 30]))
    count = intervals_of_a_day(minutes)
    largest = (10 ** draw(st.integers(1, MAXIMUM_DIGITS)) - 1) // count
    values = draw(st.lists(st.integers(-largest, largest), min_size=count, max_size=count))
    assert sum(map(abs, values)) <= MAXIMUM_SUM
    return a_day(values, minutes, draw(st.integers(0, MAXIMUM_SCALE)))


@settings(deadline=None, database=None, derandomize=True, max_examples=80)
@given(generated_days())
def test_every_number_of_a_response_is_exact(day: IntervalDay) -> None:
    exact = [Decimal(value).scaleb(-day.scale) for value in day.values]
    parts = 30 // day.interval_minutes
    half_hours = [sum(exact[begin : begin + parts]) for begin in range(0, len(exact), parts)]
    assert numbers(day, "NONE") == (sum(exact), [])
    assert numbers(day, "FULL") == (sum(exact), exact)
    assert numbers(day, "MIN_30") == (sum(exact), half_hours)


async def test_a_page_of_1000_days_of_5_minutes_needs_little_memory(database: Database, tenant: Tenant) -> None:
    """The response has 1.9 MiB, as Python objects 20 MiB. The rows and one day need a fraction of that."""
    written = {"national_metering_id": "4102000001", "detail": {}, "updated_at": datetime(2026, 1, 1).astimezone()}
    await execute(database, tenant, insert(service_point).values(id=POINT, reference="SP-1", **written))
    stored = [
        stored_day(a_day([number * day % 1999 for number in range(288)], 5, 3, DAY - timedelta(days=day)), POINT)
        for day in range(1_000)
    ]
    await run(database, tenant, save_reads, stored)
    window = Window(DAY - timedelta(days=2000), DAY, EVERY_DAY)
    query = ResourceQuery(USAGE, [POINT], {"interval-reads": "FULL"}, None, windows={POINT: [window]})
    del stored
    tracemalloc.start()
    async with database.transaction(tenant.namespace) as tx:
        source = StoreSource(tx, database)
        assert source.reads(USAGE) == "inside"
        stream = await source.read(query)
    assert isinstance(stream, ItemStream)
    sent = 0
    async for read in stream:
        sent += len(msgspec.json.encode(read.intervalRead))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert stream.total_records == 1_000
    assert sent > 1.5 * MEBIBYTE
    assert peak < 3 * MEBIBYTE
