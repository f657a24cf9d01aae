"""Properties that hold for every day and every file: exactness, and reading that never fails.

The examples are the same in every run (`derandomize`), so that a failure belongs to a change.
"""

import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.usage.half_hours import half_hour_qualities, half_hour_values
from tenants.usage.models import MAXIMUM_DIGITS, MAXIMUM_SCALE, IntervalDay, ReadQuality
from tenants.usage.nem12 import FormatDeviation, ReadDay, RefusedRecord, read_nem12
from tenants.usage.packed_values import pack_values, unpack_values
from tenants.usage.qualities import quality_ranges, worst
from tests.support.growth import assert_linear
from tests.support.nem12 import END, HEADER, L4_EVENTS, datastream, day, days, read

repeated = settings(deadline=None, database=None, derandomize=True, max_examples=60)
FLAGS = {None: "A", ReadQuality.FINAL_SUBSTITUTE: "F14", ReadQuality.SUBSTITUTE: "S14"}
minutes = st.sampled_from([5, 15, 30])
sixty_four_bits = st.integers(-(2**63), 2**63 - 1)
qualities = st.sampled_from(list(FLAGS))


@st.composite
def generated_days(draw: st.DrawFn) -> IntervalDay:
    """A day that a NEM12 file can have, with all possible values and qualities."""
    length = draw(minutes)
    count = 1440 // length
    suffix = draw(st.sampled_from(["E1", "B1", "Q1", "E2"]))
    scale = draw(st.integers(0, MAXIMUM_SCALE))
    numbers = st.integers(0, 10 ** draw(st.integers(1, MAXIMUM_DIGITS)) - 1)
    values = draw(st.lists(numbers, min_size=count, max_size=count))
    flags: list[ReadQuality | None] = []
    while len(flags) < count:
        flags += [draw(qualities)] * draw(st.integers(1, count))
    return IntervalDay(
        nmi=draw(st.from_regex(r"\A[A-Z0-9]{10}\Z")),
        register_suffix=suffix,
        read_date=draw(st.dates(date(1998, 1, 1), date(2100, 1, 1))),
        interval_minutes=length,
        unit="KVARH" if suffix == "Q1" else "KWH",
        scale=scale,
        values=tuple(-value if suffix == "B1" else value for value in values),
        qualities=quality_ranges(flags[:count]),
        version=draw(st.datetimes(datetime(1998, 1, 1), datetime(2100, 1, 1))).replace(microsecond=0),  # noqa: DTZ001
        meter_serial="MTR001",
        register_id="1",
    )


def written(one: IntervalDay) -> Iterator[str]:
    """The records 200, 300 and 400 of a day. The numbers are written by Decimal."""
    yield datastream(one.register_suffix, one.interval_minutes, nmi=one.nmi)
    numbers = [f"{abs(Decimal(value).scaleb(-one.scale)):f}" for value in one.values]
    flag = FLAGS[None]
    if one.qualities:
        flag = "V"
    if [(start, end) for start, end, _ in one.qualities] == [(1, len(one.values))]:
        flag = FLAGS[one.qualities[0].quality]
    yield day(numbers, flag, f"{one.read_date:%Y%m%d}", f"{one.version:%Y%m%d%H%M%S}")
    if flag != "V":
        return
    last = 0
    for start, end, quality in one.qualities:
        if start > last + 1:
            yield f"400,{last + 1},{start - 1},A,,"
        yield f"400,{start},{end},{FLAGS[quality]},1,"
        last = end
    if last < len(one.values):
        yield f"400,{last + 1},{len(one.values)},A,,"


@repeated
@given(st.lists(sixty_four_bits, min_size=1, max_size=300))
def test_values_are_unpacked_as_they_were_packed(values: list[int]) -> None:
    assert unpack_values(pack_values(values), len(values)) == tuple(values)


@repeated
@given(st.lists(generated_days(), min_size=1, max_size=3))
def test_days_are_read_as_they_were_written(written_days: list[IntervalDay]) -> None:
    """Also at a scale that the values do not use: the file has as many decimal places as the scale."""
    entries = read(HEADER, *(line for one in written_days for line in written(one)), END)
    assert [entry.day for entry in days(entries)] == written_days
    assert len(days(entries)) == len(entries)


