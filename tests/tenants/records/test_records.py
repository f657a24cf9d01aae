"""Complaints, corrections and requests for copies: time limits, decisions, and the half-yearly figures."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert

from haas.business_days import add_business_days
from haas.clock import MovableClock
from haas.database import Database
from haas.one_line import InvalidLine
from tenants.accounts.models import RequestRefusal
from tenants.accounts.tables import refusal
from tenants.calls.models import RefusedDay
from tenants.calls.store import add_refusals, aggregate_minutes
from tenants.calls.tables import call_rollup
from tenants.records import complaints, copies, corrections, half_year
from tenants.records.errors import RecordRefused, UnknownRecord
from tenants.records.models import ComplaintKind, CorrectionDecision, HalfYearReport, NewComplaint
from tenants.registry.models import Tenant
from tests.support.rows import execute, run
from tests.tenants.records.conftest import Household

BY = "operator:grace"


async def test_a_correction_is_acknowledged_and_decided_once_with_reasons(
    database: Database, tenant: Tenant, clock: MovableClock, household: Household
) -> None:
    """K-38."""
    by = {"actor": BY, "now": clock.now()}
    made = await run(
        database, tenant, corrections.receive, tenant, household.ada, "billing", "phone",
        account_id=household.joint, **by,
    )  # fmt: skip
    assert made.due_on == add_business_days(clock.now().astimezone(tenant.time_zone).date(), 10)
    with pytest.raises(RecordRefused, match="held"):
        await run(
            database, tenant, corrections.receive, tenant, household.bob, "billing", "phone",
            account_id=household.alone, **by,
        )  # fmt: skip

    async def decide(decision: CorrectionDecision, reasons: str | None = None) -> None:
        await run(database, tenant, corrections.decide, made.id, decision, "email", reasons=reasons, now=clock.now())

    with pytest.raises(RecordRefused, match="acknowledge"):
        await decide("corrected")
    await run(database, tenant, corrections.acknowledge, made.id, now=clock.now())
    with pytest.raises(UnknownRecord):
        await run(database, tenant, corrections.acknowledge, made.id, now=clock.now())
    for decision in ("qualified", "refused"):
        with pytest.raises(RecordRefused, match="reasons"):
            await decide(decision)
    with pytest.raises(RecordRefused, match="AEMO"):
        await decide("passed-to-aemo")
    with pytest.raises(InvalidLine):
        await decide("refused", "two\nlines")
    await decide("refused", "The invoice is right.")
    with pytest.raises(UnknownRecord):
        await decide("corrected")
    assert await run(database, tenant, corrections.open_requests) == []


async def test_metering_data_is_corrected_by_the_procedure_of_aemo(
    database: Database, tenant: Tenant, clock: MovableClock, household: Household
) -> None:
    by = {"actor": BY, "now": clock.now()}
    made = await run(database, tenant, corrections.receive, tenant, household.ada, "metering", "web", **by)
    await run(database, tenant, corrections.acknowledge, made.id, now=clock.now())
    with pytest.raises(RecordRefused, match="AEMO"):
        await run(database, tenant, corrections.decide, made.id, "corrected", "email", now=clock.now())
    await run(database, tenant, corrections.decide, made.id, "passed-to-aemo", "email", now=clock.now())


async def test_a_request_for_copies_has_a_day_and_is_answered_once(
    database: Database, tenant: Tenant, clock: MovableClock, household: Household
) -> None:
    """K-34."""
    by = {"actor": BY, "now": clock.now()}
    made = await run(database, tenant, copies.request, tenant, household.bob, "phone", **by)
    assert made.due_on == add_business_days(clock.now().astimezone(tenant.time_zone).date(), 10)
    assert await run(database, tenant, copies.open_requests) == [made]
    assert await run(database, tenant, copies.opened, made.id, **by) == made
    await run(database, tenant, copies.deliver, made.id, "post", **by)
    assert await run(database, tenant, copies.open_requests) == []
    with pytest.raises(UnknownRecord):
        await run(database, tenant, copies.deliver, made.id, "post", **by)
    with pytest.raises(UnknownRecord):
        await run(database, tenant, copies.opened, uuid4(), **by)


async def test_a_complaint_is_referred_and_resolved_once(
    database: Database, tenant: Tenant, clock: MovableClock
) -> None:
    new = NewComplaint(kind="consumer", type="consent", received_at=clock.now())
    made = await run(database, tenant, complaints.receive, new, actor=BY, now=clock.now())
    assert await run(database, tenant, complaints.open_complaints) == [made]
    with pytest.raises(RecordRefused, match="referred"):
        await run(database, tenant, complaints.resolve, made.id, "Solved.", by_ombudsman=True, now=clock.now())
    await run(database, tenant, complaints.refer, made.id, now=clock.now())
    with pytest.raises(UnknownRecord):
        await run(database, tenant, complaints.refer, made.id, now=clock.now())
    await run(database, tenant, complaints.resolve, made.id, "Solved.", by_ombudsman=True, now=clock.now())
    with pytest.raises(UnknownRecord):
        await run(database, tenant, complaints.resolve, made.id, "Solved.", by_ombudsman=False, now=clock.now())
    late = NewComplaint(kind="product", type="x", received_at=clock.now() + timedelta(days=1))
    with pytest.raises(RecordRefused, match="future"):
        await run(database, tenant, complaints.receive, late, actor=BY, now=clock.now())


async def test_the_figures_of_a_half_year_count_its_days_in_the_zone_of_the_tenant(
    database: Database, tenant: Tenant, clock: MovableClock, household: Household
) -> None:
    """K-33."""
    zone = tenant.time_zone
    begins, ends = datetime(2026, 1, 1, tzinfo=zone), datetime(2026, 7, 1, tzinfo=zone)
    count = {"latency_total": 1, "throttled": 0, "tokens_issued": 0, "secondary_requests": 0, "secondary_calls": 0}
    count |= {
        "secondary_within_limit": 0,
        "secondary_latency_total": 0,
        "secondary_errors": 0,
        "secondary_rejections": 0,
    }
    minute = timedelta(minutes=1)
    for at, operation, status, calls in (
        (begins - minute, "listEnergyAccounts", 200, 1_000),
        (begins, "listEnergyAccounts", 200, 5),
        (ends - minute, "listEnergyAccounts", 403, 2),
        (ends - minute, "getStatus", 200, 100),
        (ends, "listEnergyAccounts", 200, 1_000),
    ):
        row = {"minute": at.astimezone(UTC), "operation": operation, "status": status, "calls": calls}
        await execute(
            database, tenant,
            insert(call_rollup).values(**row, tier="highPriority", error="", latency_bucket=10, **count),
        )  # fmt: skip
    # The first of them have been aggregated since.
    async with database.transaction(tenant.namespace) as tx:
        await aggregate_minutes(tx, ends - 2 * minute)
    january, june, july = date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1)
    refused: list[tuple[date, RequestRefusal, int]] = [
        (january, "harm", 3),
        (june, "harm", 4),
        (june, "data-standards", 1),
        (july, "harm", 100),
    ]
    async with database.transaction(tenant.namespace) as tx:
        await add_refusals(
            tx,
            [
                RefusedDay(day=day, request="data", reason=reason, arrangement_id=None, calls=number, last_at=ends)
                for day, reason, number in refused
            ],
        )
    for since, rule in (
        (begins, "4.7(1)(a)"),
        (begins, "4.7(1)(a)"),
        (ends - minute, "4.7(1)(c)"),
        (ends, "4.7(1)(d)"),
    ):
        made = {
            "id": uuid4(),
            "customer_id": household.ada,
            "reason": "harm",
            "rule": rule,
            "refused_by": "staff",
        }
        await execute(database, tenant, insert(refusal).values(since=since, **made))

    async def complain(
        own_type: str, received: datetime, resolved: datetime | None = None, kind: ComplaintKind = "consumer"
    ) -> None:
        new = NewComplaint(kind=kind, type=own_type, received_at=received)
        stored = await run(database, tenant, complaints.receive, new, actor=BY, now=received)
        if resolved is not None:
            await run(database, tenant, complaints.resolve, stored.id, "Solved.", by_ombudsman=False, now=resolved)

    await complain("consent", begins - timedelta(days=4), begins + timedelta(days=2))
    await complain("consent", begins, begins + timedelta(days=1))
    await complain("dashboard", begins, ends)
    await complain("dashboard", ends - minute)
    await complain("prices", begins, kind="product")
    report: HalfYearReport = await run(database, tenant, half_year.report, tenant, "2026-H1", clock.now())
    assert (report.first_day, report.last_day, report.due_on) == (
        date(2026, 1, 1),
        date(2026, 6, 30),
        date(2026, 7, 30),
    )
    assert report.requests_of_accredited_persons == 7
    assert report.refused_requests_by_rule == {"4.7(1)(a)": 7, "4.7(1)(d)": 1}
    assert report.refusal_decisions_by_rule == {"4.7(1)(a)": 2, "4.7(1)(c)": 1}
    figures = report.complaints
    assert figures.by_type == {"consent": 1, "dashboard": 2}
    assert (figures.consumer_complaints_received, figures.resolved, figures.average_days_to_resolve) == (3, 2, 3.5)
    assert (figures.product_complaints_received, figures.referred_to_ombudsman) == (1, 0)


@pytest.mark.parametrize("period", ["2026", "2026-H3", "2026-h1", "26-H1", "2026-H1 "])
def test_other_periods_are_refused(period: str) -> None:
    with pytest.raises(RecordRefused):
        half_year.first_and_last_day(period)


def test_the_second_half_is_due_in_january() -> None:
    assert half_year.first_and_last_day("2026-H2") == (date(2026, 7, 1), date(2026, 12, 31))
