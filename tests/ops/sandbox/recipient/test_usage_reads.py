"""The figures behind the charts of usage: sums, gaps, signs, units, and days of 48 half hours."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ops.sandbox.recipient.usage_reads import (
    MonthUse,
    PeriodUse,
    first_of_month,
    half_hours,
    market_day,
    months,
    periods,
    usable_reads,
)
from tests.ops.sandbox.recipient.shared_data import FLAT_POINT, HOUSE_POINT, basic_read, interval_read

DAY = date(2026, 11, 3)
FLAT_DAY = [0.1] * 48


def uses(*reads: dict[str, Any]) -> list[PeriodUse]:
    return periods(usable_reads(reads).reads)


def by_month(*reads: dict[str, Any], oldest: date, newest: date, point: str = FLAT_POINT) -> list[MonthUse]:
    return months(uses(*reads), point, oldest, newest)


def test_registers_of_a_day_are_added_up_and_export_is_kept_apart() -> None:
    """C-U3: a register for export has negative values, and is not netted with one for consumption."""
    [use] = uses(
        interval_read(DAY, "E1", FLAT_DAY),
        interval_read(DAY, "E2", [0.9] + [0.0] * 47, controlledLoad=True),
        interval_read(DAY, "B1", [-0.2] * 48),
    )
    assert (use.consumed, use.exported, use.controlled_load) == (Decimal("5.7"), Decimal("9.6"), Decimal("0.9"))


def test_sums_are_exact() -> None:
    """C-U5: ten times 0.1 as floats would be 0.9999999999999999."""
    days = [interval_read(date(2026, 11, day), "E1", [0.1]) for day in range(1, 11)]
    [month] = by_month(*days, oldest=date(2026, 11, 1), newest=date(2026, 11, 30), point=HOUSE_POINT)
    assert month.consumed == Decimal(1)
    assert (month.days, month.of_days) == (10, 30)


def test_months_without_reads_are_gaps_and_not_zero() -> None:
    found = by_month(
        interval_read(date(2026, 9, 30), "E1", [0.0] * 48),
        interval_read(date(2026, 11, 1), "E1", FLAT_DAY),
        oldest=date(2026, 9, 1),
        newest=date(2026, 11, 2),
        point=HOUSE_POINT,
    )
    assert [(month.month.month, month.days, month.of_days) for month in found] == [(9, 1, 30), (10, 0, 31), (11, 1, 2)]
    assert found[0].consumed == 0


def test_a_read_of_several_months_is_divided_by_days() -> None:
    """An accumulation meter has one read of 92 days, of which 31, 31 and 30 are in the three months."""
    found = by_month(
        basic_read(date(2026, 7, 1), date(2026, 9, 30), 920, basicRead={"value": 920, "quality": "SUBSTITUTE"}),
        oldest=date(2026, 6, 1),
        newest=date(2026, 9, 30),
    )
    assert [month.consumed for month in found] == [0, 310, 310, 300]
    assert [month.spread for month in found] == [False, True, True, True]
    assert [month.estimated for month in found] == [False, True, True, True]


def test_the_part_of_a_read_before_the_requested_days_is_left_out() -> None:
    [month] = by_month(
        basic_read(date(2025, 10, 1), date(2025, 11, 30), 610), oldest=date(2025, 11, 1), newest=date(2025, 11, 30)
    )
    assert month.consumed == Decimal(300)


def test_a_read_of_one_month_is_not_divided() -> None:
    [month] = by_month(
        basic_read(date(2026, 2, 1), date(2026, 2, 28), 100), oldest=date(2026, 2, 1), newest=date(2026, 2, 28)
    )
    assert (month.consumed, month.spread, month.days) == (100, False, 28)


def test_reads_of_another_service_point_are_not_counted() -> None:
    [month] = by_month(interval_read(DAY, "E1", FLAT_DAY), oldest=date(2026, 11, 1), newest=date(2026, 11, 30))
    assert month.days == 0


@pytest.mark.parametrize("day", [date(2026, 10, 4), date(2026, 4, 5)])
def test_days_on_which_daylight_saving_starts_or_ends_have_48_half_hours(day: date) -> None:
    """C-U1, C-U2: days are days of AEST, which has no daylight saving."""
    values = [index / 1000 for index in range(48)]
    [reads] = half_hours(usable_reads([interval_read(day, "E1", values)]).reads, day)
    assert reads.consumed == [Decimal(index) / 1000 for index in range(48)]
    assert market_day(datetime(day.year, day.month, day.day, 13, 59, tzinfo=UTC)) == day
    assert market_day(datetime(day.year, day.month, day.day, 14, 0, tzinfo=UTC)) != day


def test_half_hours_keep_consumption_and_export_apart_and_know_what_is_missing_or_estimated() -> None:
    consumed = interval_read(DAY, "E1", [0.5] * 46)
    consumed["intervalRead"]["readQualities"] = [{"startInterval": 2, "endInterval": 3, "quality": "SUBSTITUTE"}]
    [reads] = half_hours(usable_reads([consumed, interval_read(DAY, "B1", [-0.25] * 46)]).reads, DAY)
    assert reads.consumed[0] == Decimal("0.5")
    assert reads.exported[0] == Decimal("0.25")
    assert reads.consumed[46:] == [None, None]
    assert [index for index, estimated in enumerate(reads.estimated) if estimated] == [1, 2]


def test_one_register_can_have_values_of_both_signs() -> None:
    [reads] = half_hours(usable_reads([interval_read(DAY, "E1", [1.0, -2.0] + [0.0] * 46)]).reads, DAY)
    assert (reads.consumed[:2], reads.exported[:2]) == ([1, 0], [0, 2])


@pytest.mark.parametrize(
    "read",
    [
        interval_read(date(2026, 11, 4), "E1", FLAT_DAY),
        basic_read(DAY, DAY, 5),
        interval_read(DAY, "E1", FLAT_DAY, intervalRead={"aggregateValue": 4.8}),
        interval_read(
            DAY, "E1", [], intervalRead={"aggregateValue": 1, "readIntervalLength": 5, "intervalReads": [0.1]}
        ),
    ],
)
def test_reads_of_another_day_or_without_half_hours_give_no_half_hours(read: dict[str, Any]) -> None:
    assert half_hours(usable_reads([read]).reads, DAY) == []


@pytest.mark.parametrize(("unit", "kwh"), [("KWH", "5"), ("kWh", "5"), (None, "5"), ("Wh", "0.005"), ("MWh", "5000")])
def test_energy_in_other_units_is_converted(unit: str | None, kwh: str) -> None:
    [use] = uses(basic_read(DAY, DAY, 5, unitOfMeasure=unit))
    assert use.consumed == Decimal(kwh)


def test_intervals_in_other_units_are_converted() -> None:
    [reads] = half_hours(usable_reads([interval_read(DAY, "E1", [500.0] * 48, unitOfMeasure="Wh")]).reads, DAY)
    assert reads.consumed[0] == Decimal("0.5")


def test_reads_that_are_not_energy_are_named_and_not_added_up() -> None:
    found = usable_reads([interval_read(DAY, "K1", FLAT_DAY, unitOfMeasure="KVARH")])
    assert (found.reads, found.other_units, found.unusable) == ([], ["KVARH"], 0)


@pytest.mark.parametrize(
    "read",
    [
        "no object",
        {},
        basic_read(DAY, date(2026, 11, 2), 5),
        basic_read(date(2020, 1, 1), date(2026, 1, 1), 5),
        basic_read(DAY, DAY, 1e300),
        basic_read(DAY, DAY, float("nan")),
        basic_read(DAY, DAY, 5, intervalRead={"aggregateValue": 5}),
        interval_read(DAY, "E1", [0.1] * 49),
        interval_read(DAY, "E1", FLAT_DAY, readStartDate="2026-02-30"),
    ],
)
def test_reads_that_do_not_follow_the_standards_are_counted_and_not_used(read: Any) -> None:
    found = usable_reads([read, basic_read(DAY, DAY, 1)])
    assert (len(found.reads), found.unusable) == (1, 1)


def test_first_of_month_counts_back_over_years() -> None:
    assert first_of_month(date(2026, 1, 31), 1) == date(2025, 12, 1)
    assert first_of_month(date(2026, 11, 25), 12) == date(2025, 11, 1)
    assert first_of_month(date(2025, 12, 5), -1) == date(2026, 1, 1)