@repeated
@given(generated_days())
def test_sums_and_half_hours_equal_decimal_arithmetic(one: IntervalDay) -> None:
    numbers = [Decimal(value).scaleb(-one.scale) for value in one.values]
    parts = 30 // one.interval_minutes
    assert Decimal(one.total).scaleb(-one.scale) == sum(numbers)
    half_hours = half_hour_values(one.values, one.interval_minutes)
    assert [Decimal(value).scaleb(-one.scale) for value in half_hours] == [
        sum(numbers[start : start + parts]) for start in range(0, len(numbers), parts)
    ]
    assert sum(half_hours) == one.total


@repeated
@given(minutes, st.data())
def test_the_quality_of_a_half_hour_is_the_worst_of_its_parts(length: int, data: st.DataObject) -> None:
    count = 1440 // length
    flags = data.draw(st.lists(qualities, min_size=count, max_size=count))
    parts = 30 // length
    expected = quality_ranges(worst(flags[start : start + parts]) for start in range(0, count, parts))
    assert half_hour_qualities(quality_ranges(flags), length) == expected


GOOD = [HEADER, datastream(), day([1] * 48), day([1] * 48, "V"), *L4_EVENTS, "500,O,,,", END, ""]
lines = st.one_of(
    st.sampled_from(GOOD).map(str.encode),
    st.binary(max_size=60),
    st.text("0123456789,.AVN \n", max_size=60).map(str.encode),
    st.tuples(st.sampled_from([b"100,", b"200,", b"300,", b"400,", b"500,", b"900,"]), st.binary(max_size=60)).map(
        b"".join
    ),
    st.tuples(st.sampled_from(GOOD), st.integers(0, 250)).map(lambda cut: cut[0][: cut[1]].encode()),
)


@repeated
@given(st.lists(lines, max_size=30))
def test_any_lines_in_any_order_give_entries_and_no_error(found: list[bytes]) -> None:
    entries = list(read_nem12(enumerate(found, 1)))
    assert all(isinstance(entry, ReadDay | RefusedRecord | FormatDeviation) for entry in entries)
    for entry in days(entries):
        assert len(entry.day.values) == 48
        assert found[entry.line - 1].strip().startswith(b"300,")
    begun = {number for number, line in enumerate(found, 1) if line.strip().startswith(b"300,")}
    reported = {entry.line for entry in entries if not isinstance(entry, FormatDeviation)}
    events = {number for number, line in enumerate(found, 1) if line.strip().startswith(b"400,")}
    assert len(begun - reported) <= len(reported & events)


@repeated
@given(st.lists(lines, max_size=10), st.integers(0, 10))
def test_bad_lines_cost_no_day_of_another_200_record(bad: list[bytes], place: int) -> None:
    """The days of a 200 record are read, whatever is before it and after its last record."""
    before, after = bad[:place], bad[place:]
    good = [line.encode() for line in (datastream(), day([7] * 48), day([7] * 48, "V"), *L4_EVENTS)]
    closed = [*good, END.encode()]
    entries = days(list(read_nem12(enumerate([*before, *closed, *after], 1))))
    first = len(before) + 2
    assert {first, first + 1} <= {entry.line for entry in entries}


def _lines_of(number: int) -> Callable[[], object]:
    """Read a file with that number of days, a tenth of which are refused and a tenth have 400 records."""
    good = [day([1.25] * 48)] * 8
    ten = [line.encode() for line in (*good, day([1.25] * 47), day([1.25] * 48, "V"), *L4_EVENTS)]
    content = [HEADER.encode(), datastream().encode()] + ten * (number // 10)
    return lambda: deque(read_nem12(enumerate(content, 1)), maxlen=0)


def test_the_time_grows_with_the_number_of_days() -> None:
    assert_linear(_lines_of, "reading days")


def test_the_memory_does_not_grow_with_the_number_of_days() -> None:
    def peak(number: int) -> int:
        run = _lines_of(number)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        run()
        return tracemalloc.get_traced_memory()[1] - before

    tracemalloc.start()
    try:
        peak(100)
        assert peak(5000) < 2 * peak(100)
    finally:
        tracemalloc.stop()
