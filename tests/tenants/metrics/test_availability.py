"""The availability of a month, from its outages."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tenants.availability.models import Outage
from tenants.metrics.availability import MILLION, availability
from tenants.metrics.windows import ReportedMonths, Span

BEGINS = datetime(2026, 11, 1, tzinfo=UTC)
MONTH = ReportedMonths(Span(BEGINS, BEGINS + timedelta(hours=100)), ())
WEEK = timedelta(days=7)


def outage(first: float, last: float | None, **changes: Any) -> Outage:
    """Return an outage between two hours of the month."""
    starts = BEGINS + timedelta(hours=first)
    values: dict[str, Any] = {
        "id": uuid4(),
        "starts_at": starts,
        "ends_at": None if last is None else BEGINS + timedelta(hours=last),
        "planned": False,
        "announced_at": starts,
        "partial": False,
        "explanation": "x",
        "opened_by": "tests",
        "updated_at": starts,
        **changes,
    }
    return Outage(**values)


def planned(first: float, last: float, notice: timedelta = WEEK, **changes: Any) -> Outage:
    return outage(first, last, planned=True, announced_at=BEGINS + timedelta(hours=first) - notice, **changes)


@pytest.mark.parametrize(
    ("outages", "down", "elapsed"),
    [
        ([], 0, 100),
        ([outage(10, 12)], 2, 100),
        ([outage(10, 12), outage(11, 13)], 3, 100),  # outages that overlap are merged
        ([outage(-5, 1), outage(98, None)], 3, 100),  # only the part in the month counts; an open one lasts until now
        ([planned(10, 20)], 0, 90),
        ([planned(10, 20, WEEK - timedelta(seconds=1))], 10, 100),  # announced too late: it is no planned outage
        ([planned(10, 20), outage(15, 25)], 5, 90),  # what happens in a planned outage is no more than planned
        ([outage(0, 30), planned(10, 20)], 20, 90),
        ([outage(10, 12, partial=True)], 2, 100),
        ([planned(0, 100)], 0, 100),
    ],
)
def test_the_availability_is_the_share_of_the_time_that_was_not_planned_to_be_unavailable(
    outages: list[Outage], down: float, elapsed: float
) -> None:
    """F-66, sm#163: planned outages that were announced a week ahead are excluded."""
    found = availability(outages, MONTH)
    assert {each.current for each in found.values()} == {MILLION - round(MILLION * down / elapsed)}


def test_all_endpoints_are_unavailable_when_one_class_is() -> None:
    outages = [
        outage(10, 12, endpoint_class="authenticated"),
        outage(11, 15, endpoint_class="unauthenticated"),
        planned(50, 60, endpoint_class="authenticated"),
        outage(50, 55, endpoint_class="unauthenticated"),
    ]
    found = availability(outages, MONTH)
    assert found["authenticated"].current == MILLION - round(MILLION * 2 / 90)
    assert found["unauthenticated"].current == MILLION - round(MILLION * 9 / 100)
    assert found["aggregate"].current == MILLION - round(MILLION * 10 / 95)


def test_each_month_has_its_own_share() -> None:
    before = Span(BEGINS - timedelta(hours=10), BEGINS)
    found = availability([outage(-5, 5)], ReportedMonths(MONTH.current, (before,)))["aggregate"]
    assert (found.current, found.previous) == (950_000, (500_000,))
