"""Reading NEM12: cases L1, L2, L4 and L7 from public reports, clauses C-U1 to C-U9, and files that are damaged."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from tenants.usage.half_hours import half_hour_qualities, half_hour_values
from tenants.usage.models import IntervalDay, QualityRange, ReadQuality
from tenants.usage.nem12 import read_nem12
from tenants.usage.versions import latest_versions
from tests.support.nem12 import END, HEADER, L4_EVENTS, NMI, datastream, day, days, deviations, read, refused

SUBSTITUTE, FINAL = ReadQuality.SUBSTITUTE, ReadQuality.FINAL_SUBSTITUTE
ONES = [1] * 48


def only_day(*lines: str) -> IntervalDay:
    """The day of a file in which everything is right."""
    entries = read(HEADER, *lines, END)
    assert entries == days(entries)
    [found] = days(entries)
    return found.day


def refusals(*lines: str) -> list[tuple[int, str]]:
    """The refused records of the lines between a 100 and a 900 record. The first of them is line 2."""
    return [(line, reason) for line, reason in refused(read(HEADER, *lines, END))]


# Case L1: a download that breaks every rule of the envelope.


def l1_file(first: str, second: str) -> list[str]:
    return [
        "",
        datastream("E1"),
        day(["1.111"] * 48, updated=first),
        datastream("Q1"),
        day(["0.2"] * 48),
        "900",
        "",
        datastream("E1"),
        day(["3.333"] * 48, updated=second),
        "900",
    ]


@pytest.mark.parametrize(
    ("first", "second", "total"),
    [
        ("20240202120025", "20240203120025", "159.984"),
        ("20240203120025", "20240202120025", "53.328"),
        ("20240202120025", "20240202120025", "159.984"),  # of equal times, the later line
    ],
)
def test_l1_the_latest_version_of_each_register_is_read(first: str, second: str, total: str) -> None:
    entries = read(*l1_file(first, second))
    assert refused(entries) == []
    energy, reactive = (found.day for found in latest_versions(days(entries)))
    assert energy.key == (NMI, "E1", date(2024, 2, 1))
    assert Decimal(energy.total).scaleb(-energy.scale) == Decimal(total)
    assert energy.unit == "KWH"
    assert reactive.key == (NMI, "Q1", date(2024, 2, 1))
    assert Decimal(reactive.total).scaleb(-reactive.scale) == Decimal("9.6")
    assert reactive.unit == "KVARH"


def test_l1_each_deviation_is_reported_once() -> None:
    assert deviations(read(*l1_file("20240202120025", "20240203120025"))) == [
        (1, "empty line"),
        (2, "expected a 100 record, found a 200 record"),
        (7, "empty line"),
        (8, "expected a 100 record, found a 200 record"),
    ]


def test_versions_of_days_are_compared_with_the_time_of_their_update() -> None:
    entries = read(HEADER, datastream(), day(ONES, updated="20240203000000"), day([2] * 48, updated=""), END)
    assert deviations(entries) == [(4, "no UpdateDateTime: any other version of the day replaces this one")]
    assert [found.day.version for found in days(entries)] == [datetime(2024, 2, 3), datetime(2024, 2, 1)]  # noqa: DTZ001
    [latest] = latest_versions(days(entries))
    assert latest.line == 3


# Case L2: the number of values does not fit IntervalLength.


def test_l2_exactly_the_rows_with_a_wrong_number_of_values_are_reported() -> None:
    by_chance = [*["1.5"] * 96, "A", *["1.5"] * 191]
    entries = read(
        HEADER,
        datastream(minutes=15),
        day(["1.1"] * 288),
        day(["1.1"] * 96, date="20240202"),
        datastream(minutes=30),
        day(["1.1"] * 47, date="20240203"),
        datastream(minutes=15),
        day(by_chance, date="20240204"),
        day(["1.1"] * 96, date="20240205"),
        END,
    )
    assert refused(entries) == [
        (3, "expected 96 values before the quality flag, found 288"),
        (6, "expected 48 values before the quality flag, found 47"),
        (8, "expected 96 values before the quality flag, found 288"),
    ]
    assert [found.line for found in days(entries)] == [4, 9]
    assert [len(found.day.values) for found in days(entries)] == [96, 96]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("300,20240201,1,2,3", "expected a quality flag (A, E, F, N, S or V) after 48 values, found nothing"),
        (day(ONES, flag="X"), "expected a quality flag (A, E, F, N, S or V) after 48 values, found 'X'"),
        (day(ONES, flag="A,,a, b,"), "expected at most 5 fields after the values, found 9"),
        (day(ONES, date="20240230"), "expected YYYYMMDD as IntervalDate, found '20240230'"),
        (day(ONES, date="2024-2-1"), "expected YYYYMMDD as IntervalDate, found '2024-2-1'"),
        (day(ONES, updated="20240202"), "expected YYYYMMDDHHMMSS as UpdateDateTime, found '20240202'"),
        (day(ONES, updated="20240202250000"), "expected YYYYMMDDHHMMSS as UpdateDateTime, found '20240202250000'"),
        (day([*ONES[1:], ""]), "expected a number as value 48, found nothing"),
    ],
)
def test_a_300_record_that_is_not_valid_is_reported(row: str, reason: str) -> None:
    assert refusals(datastream(), row, day(ONES, date="20240203")) == [(3, reason)]


@pytest.mark.parametrize(
    "value",
    ["-1", "+1", "1e3", "1E-3", "NaN", "inf", "1_0", "1 0", "0x1", ".", "1.", "1.2.3", "1.0000000001", "1" * 16],
)
@pytest.mark.parametrize("others", ["1.25", "1"])
def test_a_value_that_is_not_a_plain_number_is_never_guessed(value: str, others: str) -> None:
    [(line, reason)] = refusals(datastream(), day([others] * 4 + [value] + [others] * 43))
    assert line == 3
    assert "as value 5, found" in reason


def test_values_are_exact_at_the_largest_number_of_decimal_places_of_the_row() -> None:
    found = only_day(datastream(), day([".5", "0.25", "10", "000000.125", "999999999999.001", *ONES[5:]]))
    assert found.scale == 3
    assert found.values == (500, 250, 10_000, 125, 999_999_999_999_001, *[1000] * 43)


def test_more_digits_than_the_sum_can_have_are_refused() -> None:
    row = day(["9999999999999", "0.001", *ONES[2:]])
    assert refusals(datastream(), row) == [
        (
            3,
            "expected at most 15 digits with the 3 decimal places of the record as value 1, found '9999999999999'",
        )
    ]
    assert refusals(datastream(), day(["1.0000", "123456789012.1234", *["1.0000"] * 46])) != []


# Case L4: variable quality.


def test_l4_the_qualities_of_the_400_records_are_those_of_the_day() -> None:
    found = only_day(datastream(), day(ONES, "V"), *L4_EVENTS)
    assert found.qualities == (QualityRange(1, 20, FINAL), QualityRange(25, 48, SUBSTITUTE))


@pytest.mark.parametrize(
    ("flag", "events", "line", "reason"),
    [
        ("V", [L4_EVENTS[0], L4_EVENTS[2]], 5, "expected 21 as StartInterval, found 25; the day in line 3 is not read"),
        ("V", [L4_EVENTS[0], "400,20,48,A,,"], 5, "expected 21 as StartInterval, found 20; the day in line 3"),
        ("V", ["400,1,20,A,,", "400,21,49,S14,1,"], 5, "expected 1 to 48 as EndInterval, found '49'"),
        ("V", ["400,0,48,A,,"], 4, "expected 1 to 48 as StartInterval, found '0'"),
        ("V", ["400,1,20,A,,", "400,21,20,A,,"], 5, "expected an EndInterval that is not before StartInterval 21"),
        ("V", ["400,1,48,V,,"], 4, "expected a quality flag (A, E, F, N or S), found 'V'"),
        ("V", ["400,1,48"], 4, "expected 4 to 6 fields, found 3"),
        ("V", [], 3, "expected 400 records for the intervals 1 to 48, found none"),
        ("V", L4_EVENTS[:2], 3, "expected 400 records for the intervals 1 to 48, found them for 1 to 24"),
        ("A", ["400,1,48,S14,1,"], 4, "expected no 400 record with the flag S after a 300 record with the flag A"),
        ("A", ["400,1,24,A,79,"], 3, "expected 400 records for the intervals 1 to 48, found them for 1 to 24"),
        ("S14", ["400,1,48,S14,1,"], 4, "expected no 400 record with the flag S after a 300 record with the flag S"),
    ],
)
def test_l4_a_bad_set_of_400_records_refuses_that_day_only(
    flag: str, events: list[str], line: int, reason: str
) -> None:
    entries = read(
        HEADER, datastream(), day(ONES, flag), *events, "400,1,48,A,,", "500,O,,,", day(ONES, date="20240202"), END
    )
    if not events or line == 3:  # the last 400 record would be part of the set
        entries = read(HEADER, datastream(), day(ONES, flag), *events, "500,O,,,", day(ONES, date="20240202"), END)
    [found] = refused(entries)
    assert found.line == line
    assert found.reason.startswith(reason)
    assert [good.day.read_date for good in days(entries)] == [date(2024, 2, 2)]


def test_l4_an_actual_day_may_have_400_records_for_its_reason_codes() -> None:
    found = only_day(datastream(), day(ONES, "A"), "400,1,24,A,79,", "400,25,48,A,89,text")
    assert found.qualities == ()


@pytest.mark.parametrize("flag", ["E52", "E", "S14", "N"])
def test_l4_an_estimate_or_null_is_never_actual(flag: str) -> None:
    """C-U4 names no quality for E and N."""
    zeros = [0] * 48
    assert only_day(datastream(), day(zeros, flag)).qualities == (QualityRange(1, 48, SUBSTITUTE),)
    varied = only_day(datastream(), day(zeros, "V"), "400,1,24,A,,", f"400,25,48,{flag},,")
    assert varied.qualities == (QualityRange(25, 48, SUBSTITUTE),)


def test_ranges_that_touch_with_the_same_quality_become_one() -> None:
    found = only_day(datastream(), day([0] * 48, "V"), "400,1,9,E52,,", "400,10,20,S14,1,", "400,21,48,F14,1,")
    assert found.qualities == (QualityRange(1, 20, SUBSTITUTE), QualityRange(21, 48, FINAL))


def test_null_intervals_have_the_value_0() -> None:
    """C-U4. A null interval with a value, or a missing value without the flag N, is refused."""
    nothing = [""] * 24
    found = only_day(datastream(), day([*nothing, *ONES[24:]], "V"), "400,1,24,N,,", "400,25,48,A,,")
    assert found.values == (*[0] * 24, *ONES[24:])
    assert found.qualities == (QualityRange(1, 24, SUBSTITUTE),)
    assert only_day(datastream(), day(["0.00"] * 48, "N", updated="")).total == 0
    assert refusals(datastream(), day(ONES, "N")) == [(3, "expected 0 or nothing as value 1, which has the flag N")]
    assert refusals(datastream(), day([*nothing, *ONES[24:]], "V"), "400,1,23,N,,", "400,24,48,A,,") == [
        (3, "expected a number as value 24, found nothing")
    ]


def test_l4_a_half_hour_is_substituted_if_any_part_of_it_is() -> None:
    found = only_day(datastream(minutes=5), day([1] * 288, "V"), "400,1,4,A,,", "400,5,8,S14,1,", "400,9,288,A,,")
    assert found.qualities == (QualityRange(5, 8, SUBSTITUTE),)
    assert half_hour_qualities(found.qualities, 5) == (QualityRange(1, 2, SUBSTITUTE),)


# Case L7: the label of an interval is its start.


def test_l7_all_values_of_a_day_are_under_its_date() -> None:
    found = only_day(datastream(), day(range(1, 49)))
    assert found.read_date == date(2024, 2, 1)
    assert found.values == tuple(range(1, 49))
    assert half_hour_values(found.values, 30) == found.values


def test_l7_half_hours_of_five_minutes_begin_at_midnight() -> None:
    found = only_day(datastream(minutes=5), day(range(1, 289)))
    half_hours = half_hour_values(found.values, found.interval_minutes)
    assert len(half_hours) == 48
    assert half_hours[0] == 21
    assert half_hours[-1] == 1713


@pytest.mark.parametrize("changed", ["20241006", "20250406"])
def test_days_on_which_clocks_change_have_24_hours(changed: str) -> None:
    """C-U1, C-U2: the first Sundays of October and April."""
    assert len(only_day(datastream(minutes=5), day([1] * 288, date=changed)).values) == 288
    assert len(refusals(datastream(minutes=5), day([1] * 276, date=changed), day([1] * 300, date=changed))) == 2


def test_exports_are_negative_and_registers_are_kept_apart() -> None:
    """C-U3. Reactive energy keeps its sign, also that of the suffix K."""
    entries = read(
        HEADER, *(line for suffix in ("E1", "B1", "K1") for line in (datastream(suffix), day(["0.5"] * 48))), END
    )
    assert {found.day.register_suffix: found.day.total for found in days(entries)} == {"E1": 240, "B1": -240, "K1": 240}


def test_the_meter_of_a_day_is_that_of_its_200_record() -> None:
    """A new meter applies from the date of the exchange, also if it has another interval length or register."""
    entries = read(
        HEADER,
        datastream(serial="OLD", minutes=30),
        day(ONES),
        day(ONES, date="20240202"),
        datastream(serial="NEW", minutes=5),
        day([1] * 288, date="20240202", updated="20240203000000"),
        day([1] * 288, date="20240203"),
        datastream(serial=""),
        day(ONES, date="20240204"),
        END,
    )
    assert refused(entries) == []
    latest = [found.day for found in latest_versions(days(entries))]
    assert [(one.read_date.day, one.meter_serial, one.interval_minutes) for one in latest] == [
        (1, "OLD", 30),
        (2, "NEW", 5),
        (3, "NEW", 5),
        (4, None, 30),
    ]


def test_the_fields_of_a_day() -> None:
    assert only_day(f"200,{NMI},E1B1,7,E1,,MTR 1/A,kWh,05", day(["0.100"] * 288, "F14")) == IntervalDay(
        nmi=NMI,
        register_suffix="E1",
        read_date=date(2024, 2, 1),
        interval_minutes=5,
        unit="kWh",
        scale=3,
        values=(100,) * 288,
        qualities=(QualityRange(1, 288, FINAL),),
        version=datetime(2024, 2, 2, 12, 0, 25),  # noqa: DTZ001 - market time has no zone
        meter_serial="MTR 1/A",
        register_id="7",
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("200,NMI1", "expected 9 to 10 fields, found 2"),
        (datastream() + "20240301,more", "expected 9 to 10 fields, found 11"),
        (datastream(nmi="41020000010"), "expected 10 capital letters and digits as NMI, found '41020000010'"),
        (datastream(nmi="nmi0000001"), "expected 10 capital letters and digits as NMI, found 'nmi0000001'"),
        (
            datastream(suffix="E11"),
            "expected a capital letter, and a capital letter or digit as NMISuffix, found 'E11'",
        ),
        (datastream(serial="é"), "expected at most 50 characters as MeterSerialNumber, found '\\xc3\\xa9'"),
        (datastream(minutes=10), "expected 5, 15 or 30 as IntervalLength, found '10'"),
        (datastream(minutes=""), "expected 5, 15 or 30 as IntervalLength, found nothing"),
        (datastream().replace("KWH", ""), "expected 1 to 5 letters as UOM, found nothing"),
    ],
)
def test_days_after_a_200_record_that_is_not_valid_are_not_read(line: str, reason: str) -> None:
    entries = read(HEADER, datastream(), day(ONES), line, day(ONES, "V"), *L4_EVENTS, datastream(), day(ONES), END)
    first, second = refused(entries)
    assert first.line == 4
    assert first.reason.startswith(reason)
    assert second == (5, "the 300 record is not read: the 200 record in line 4 is refused")
    assert [found.line for found in days(entries)] == [3, 10]


# Records out of place, and lines that are no records.


def test_a_300_record_belongs_to_no_200_record_of_another_file() -> None:
    assert refused(read(day(ONES), datastream(), day(ONES), END, day(ONES), HEADER, day(ONES), END)) == [
        (1, "the 300 record is not read: there is no 200 record before it"),
        (5, "the 300 record is not read: there is no 200 record between the 900 record and it"),
        (7, "the 300 record is not read: there is no 200 record between the 100 record and it"),
    ]


def test_records_out_of_place_are_reported() -> None:
    assert refusals(datastream(), "400,1,48,A,,") == [(3, "expected a 300 record before the 400 record")]
    assert deviations(read(HEADER, datastream(), "500,O,,,", END)) == [
        (3, "expected a 300 record before the 500 record")
    ]
    assert deviations(read(HEADER, HEADER, END, END)) == [
        (2, "expected a 900 record before the next 100 record"),
        (4, "expected a 100 record, found a 900 record"),
    ]
    assert deviations(read("100,NEM13,202402030000,A,B", END)) == [(1, "expected NEM12 as version, found 'NEM13'")]
    assert deviations(read("100", END)) == [(1, "expected NEM12 as version, found nothing")]


def test_a_file_that_ends_early_is_reported() -> None:
    entries = read(HEADER, datastream(), day(ONES))
    assert len(days(entries)) == 1
    assert deviations(entries) == [(3, "the file ends without a 900 record; it may be incomplete")]
    assert read() == []


@pytest.mark.parametrize("line", ["some text", "3000", "30", "1.1,1.2", "\0\0", '"300",20240201', "550,N,,A,"])
def test_a_line_that_is_no_record_costs_no_day(line: str) -> None:
    entries = read(HEADER, datastream(), day(ONES), line, day(ONES, "V"), *L4_EVENTS, line, day(ONES), END)
    assert [found.line for found in refused(entries)] == [4, 9]
    assert refused(entries)[0].reason.startswith("expected a record 100, 200, 300, 400, 500 or 900, found ")
    assert [found.line for found in days(entries)] == [3, 5, 10]


def test_400_records_after_a_line_that_is_no_record_belong_to_no_day() -> None:
    """The line may have been the 300 record to which they belong."""
    entries = read(HEADER, datastream(), day(ONES), "3OO,20240202,1,1", *L4_EVENTS, END)
    assert [found.line for found in refused(entries)] == [4, 5, 6, 7]
    assert [found.line for found in days(entries)] == [3]


@pytest.mark.parametrize(
    "line",
    [
        datastream(nmi="NMI0000002").replace("200,", "2O0,"),
        datastream(nmi="NMI0000002").replace("200,", "x00,"),
        "20",
        day(ONES) + datastream(nmi="NMI0000002"),
        "400,1,48,A,," + datastream(nmi="NMI0000002"),
        day(ONES, "V") + "\n400,1,48,A,," + datastream(nmi="NMI0000002"),
        day(ONES, "X") + "\n400,1,48,A,," + datastream(nmi="NMI0000002"),
        "500,O,,20240201000001,12.5" + datastream(nmi="NMI0000002"),
        datastream() + "20240301" + datastream(nmi="NMI0000002"),
    ],
)
def test_a_day_is_never_given_to_a_service_point_that_may_not_be_its_own(line: str) -> None:
    """A refused line can be a damaged 200 record, or can have a 200 record in it because the end of a line was lost."""
    before = [HEADER, datastream(), *line.split("\n")]
    entries = read(*before, day(ONES), day(ONES), datastream(), day(ONES), END)
    assert [found.line for found in refused(entries)][1:] == [len(before) + 1, len(before) + 2]
    assert [found.line for found in days(entries)] == [len(before) + 4]


def test_days_after_a_line_that_could_not_be_read_are_not_guessed() -> None:
    lines = [
        (1, HEADER),
        (2, datastream()),
        (3, day(ONES)),
        (5, day(ONES)),
        (6, datastream()),
        (7, day(ONES)),
        (8, END),
    ]
    entries = list(read_nem12((number, line.encode()) for number, line in lines))
    assert refused(entries) == [(5, "the 300 record is not read: line 4 cannot be read and may have been a 200 record")]
    assert [found.line for found in days(entries)] == [3, 7]
