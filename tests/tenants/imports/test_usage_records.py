"""Meter reads in JSON Lines and in the Data Standards Body's data: exact numbers, versions, and what is refused."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tenants.accounts.internal_ids import service_point_id
from tenants.accounts.service import market_day
from tenants.imports.dsb_reader import read_dsb
from tenants.imports.records import UsageRecord
from tenants.imports.report import Report
from tenants.imports.usage_records import converted_read
from tenants.usage.packed_values import unpack_values
from tenants.usage.tables import usage_read
from tests.support import dsb
from tests.support.import_files import FileImporter
from tests.support.service_points import detail_of

NMI = "41030000011"
POINT = {"kind": "service-point", "servicePoint": detail_of(NMI, "SP-1")}
NOW = datetime(2026, 11, 26, tzinfo=UTC)


def interval(*values: Any, minutes: int = 30, **members: Any) -> dict[str, Any]:
    reads = list(values) if len(values) > 1 else list(values) * (1440 // minutes)
    total = float(sum(Decimal(repr(value)) for value in reads)) if "aggregateValue" not in members else 0
    return {"readIntervalLength": minutes, "aggregateValue": total, "intervalReads": reads, **members}


def a_read(day: str = "2025-02-01", suffix: str = "E1", **members: Any) -> dict[str, Any]:
    kind = "basicRead" if "basicRead" in members else "intervalRead"
    read = {"servicePointId": "SP-1", "registerSuffix": suffix, "readStartDate": day, "readUType": kind}
    return {**read, **({} if members else {"intervalRead": interval(0.25)}), **members}


def a_record(*, updated: str | None = None, **members: Any) -> dict[str, Any]:
    record = {"kind": "usage", "read": a_read(**members)}
    return record if updated is None else {**record, "updatedAt": updated}


async def rows(files: FileImporter) -> list[Any]:
    async with files.database.transaction(files.namespace) as tx:
        query = select(usage_read).order_by(usage_read.c.read_start_date, usage_read.c.register_suffix)
        return list(await tx.execute(query))


async def test_a_day_and_a_basic_read_are_stored_exactly(files: FileImporter) -> None:
    quality = {"startInterval": 3, "endInterval": 4, "quality": "SUBSTITUTE"}
    day = interval(*[0.1] * 47, -12.345, readQualities=[quality])
    more = {"registerId": "1", "meterId": "M-1", "controlledLoad": True, "unitOfMeasure": "KWH"}
    basic = {"value": 612.5, "quality": "FINAL_SUBSTITUTE"}
    assert (
        await files.load(
            POINT,
            a_record(intervalRead=day, updated="2025-02-03T00:00:00+11:00", **more),
            a_record(suffix="11", readEndDate="2025-04-30", basicRead=basic),
            a_record(suffix="12", basicRead={"value": 7, "quality": "ACTUAL"}),
        )
        == []
    )
    first, second, third = sorted(await rows(files), key=lambda row: str(row.register_suffix), reverse=True)
    assert (first.service_point_id, first.version) == (
        service_point_id(NMI),
        datetime(2025, 2, 2, 13, tzinfo=UTC),
    )
    assert (first.register_id, first.meter_id, first.controlled_load, first.unit) == ("1", "M-1", True, "KWH")
    assert (first.scale, first.total, first.interval_minutes) == (3, -7645, 30)
    assert unpack_values(first.packed, 48) == (100,) * 47 + (-12345,)
    assert first.qualities == [[3, 4, "SUBSTITUTE"]]
    assert (third.scale, third.total, third.packed, third.interval_minutes) == (1, 6125, None, None)
    assert (str(third.read_end_date), third.qualities) == ("2025-04-30", [[1, 1, "FINAL_SUBSTITUTE"]])
    assert third.version == datetime(2025, 1, 31, 14, tzinfo=UTC), "00:00 of the day in market time"
    assert (second.scale, second.total, second.qualities) == (0, 7, None)


@pytest.mark.parametrize(
    ("first", "second", "total"),
    [
        (None, None, 2),
        (None, "2025-02-02T00:00:00Z", 2),
        ("2025-02-02T00:00:00Z", None, 1),
        ("2025-02-02T00:00:00Z", "2025-02-02T00:00:00Z", 2),
        ("2025-02-03T00:00:00Z", "2025-02-02T00:00:00Z", 1),
    ],
)
async def test_the_later_version_of_a_read_applies_in_one_file_and_in_two(
    files: FileImporter, first: str | None, second: str | None, total: int
) -> None:
    """C-U9. Of equal versions, the one that is imported later applies."""
    one, two = (a_record(basicRead={"value": value}, updated=updated) for value, updated in ((1, first), (2, second)))
    assert await files.load(POINT, one, two) == []
    assert [row.total for row in await rows(files)] == [total]
    await files.load(a_record(day="2025-02-05", basicRead={"value": 9}))
    assert await files.load(one, file="again.jsonl") == []
    assert await files.load(two, file="again.jsonl") == []
    assert [row.total for row in await rows(files)] == [total, 9]


async def test_a_service_point_keeps_its_reads_under_a_new_reference_and_loses_them_with_a_corrected_nmi(
    files: FileImporter,
) -> None:
    """The reads belong to the meter at an NMI. At another NMI they would be those of another consumer."""
    await files.load(POINT, a_record())
    renamed = {"kind": "service-point", "servicePoint": detail_of(NMI, "SP-2")}
    assert await files.load(renamed) == []
    assert [row.service_point_id for row in await rows(files)] == [service_point_id(NMI)]
    corrected = {"kind": "service-point", "servicePoint": detail_of("41030000029", "SP-2")}
    assert await files.load(corrected) == []
    assert await rows(files) == []


TOMORROW = str(market_day(NOW) + timedelta(days=400))


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"intervalRead": {"aggregateValue": 1}}, "$: `intervalReads` is mandatory in an import"),
        ({"intervalRead": interval(*[1] * 47)}, "$: expected 48 `intervalReads` of 30 minutes, found 47"),
        ({"intervalRead": interval(1, minutes=60)}, "$: expected 5, 15 or 30 as `readIntervalLength`, found 60"),
        ({"intervalRead": interval(1), "readEndDate": "2025-02-02"}, "$: a record has the interval reads of one day"),
        ({"intervalRead": interval(1e-10)}, "$: expected at most 9 decimal places, found 10"),
        ({"intervalRead": interval(1e14, aggregateValue=1)}, "$: the sum of the day has more than 15 digits"),
        ({"basicRead": {"value": 1e15}}, "$: expected at most 15 digits with the 0 decimal places of the read"),
        ({"basicRead": {"value": 1}, "readEndDate": "2025-01-31"}, "$: `readEndDate` is before `readStartDate`"),
        ({"basicRead": {"value": 1}, "day": TOMORROW}, f"$: the read is of {TOMORROW}, a day that has not begun"),
        ({"basicRead": {"value": 1}, "updated": "2098-01-01T00:00:00Z"}, "$: the data was updated at 2098-01-01"),
        ({"basicRead": {"value": 1}, "servicePointId": "SP-9"}, "$: refers to the service point 'SP-9'"),
        ({"basicRead": {"value": 1}, "suffix": ""}, "$.read.registerSuffix: Expected `str` of length >= 1"),
        ({"basicRead": {"value": "1"}}, "$.read.basicRead.value: Expected `int | float`, got `str`"),
        ({"intervalRead": {"aggregateValue": 1, "intervalReads": [1]}}, "$.read.intervalRead.readIntervalLength"),
    ],
)
async def test_a_read_that_cannot_be_is_reported_and_costs_no_other(
    files: FileImporter, members: dict[str, Any], problem: str
) -> None:
    found = await files.load(POINT, a_record(**members), a_record())
    assert [each.partition(problem)[0] for each in found] == ["first.jsonl:2: "]
    assert len(await rows(files)) == 1


@pytest.mark.parametrize(
    ("ranges", "problem"),
    [
        ([(47, 49)], "expected intervals from 1 to 48 in `readQualities`, found 47 to 49"),
        ([(5, 4)], "expected intervals from 1 to 48 in `readQualities`, found 5 to 4"),
        ([(3, 8), (1, 3)], "the `readQualities` for 1 to 3 overlap with others"),
    ],
)
async def test_qualities_that_do_not_fit_the_day_are_refused(
    files: FileImporter, ranges: list[tuple[int, int]], problem: str
) -> None:
    given_ranges = [{"startInterval": start, "endInterval": end, "quality": "SUBSTITUTE"} for start, end in ranges]
    found = await files.load(POINT, a_record(intervalRead=interval(1, readQualities=given_ranges)))
    assert found == [f"first.jsonl:2: $: {problem}"]


def convert(record: dict[str, Any]) -> Any:
    read = msgspec.json.decode(msgspec.json.encode(record), type=UsageRecord, dec_hook=lambda kind, text: kind(text))
    return converted_read(read, service_point_id(NMI), NOW)


def test_a_sum_that_differs_is_replaced_and_reported() -> None:
    """C-U5: a sum of doubles may have a rounding error."""
    assert convert(a_record(intervalRead=interval(0.1))).fix is None
    wrong = convert(a_record(intervalRead=interval(0.1, aggregateValue=4.800000000000001)))
    assert (wrong.read.total, wrong.read.scale) == (48, 1)
    assert wrong.fix == "aggregateValue replaced by the sum of the intervalReads"


@settings(deadline=None, database=None, derandomize=True, max_examples=100)
@given(st.integers(0, 9), st.lists(st.integers(-(10**12), 10**12), min_size=48, max_size=48))
def test_every_number_of_a_file_is_stored_exactly(scale: int, integers: list[int]) -> None:
    numbers = [f"{Decimal(value).scaleb(-scale):f}" for value in integers]
    text = msgspec.json.encode(a_record(intervalRead=interval(0)))
    text = text.replace(b"[" + b",".join([b"0"] * 48) + b"]", f"[{','.join(numbers)}]".encode())
    read = msgspec.json.decode(text, type=UsageRecord, dec_hook=lambda kind, name: kind(name))
    stored = converted_read(read, service_point_id(NMI), NOW).read
    values = unpack_values(stored.packed or b"", 48)
    assert [Decimal(value).scaleb(-stored.scale) for value in values] == [Decimal(number) for number in numbers]
    assert Decimal(stored.total).scaleb(-stored.scale) == sum(map(Decimal, numbers))


def test_the_reads_in_the_dsb_test_data_are_read_with_their_fixes(tmp_path: Path) -> None:
    customer = dsb.customer(1)
    outside = {"startInterval": 83, "endInterval": 163, "quality": "SUBSTITUTE"}
    inside = {"startInterval": 1, "endInterval": 48, "quality": "SUBSTITUTE"}
    customer["energy"]["servicePoints"][0]["usage"] = [
        {
            **a_read("2025-12-12T07:01:40.202Z", ""),
            "servicePointId": dsb.POINT,
            "intervalRead": interval(0.5) | {"readIntervalLength": 34, "readQualities": [outside, inside]},
        },
        {**a_read(), "servicePointId": dsb.POINT, "intervalRead": interval(*[1] * 47)},
        "no object",
    ]
    path, report = tmp_path / "dsb.json", Report()
    path.write_text(dsb.text([customer]))
    first, second = [each.record for each in read_dsb(path, 0, report) if isinstance(each.record, UsageRecord)]
    assert (first.service_point, str(first.read.readStartDate), first.read.registerSuffix) == (
        dsb.POINT,
        "2025-12-12",
        "E1",
    )
    assert first.read.intervalRead is not None
    assert first.read.intervalRead.readIntervalLength == 30
    assert len(first.read.intervalRead.readQualities or ()) == 1
    assert second.read.intervalRead is not None
    assert len(second.read.intervalRead.intervalReads or ()) == 47, "refused when it is loaded"
    places = [fix.location.path.partition(".usage")[2] for fix in report.fixes if ".usage" in fix.location.path]
    assert places == ["[0].readStartDate", "[0].registerSuffix", "[0].intervalRead"]
    assert [problem.location.path.partition(".usage")[2] for problem in report.problems] == ["[2]"]


async def test_reads_are_removed_by_days_and_register_in_the_order_of_the_records(files: FileImporter) -> None:
    days = [a_record(day=f"2025-02-0{day}", suffix=suffix) for day in (1, 2, 3) for suffix in ("B1", "E1")]
    removal = {"kind": "remove-usage", "servicePoint": "SP-1", "oldestDate": "2025-02-02", "newestDate": "2025-02-02"}
    assert await files.load(POINT, *days) == []
    assert await files.load({**removal, "registerSuffix": "B1"}) == []
    assert [(row.read_start_date.day, row.register_suffix) for row in await rows(files)] == [
        *((1, suffix) for suffix in ("B1", "E1")),
        (2, "E1"),
        *((3, suffix) for suffix in ("B1", "E1")),
    ]
    late = a_record(day="2025-02-02", suffix="E2")
    assert await files.load(late, {**removal, "oldestDate": "2025-02-01"}, a_record(day="2025-02-01")) == []
    assert [(row.read_start_date.day, row.register_suffix) for row in await rows(files)] == [
        (1, "E1"),
        (3, "B1"),
        (3, "E1"),
    ]
    assert len(await files.load({**removal, "servicePoint": "SP-9"}, {**removal, "newestDate": "2025-02-01"})) == 2
