"""Generated interval values."""

from datetime import date, timedelta

from ops.sandbox.ehub.interval_values import DayOfValues, day_of_values

SEED = bytes(range(32))
DAY = date(2026, 7, 1)


def test_half_hours_are_sums_with_the_worst_quality_of_their_parts() -> None:
    """C-Q5, C-U4, case L7: the first half hour of 1 … 288 is 21, the last one 1713."""
    day = DayOfValues(5, list(range(1, 289)), ((6, 8, "SUBSTITUTE"), (288, 288, "FINAL_SUBSTITUTE")))
    half_hours = day.in_half_hours()
    assert (half_hours.minutes, len(half_hours.values)) == (30, 48)
    assert (half_hours.values[0], half_hours.values[-1], half_hours.total) == (21, 1713, day.total)
    assert half_hours.qualities == ((1, 2, "SUBSTITUTE"), (48, 48, "FINAL_SUBSTITUTE"))


def test_half_hours_of_a_meter_with_half_hours_are_the_same() -> None:
    day = day_of_values(SEED, "E1", DAY, 30)
    assert day.in_half_hours() == day


def test_values_differ_by_service_point_register_and_day() -> None:
    values = [
        day_of_values(seed, suffix, day, 5).values
        for seed, suffix, day in (
            (SEED, "E1", DAY),
            (SEED, "B1", DAY),
            (SEED[::-1], "E1", DAY),
            (SEED, "E1", DAY + timedelta(days=1)),
        )
    ]
    assert len({tuple(each) for each in values}) == 4
    assert values[0] == day_of_values(SEED, "E1", DAY, 5).values


def test_some_days_have_reads_that_are_not_actual_within_the_day_and_without_overlap() -> None:
    for minutes, count in ((5, 288), (30, 48)):
        days = [day_of_values(SEED, "E1", DAY + timedelta(days=number), minutes) for number in range(400)]
        marked = [day for day in days if day.qualities]
        assert 20 < len(marked) < 100
        for day in marked:
            (_, first_end, _), (second_begin, second_end, _) = day.qualities
            assert 1 <= first_end < second_begin <= second_end <= count
            (_, first_end, _), (second_begin, _, _) = day.in_half_hours().qualities
            assert first_end < second_begin


def test_solar_exports_at_midday_only() -> None:
    day = day_of_values(SEED, "B1", DAY, 30)
    assert day.values[0] == day.values[-1] == 0
    assert min(day.values) == min(day.values[18:32]) < -100
