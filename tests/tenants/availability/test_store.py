"""Outages: their constraints, which of several is current, and their durations."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from haas.database import Database
from tenants.availability import store
from tenants.availability.models import Outage
from tenants.availability.service import current, iso_duration
from tenants.availability.tables import outage
from tenants.registry.models import Tenant
from tests.support.constraints import Violation, assert_violated, names

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
VIOLATIONS = (
    Violation(outage, "outage_endpoint_class_check", {"endpoint_class": "some"}),
    Violation(outage, "outage_period_check", {"ends_at": NOW - HOUR}),
    Violation(outage, "outage_expected_end_at_check", {"expected_end_at": NOW - HOUR}),
    Violation(outage, "outage_planned_check", {"planned": True}),
    Violation(outage, "outage_closed_by_check", {"closed_by": "staff"}),
)


def an_outage(explanation: str, **changes: Any) -> Outage:
    values: dict[str, Any] = {
        "id": uuid4(),
        "starts_at": NOW - HOUR,
        "ends_at": None,
        "planned": False,
        "announced_at": NOW - HOUR,
        "partial": False,
        "explanation": explanation,
        "opened_by": "staff",
        "updated_at": NOW - HOUR,
    }
    return Outage(**{**values, **changes})


def planned(explanation: str, starts_at: datetime, ends_at: datetime, **changes: Any) -> Outage:
    return an_outage(explanation, planned=True, starts_at=starts_at, ends_at=ends_at, **changes)


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda each: each.constraint)
async def test_a_row_that_breaks_a_constraint_is_refused(
    database: Database, tenant: Tenant, violation: Violation
) -> None:
    good = msgspec.structs.asdict(an_outage("good", starts_at=NOW))
    await assert_violated(database, tenant, good, violation)


def test_every_constraint_has_a_violation() -> None:
    assert {violation.constraint for violation in VIOLATIONS} == names(outage)


async def test_the_most_severe_of_several_outages_is_current(database: Database, tenant: Tenant) -> None:
    async with database.transaction(tenant.namespace) as tx:
        assert await store.relevant(tx, NOW) == []
        by_severity = (
            planned("not begun", NOW + HOUR, NOW + 2 * HOUR),
            planned("over", NOW - 2 * HOUR, NOW),
            an_outage("ended early", ends_at=NOW - HOUR / 2, closed_by="staff"),
            planned("planned in part", NOW, NOW + HOUR, partial=True),
            planned("planned", NOW, NOW + HOUR),
            an_outage("in part", partial=True),
            an_outage("of one class", endpoint_class="authenticated", updated_at=NOW - HOUR / 2),
            an_outage("whole", updated_at=NOW - HOUR),
            an_outage("whole, told later", updated_at=NOW),
        )
        found = []
        for each in by_severity:
            await store.add(tx, each)
            latest = current(await store.relevant(tx, NOW), NOW)
            found.append(latest and latest.explanation)
    assert found == [None, None, None, *(each.explanation for each in by_severity[3:])]


async def test_outages_that_have_not_ended_are_relevant_and_the_one_that_ended_last(
    database: Database, tenant: Tenant
) -> None:
    async with database.transaction(tenant.namespace) as tx:
        for each in (
            planned("later", NOW + HOUR, NOW + 2 * HOUR),
            planned("now", NOW - HOUR, NOW + HOUR),
            planned("over", NOW - HOUR, NOW),
            planned("over before", NOW - HOUR, NOW - HOUR / 2),
            an_outage("unplanned"),
        ):
            await store.add(tx, each)
        assert {each.explanation for each in await store.relevant(tx, NOW)} == {"later", "now", "over", "unplanned"}
        assert await store.number_of_open(tx, NOW) == 3
        between = await store.between(tx, NOW, NOW + HOUR)
    assert {each.explanation for each in between} == {"now", "unplanned"}


async def test_an_outage_can_be_corrected_and_closed_only_once(database: Database, tenant: Tenant) -> None:
    one = an_outage("unknown")
    async with database.transaction(tenant.namespace) as tx:
        await store.add(tx, one)
        await store.change(tx, one.id, now=NOW, explanation="a cable", expected_end_at=NOW + HOUR)
        (found,) = await store.relevant(tx, NOW)
        assert (found.explanation, found.expected_end_at, found.updated_at) == ("a cable", NOW + HOUR, NOW)
        assert await store.close(tx, one.id, closed_by="staff", now=NOW + HOUR)
        assert not await store.close(tx, one.id, closed_by="staff", now=NOW + 2 * HOUR)
        (closed,) = await store.relevant(tx, NOW + 3 * HOUR)
    assert (closed.ends_at, closed.closed_by) == (NOW + HOUR, "staff")


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(hours=2), "PT2H"),
        (timedelta(minutes=90), "PT1H30M"),
        (timedelta(days=1), "P1D"),
        (timedelta(days=1, minutes=30), "P1DT30M"),
        (timedelta(seconds=5), "PT5S"),
        (timedelta(0), "PT0S"),
    ],
)
def test_a_duration_is_written_in_iso_8601(length: timedelta, text: str) -> None:
    assert iso_duration(length) == text
