"""`haas outage`, run as an operator runs it, against a real database."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from haas.clock import MovableClock
from haas.database import Database
from tenants.availability import service, store
from tenants.availability.models import Outage
from tenants.registry.models import Tenant
from tests.support.commands import Haas
from tests.support.rows import run

HOUR = timedelta(hours=1)


async def outages(database: Database, tenant: Tenant, clock: MovableClock) -> list[Outage]:
    found: list[Outage] = await run(database, tenant, store.relevant, clock.now())
    return found


def local(moment: datetime, tenant: Tenant) -> str:
    return moment.astimezone(tenant.time_zone).replace(tzinfo=None).isoformat()


async def test_an_unplanned_outage_is_opened_listed_and_closed(
    haas: Haas, database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    assert "has no outages" in (await haas("outage", "list", tenant.slug)).output
    expected = clock.now() + 2 * HOUR
    opened = await haas(
        "outage", "open", tenant.slug, "--explanation", "A cable is cut.", "--ends", expected.isoformat(),
        "--class", "authenticated", "--partial",
    )  # fmt: skip
    assert opened.exit_code == 0, opened.output
    (outage,) = await outages(database, tenant, clock)
    assert (outage.planned, outage.partial, outage.endpoint_class) == (False, True, "authenticated")
    assert (outage.ends_at, outage.expected_end_at, outage.explanation) == (None, expected, "A cable is cut.")
    assert outage.opened_by.startswith("operator")
    assert str(outage.id) in opened.output
    listed = (await haas("outage", "list", tenant.slug)).output
    for shown in (str(outage.id), "unplanned", "authenticated", "A cable is cut."):
        assert shown in listed
    clock.move(timedelta(seconds=1))
    assert (await haas("outage", "close", tenant.slug, str(outage.id))).exit_code == 0
    (closed,) = await outages(database, tenant, clock)
    assert closed.closed_by == outage.opened_by
    again = await haas("outage", "close", tenant.slug, str(outage.id))
    assert again.exit_code == 1
    assert "there is no outage" in again.output


async def test_a_planned_outage_is_announced_in_the_time_zone_of_the_tenant_and_withdrawn(
    haas: Haas, database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    starts_at = (clock.now() + timedelta(days=8)).replace(microsecond=0)
    opened = await haas(
        "outage", "open", tenant.slug, "--planned", "--explanation", "We move.",
        "--starts", local(starts_at, tenant), "--ends", local(starts_at + 2 * HOUR, tenant),
    )  # fmt: skip
    assert opened.exit_code == 0, opened.output
    assert "Warning" not in opened.output
    (outage,) = await outages(database, tenant, clock)
    assert (outage.planned, outage.starts_at, outage.ends_at) == (True, starts_at, starts_at + 2 * HOUR)
    assert abs(outage.announced_at - clock.now()) < HOUR
    assert (await haas("outage", "close", tenant.slug, str(outage.id))).exit_code == 0
    assert await outages(database, tenant, clock) == []


@pytest.mark.parametrize(
    ("days", "hours", "warned"),
    [(8, 12, []), (6, 2, ["begins within a week"]), (8, 13, ["longer than 12 hours"]), (1, 24, ["week", "12 hours"])],
)
async def test_a_planned_outage_that_is_late_or_long_warns(
    haas: Haas, tenant: Tenant, clock: MovableClock, days: int, hours: int, warned: list[str]
) -> None:
    """C-D14 (sm#660), C-N11: it is stored, and whoever opens it learns what it costs."""
    starts_at = clock.now() + timedelta(days=days)
    ends_at = starts_at + hours * HOUR
    opened = await haas(
        "outage", "open", tenant.slug, "--planned", "--explanation", "We move.",
        "--starts", starts_at.isoformat(), "--ends", ends_at.isoformat(),
    )  # fmt: skip
    assert opened.exit_code == 0, opened.output
    assert opened.output.count("Warning: ") == len(warned)
    for text in warned:
        assert text in opened.output


@pytest.mark.parametrize(
    ("options", "starts", "ends", "reason"),
    [
        ((), None, -1, "not in the past"),
        ((), 1, None, "has not begun is a planned one"),
        (("--planned",), 1, None, "a planned outage has an end"),
        (("--planned",), -1, 1, "does not begin in the past"),
        (("--planned",), 2, 1, "ends after it has begun"),
        (("--planned",), 1, 24 * 40, "not longer than 31 days"),
        (("--explanation", "two\nlines"), None, None, "one line"),
        (("--explanation", " "), None, None, "explanation for end customers is required"),
        (("--explanation", "x" * 501), None, None, "at most 500"),
    ],
)
async def test_an_outage_with_impossible_values_is_refused(
    haas: Haas,
    database: Database,
    tenant: Tenant,
    clock: MovableClock,
    options: tuple[str, ...],
    starts: int | None,
    ends: int | None,
    reason: str,
) -> None:
    stated: list[Any] = ["--explanation", "A cable is cut."]
    for option, hours in (("--starts", starts), ("--ends", ends)):
        if hours is not None:
            stated += [option, (clock.now() + hours * HOUR).isoformat()]
    refused = await haas("outage", "open", tenant.slug, *stated, *options)
    assert refused.exit_code == 1
    assert re.search(reason, refused.output), refused.output
    assert await outages(database, tenant, clock) == []


async def test_a_time_that_is_none_and_an_unknown_tenant_are_refused(haas: Haas, tenant: Tenant) -> None:
    wrong = await haas("outage", "open", tenant.slug, "--explanation", "x", "--ends", "tomorrow")
    assert wrong.exit_code == 2
    assert "is not a time in ISO 8601 form" in wrong.output
    assert (await haas("outage", "list", "nobody")).exit_code == 1


async def test_the_number_of_outages_that_have_not_ended_is_limited(
    haas: Haas, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAXIMUM_OPEN", 1)
    open_ = ("outage", "open", tenant.slug, "--explanation", "A cable is cut.")
    assert (await haas(*open_)).exit_code == 0
    refused = await haas(*open_)
    assert refused.exit_code == 1
    assert "close one first" in refused.output
