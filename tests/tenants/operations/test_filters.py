"""The filters of a resource: their values, their defaults and the values that are refused."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.accounts.service import market_day
from tenants.cds.errors import FIELD_INVALID, FIELD_INVALID_DATE_TIME, CdsError
from tenants.operations.filters import FilterContext, date_period, months_before, time_period

NOW = datetime(2026, 3, 31, 20, tzinfo=UTC)
"""In Sydney it is already the next day."""
SYDNEY = ZoneInfo("Australia/Sydney")


def period(
    newest: str | None, oldest: str | None, *, now: datetime = NOW, months: int = 24, is_market_day: bool = False
) -> tuple[date, date]:
    """Return the last and the first day that the values of the parameters select."""
    values: dict[str, date] = {}
    filters = date_period("issueDate", months=months, is_market_day=is_market_day)
    for by, value in zip(filters, (newest, oldest), strict=True):
        values[by.parameter] = by.value(value, FilterContext(now.astimezone(SYDNEY), values, market_day(now)))
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


def test_today_can_be_the_day_of_the_market_which_has_no_daylight_saving_c_q4() -> None:
    """At 13:30 UTC in summer, it is already the next day in Sydney, and not yet in the market."""
    now = datetime(2026, 1, 31, 13, 30, tzinfo=UTC)
    assert period(None, None, now=now) == (date(2026, 2, 1), date(2024, 2, 1))
    assert period(None, None, now=now, is_market_day=True) == (date(2026, 1, 31), date(2024, 1, 31))
    assert period("2099-01-01", None, now=now, is_market_day=True)[1] == date(2024, 1, 31)


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


def times(newest: str | None, oldest: str | None, *, now: datetime = NOW) -> tuple[datetime, datetime]:
    """Return the last and the first moment that the values of the parameters select."""
    values: dict[str, datetime] = {}
    for by, value in zip(time_period("executionDateTime", months=12), (newest, oldest), strict=True):
        values[by.parameter] = by.value(value, FilterContext(now.astimezone(SYDNEY), values, market_day(now)))
    return values["newest-time"], values["oldest-time"]


@pytest.mark.parametrize(
    ("newest", "oldest", "moments"),
    [
        (None, None, ("2026-03-31T20:00:00Z", "2025-03-31T20:00:00Z")),  # both at 07:00 in daylight saving time
        ("2025-01-31T10:00:00Z", None, ("2025-01-31T10:00:00Z", "2024-01-31T10:00:00Z")),
        ("2024-02-29T23:30:00+10:00", None, ("2024-02-29T13:30:00Z", "2023-02-28T13:30:00Z")),
        ("2025-03-01T05:00:00+10:00", None, ("2025-02-28T19:00:00Z", "2024-02-29T19:00:00Z")),
        (None, "2020-01-01t00:00:00.25z", ("2026-03-31T20:00:00Z", "2020-01-01T00:00:00.250000Z")),
        ("2025-01-31T10:00:00+10:00", "2025-01-31T00:00:00Z", ("2025-01-31T00:00:00Z", "2025-01-31T00:00:00Z")),
        ("2099-01-01T00:00:00Z", None, ("2099-01-01T00:00:00Z", "2025-03-31T20:00:00Z")),
        ("2025-01-31T00:00:00.1234569Z", None, ("2025-01-31T00:00:00.123456Z", "2024-01-31T00:00:00.123456Z")),
        (
            "9999-12-31T23:00:00-05:00",
            "0001-01-01T00:00:00+10:00",
            ("9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z"),
        ),
        ("0001-06-01T00:00:00Z", None, ("0001-06-01T00:00:00Z", "0001-01-01T00:00:00Z")),
    ],
)
def test_the_default_of_the_oldest_time_depends_on_the_newest_time(
    newest: str | None, oldest: str | None, moments: tuple[str, str]
) -> None:
    assert times(newest, oldest) == tuple(map(datetime.fromisoformat, moments))


def test_a_year_is_one_of_the_calendar_at_the_offset_of_its_end() -> None:
    """In Sydney the clock shows the same time, also where one of the two days has daylight saving time and not both."""
    last, first = times(None, None, now=datetime(2026, 4, 4, 20, tzinfo=UTC))  # the first hours of standard time
    assert (last.astimezone(UTC), first.astimezone(UTC)) == (
        datetime(2026, 4, 4, 20, tzinfo=UTC),
        datetime(2025, 4, 4, 19, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "value",
    [
        "",
        "now",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00Z",
        "2026-01-01T00:00:00+1000",
        "2026-01-01T00:00:00 +10:00",
        "2026-01-01T00:00:00Z ",
        "٢٠٢٦-01-01T00:00:00Z",
    ],
)
def test_a_value_that_is_no_date_time_is_an_invalid_field(value: str) -> None:
    """C-Q3: also a date alone is of the wrong type."""
    for newest, oldest in ((value, None), (None, value)):
        with pytest.raises(CdsError) as refused:
            times(newest, oldest)
        assert refused.value.kind is FIELD_INVALID


@pytest.mark.parametrize(
    ("newest", "oldest"),
    [
        ("2022-02-30T00:00:00Z", None),
        (None, "2022-01-01T24:00:00Z"),
        (None, "2022-01-01T00:00:00+24:00"),
        ("2025-01-31T10:00:00+10:00", "2025-01-31T00:00:01Z"),
        (None, "2026-03-31T20:00:01Z"),
    ],
)
def test_a_moment_that_does_not_exist_and_an_end_before_the_start_are_invalid_dates(
    newest: str | None, oldest: str | None
) -> None:
    with pytest.raises(CdsError) as refused:
        times(newest, oldest)
    assert refused.value.kind is FIELD_INVALID_DATE_TIME


def test_a_space_where_the_plus_of_an_offset_stands_is_read_as_a_plus() -> None:
    """C-Q10: a plus that was not encoded arrives as a space."""
    bare, encoded = "2025-01-31T10:00:00 10:00", "2025-01-31T10:00:00+10:00"
    assert times(bare, bare) == times(encoded, encoded)
    assert {by.written(bare) for by in time_period("executionDateTime", months=12)} == {encoded}
    assert {by.written(bare) for by in date_period("issueDate", months=24)} == {bare}


MOMENTS = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - the strategy adds the time zone
    max_value=datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


@given(newest=MOMENTS, now=MOMENTS)
def test_the_default_time_is_twelve_months_before_the_end_that_was_given(newest: datetime, now: datetime) -> None:
    """C-Q2, for every offset: the same day and time of the year before, or the last day of the month."""
    last, first = times(newest.isoformat(), None, now=now)
    assert last == newest
    end = min(newest, now.astimezone(SYDNEY))
    assert (first.year, first.month, first.timetz()) == (end.year - 1, end.month, end.timetz())
    assert end.day - first.day in ({0, 1} if end.month == 2 else {0})


@given(moment=MOMENTS)
def test_a_moment_is_the_same_with_every_offset_and_as_every_text(moment: datetime) -> None:
    for text in (moment.isoformat(), moment.astimezone(UTC).isoformat(), moment.isoformat().replace("+", " ")):
        assert times("2099-01-01T00:00:00Z", text)[1] == moment


@given(newest=st.dates(date(1990, 1, 1), date(2090, 1, 1)), now=MOMENTS, months=st.integers(0, 40))
def test_the_default_date_is_some_months_before_the_end_that_was_given(
    newest: date, now: datetime, months: int
) -> None:
    """C-Q2: the two ends are exactly so many months apart, and their days differ only at the end of a month."""
    last, first = period(str(newest), None, now=now, months=months)
    end = min(newest, now.astimezone(SYDNEY).date())
    assert last == newest
    assert (end.year - first.year) * 12 + end.month - first.month == months
    assert first.day == end.day or (first.day < end.day and (first + timedelta(days=1)).day == 1)
