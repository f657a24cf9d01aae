"""Days and months of the market."""

from datetime import UTC, date, datetime

import pytest

from ops.sandbox.ehub.calendar_days import market_day, months_before, next_quarter, quarter_begin


def test_a_day_of_the_market_begins_at_14_00_utc_all_year() -> None:
    """C-U1: there is no daylight saving."""
    for month in (1, 7):
        assert market_day(datetime(2026, month, 10, 13, 59, tzinfo=UTC)) == date(2026, month, 10)
        assert market_day(datetime(2026, month, 10, 14, 0, tzinfo=UTC)) == date(2026, month, 11)


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 11, 25), 24, date(2024, 11, 25)),
        (date(2024, 2, 29), 24, date(2022, 2, 28)),
        (date(2026, 1, 31), 2, date(2025, 11, 30)),
        (date(2026, 12, 1), -1, date(2027, 1, 1)),
    ],
)
def test_months_are_counted_to_the_same_day_or_the_last_one(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


def test_quarters_begin_in_january_april_july_and_october() -> None:
    assert {quarter_begin(date(2026, month, 15)).month for month in range(1, 13)} == {1, 4, 7, 10}
    assert next_quarter(date(2026, 10, 1)) == date(2027, 1, 1)
