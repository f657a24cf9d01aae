"""The filters of a resource: their values, their defaults and the values that are refused."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tenants.cds.errors import FIELD_INVALID, FIELD_INVALID_DATE_TIME, CdsError
from tenants.operations.filters import FilterContext, date_period, months_before

NOW = datetime(2026, 3, 31, 20, tzinfo=UTC)
"""In Sydney it is already the next day."""
SYDNEY = ZoneInfo("Australia/Sydney")


def period(newest: str | None, oldest: str | None, *, now: datetime = NOW, months: int = 24) -> tuple[date, date]:
    """Return the last and the first day that the values of the parameters select."""
    values: dict[str, date] = {}
    for by, given in zip(date_period("issueDate", months=months), (newest, oldest), strict=True):
        values[by.parameter] = by.value(given, FilterContext(now.astimezone(SYDNEY), values))
    return values["newest-date"], values["oldest-date"]


@pytest.mark.parametrize(
    ("newest", "oldest", "days"),
    [
        (None, None, ("2026-04-01", "2024-04-01")),
        ("2025-01-31", None, ("2025-01-31", "2023-01-31")),
        ("2024-02-29", None, ("2024-02-29", "2022-02-28")),
        (None, "2020-01-01", ("2026-04-01", "2020-01-01")),
        ("2025-01-31", "2025-01-31", ("2025-01-31", "2025-01-31")),
        ("2099-01-01", None, ("2099-01-01", "2024-04-01")),
        ("0001-06-01", None, ("0001-06-01", "0001-01-01")),
    ],
)
def test_the_default_of_the_oldest_date_depends_on_the_newest_date(
    newest: str | None, oldest: str | None, days: tuple[str, str]
) -> None:
    assert tuple(map(str, period(newest, oldest))) == days


@pytest.mark.parametrize(
    "given", ["", "today", "2025-1-31", "20250131", "2025-01-31T00:00:00Z", "2025-01-31 ", "٢٠٢٥-٠١-٣١"]
)
def test_a_value_that_is_no_date_is_an_invalid_field(given: str) -> None:
    for newest, oldest in ((given, None), (None, given)):
        with pytest.raises(CdsError) as refused:
            period(newest, oldest)
        assert refused.value.kind is FIELD_INVALID


@pytest.mark.parametrize(
    ("newest", "oldest"),
    [
        ("2022-02-30", None),
        (None, "2022-13-45"),
        ("0000-01-01", None),
        ("2025-01-30", "2025-01-31"),
        (None, "2026-04-02"),
    ],
)
def test_a_day_that_does_not_exist_and_an_end_before_the_start_are_invalid_dates(
    newest: str | None, oldest: str | None
) -> None:
    with pytest.raises(CdsError) as refused:
        period(newest, oldest)
    assert refused.value.kind is FIELD_INVALID_DATE_TIME


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 8, 31), 6, date(2026, 2, 28)),
        (date(2024, 8, 31), 6, date(2024, 2, 29)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 12, date(2025, 12, 31)),
        (date(2026, 12, 31), 0, date(2026, 12, 31)),
        (date(1, 1, 31), 1, date.min),
    ],
)
def test_months_are_those_of_the_calendar(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before
