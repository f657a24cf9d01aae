"""Days, hours and months of a zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tenants.metrics.windows import days, months

ADELAIDE, LONG_AGO = "Australia/Adelaide", datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (ADELAIDE, datetime(2026, 10, 4, 12, tzinfo=UTC), 23),
        (ADELAIDE, datetime(2026, 4, 5, 12, tzinfo=UTC), 25),
        (ADELAIDE, datetime(2026, 10, 5, 12, tzinfo=UTC), 24),
        ("Australia/Brisbane", datetime(2026, 10, 4, 12, tzinfo=UTC), 24),
        (
            "Australia/Lord_Howe",
            datetime(2026, 10, 4, 6, tzinfo=UTC),
            24,
        ),  # 23.5 hours: the last element is half an hour
        ("Australia/Eucla", datetime(2026, 10, 4, 6, tzinfo=UTC), 24),
    ],
)
def test_a_day_has_as_many_hours_as_the_clock_of_the_zone(zone: str, day: datetime, hours: int) -> None:
    """F-21 and case 7: 23 hours where daylight saving begins, 25 where it ends."""
    found = days(day + timedelta(days=1), ZoneInfo(zone), LONG_AGO).previous[0]
    assert len(found.hours) == hours
    assert found.period.begins.astimezone(ZoneInfo(zone)).time().isoformat() == "00:00:00"
    assert (found.hours[0].begins, found.hours[-1].ends) == found.period
    assert all(one.ends == next_one.begins for one, next_one in zip(found.hours, found.hours[1:], strict=False))


def test_the_current_day_ends_with_the_hour_that_has_begun() -> None:
    """F-27: hours that have not begun are left out."""
    now = datetime(2026, 11, 27, 3, 20, tzinfo=UTC)  # 14:20 in Sydney
    current = days(now, ZoneInfo("Australia/Sydney"), LONG_AGO).current
    assert len(current.hours) == 15
    assert current.period.seconds == 14 * 3600 + 20 * 60
    midnight = days(current.period.begins, ZoneInfo("Australia/Sydney"), LONG_AGO).current
    assert (len(midnight.hours), midnight.period.seconds) == (1, 1)


def test_only_days_since_the_tenant_exists_are_given_newest_first() -> None:
    """F-22: a tenant that is live since three days gives three entries, and none for the days before."""
    now = datetime(2026, 11, 27, 3, tzinfo=UTC)
    found = days(now, ZoneInfo("Australia/Sydney"), now - timedelta(days=3)).previous
    assert [day.period.begins.day for day in found] == [25, 24, 23]  # in UTC: each day begins on the one before
    assert len(days(now, ZoneInfo("Australia/Sydney"), LONG_AGO).previous) == 7
    assert days(now, ZoneInfo("Australia/Sydney"), now).previous == ()


def test_months_are_those_since_the_tenant_exists_and_at_most_twelve_in_the_past() -> None:
    now, zone = datetime(2026, 3, 10, tzinfo=UTC), ZoneInfo("Australia/Sydney")
    found = months(now, zone, LONG_AGO)
    assert found.current.ends == now
    assert len(found.previous) == 12
    assert found.previous[0].ends == found.current.begins
    since = datetime(2026, 1, 20, tzinfo=UTC)
    young = months(now, zone, since)
    assert len(young.previous) == 2
    assert young.previous[1].begins == since
    assert months(now, zone, now).previous == ()
