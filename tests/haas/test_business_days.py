"""Business days are Monday to Friday without the national public holidays of Australia."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from haas.business_days import add_business_days, end_of_business_days, is_business_day

SYDNEY = ZoneInfo("Australia/Sydney")


@pytest.mark.parametrize(
    ("day", "number", "result"),
    [
        (date(2026, 11, 27), 1, date(2026, 11, 30)),  # a Friday
        (date(2026, 11, 28), 1, date(2026, 11, 30)),  # a Saturday is not counted
        (date(2026, 11, 27), 10, date(2026, 12, 11)),
        (date(2026, 12, 24), 1, date(2026, 12, 29)),  # Boxing Day is on Saturday, and observed on Monday
        (date(2021, 12, 24), 1, date(2021, 12, 29)),  # Christmas is on Saturday, Boxing Day on Sunday
        (date(2022, 12, 23), 1, date(2022, 12, 28)),  # Christmas is on Sunday
        (date(2021, 12, 31), 1, date(2022, 1, 4)),  # New Year's Day is on Saturday
        (date(2026, 4, 2), 1, date(2026, 4, 7)),  # Easter
        (date(2027, 3, 25), 1, date(2027, 3, 30)),
        (date(2026, 1, 23), 1, date(2026, 1, 27)),  # Australia Day
        (date(2028, 4, 24), 1, date(2028, 4, 26)),  # Anzac Day
    ],
)
def test_business_days_are_counted_from_the_day_after(day: date, number: int, result: date) -> None:
    assert add_business_days(day, number) == result
    assert is_business_day(result)
    assert add_business_days(day, 0) == day


@pytest.mark.parametrize("day", ["2024-04-01", "2025-04-21", "2027-03-29", "2028-04-17", "2022-12-27", "2022-01-03"])
def test_easter_mondays_and_substitute_days_are_no_business_days(day: str) -> None:
    """25 December 2022 was a Sunday, with the Tuesday as its substitute; 1 January 2022 was a Saturday."""
    assert not is_business_day(date.fromisoformat(day))


@pytest.mark.parametrize(
    ("since", "end"),
    [
        ("2026-11-27T10:00+11:00", "2026-12-05T00:00+11:00"),  # a Friday: the five days of the next week
        ("2026-11-28T10:00+11:00", "2026-12-05T00:00+11:00"),  # a Saturday
        ("2026-12-22T14:00+00:00", "2027-01-05T00:00+11:00"),  # the 23rd in Sydney, then Christmas and New Year
    ],
)
def test_a_time_limit_ends_with_a_business_day(since: str, end: str) -> None:
    assert end_of_business_days(datetime.fromisoformat(since), 5, SYDNEY) == datetime.fromisoformat(end)
