"""Rows of single calls, and the counts of disclosures by day."""

from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from haas.database import Database, Namespace
from tenants.calls import CalledTenant, CallRecord, store
from tenants.calls.models import DisclosedData, DisclosedPeriod, DisclosureDay, RefusalFigure, RefusedDay
from tenants.calls.tables import call, disclosure_day, refused_day
from tenants.registry.models import Tenant
from tests.support.calls import write_disclosures, write_rows
from tests.support.constraints import Violation, assert_violated, names

AT = datetime(2026, 11, 24, 10, 30, 15, 250_000, tzinfo=UTC)
INTERACTION = UUID("6f2b1d0c-4f4e-4bb7-8f8e-0d9b7c5a3e21")
ARRANGEMENT, ACCOUNT = uuid4(), uuid4()
VIOLATIONS = (
    Violation(disclosure_day, "disclosure_day_calls_check", {"calls": 0}),
    Violation(disclosure_day, "disclosure_day_key", {"id": uuid4()}),
)
REFUSED = {
    "id": uuid4(),
    "day": AT.date(),
    "request": "data",
    "reason": "harm",
    "rule": "4.7(1)(a)",
    "arrangement_id": None,
    "calls": 1,
    "last_at": AT,
}
REFUSED_VIOLATIONS = (
    Violation(refused_day, "refused_day_calls_check", {"calls": 0}),
    Violation(refused_day, "refused_day_request_check", {"request": "none"}),
    Violation(refused_day, "refused_day_key", {"id": uuid4()}),
)


def record(tenant: Namespace, **changes: Any) -> CallRecord:
    values: dict[str, Any] = {
        "tenant": CalledTenant(tenant, uuid4()),
        "at": AT,
        "operation": "listEnergyAccounts",
        "tier": "unattended",
        "status": 200,
        "latency": 12_000,
        "interaction_id": str(INTERACTION),
        "client_id": "client",
        "arrangement_id": ARRANGEMENT,
        **changes,
    }
    return CallRecord(**values)


def day(**changes: Any) -> DisclosureDay:
    values: dict[str, Any] = {
        "arrangement_id": ARRANGEMENT,
        "account_id": ACCOUNT,
        "cluster": "energy:accounts.basic:read",
        "day": date(2026, 11, 24),
        "calls": 1,
        "last_at": AT,
    }
    return DisclosureDay(**{**values, **changes})


def disclosed(tenant: Namespace, day: DisclosureDay) -> list[CallRecord]:
    """Return the calls of an entry of the ledger."""
    account = None if day.account_id is None else str(day.account_id)
    data = DisclosedData(day.arrangement_id, day.cluster, day.day, [account])
    return [record(tenant, at=day.last_at, disclosed=data)] * day.calls


async def test_each_call_is_stored_as_a_row_until_it_is_deleted(database: Database, tenant: Tenant) -> None:
    own = tenant.namespace
    written = [
        record(own),
        record(own, at=AT + timedelta(seconds=1), status=503, error="urn:x", secondary_latency=7, throttled=True),
        record(own, interaction_id=str(uuid4()), client_id=None, arrangement_id=None),
    ]
    async with database.transaction(own) as tx:
        await write_rows(tx, *written)
        await write_rows(tx)
        first, second = await store.calls_of_interaction(tx, INTERACTION)
        assert first.pop("id") != second.pop("id")
        assert first == {
            "at": AT,
            "interaction_id": INTERACTION,
            "operation": "listEnergyAccounts",
            "tier": "unattended",
            "authenticated": True,
            "status": 200,
            "error": "",
            "throttled": False,
            "latency": 12_000,
            "secondary_latency": None,
            "client_id": "client",
            "arrangement_id": ARRANGEMENT,
        }
        assert (second["status"], second["error"], second["secondary_latency"]) == (503, "urn:x", 7)
        assert await store.delete_single_calls(tx, AT + timedelta(seconds=1)) == 2
        assert len(await store.calls_of_interaction(tx, INTERACTION)) == 1


async def test_disclosures_are_added_up_by_day_account_and_cluster(database: Database, tenant: Tenant) -> None:
    later = AT + timedelta(minutes=5)
    customer = {"account_id": None, "cluster": "common:customer.basic:read"}
    async with database.transaction(tenant.namespace) as tx:
        for days in (
            [],
            [day(calls=2, last_at=later), day(**customer)],
            [day(), day(**customer), day(day=date(2026, 11, 25))],
            [day(arrangement_id=uuid4())],
        ):
            await write_disclosures(tx, *chain.from_iterable(disclosed(tenant.namespace, each) for each in days))
        assert await store.disclosures(tx, ARRANGEMENT) == [
            day(**customer, calls=2),
            day(calls=3, last_at=later),
            day(day=date(2026, 11, 25)),
        ]


async def test_refusals_are_added_up_and_reported_by_rule(database: Database, tenant: Tenant) -> None:
    """K-36, CDR Rules 9.4: reasons with the same rule stay apart, and so does not asking for an authorisation."""
    one = RefusedDay(day=AT.date(), request="data", reason="harm", arrangement_id=ARRANGEMENT, calls=2, last_at=AT)
    changed = msgspec.structs.replace
    given = [
        one,
        changed(one, arrangement_id=uuid4(), calls=1),
        changed(one, reason="account-blocked"),
        changed(one, reason="account-suspended", arrangement_id=None),
        changed(one, request="authorisation", arrangement_id=None, calls=1),
        changed(one, day=AT.date() + timedelta(days=1)),
    ]
    async with database.transaction(tenant.namespace) as tx:
        await store.add_refusals(tx, [])
        await store.add_refusals(tx, given)
        await store.add_refusals(tx, [one])
        found = await store.refusal_figures(tx, AT.date(), AT.date())
    assert [msgspec.structs.astuple(each) for each in found] == [
        ("4.7(1)(a)", "harm", "authorisation", 1, 0),
        ("4.7(1)(a)", "harm", "data", 5, 2),
        ("4.7(1)(c)", "account-blocked", "data", 2, 1),
        ("4.7(1)(c)", "account-suspended", "data", 2, 0),
    ]
    assert isinstance(found[0], RefusalFigure)


async def test_corrected_disclosures_are_marked_once(database: Database, tenant: Tenant) -> None:
    days = [day(day=date(2026, 11, number)) for number in (23, 24, 25)]
    async with database.transaction(tenant.namespace) as tx:
        await write_disclosures(tx, *chain.from_iterable(disclosed(tenant.namespace, each) for each in days))
        wrong = DisclosedPeriod(ARRANGEMENT, ACCOUNT, days[0].cluster, date(2026, 11, 24), date(2026, 11, 25))
        assert await store.mark_corrected(tx, wrong, AT) == 2
        assert await store.mark_corrected(tx, wrong, AT) == 0
        found = await store.disclosures(tx, ARRANGEMENT)
    assert [each.corrected_at for each in found] == [None, AT, AT]


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda each: each.constraint)
async def test_a_row_that_breaks_a_constraint_is_refused(
    database: Database, tenant: Tenant, violation: Violation
) -> None:
    """Also for a cluster about the customer, whose account is null."""
    good = {"id": uuid4(), **msgspec.structs.asdict(day(account_id=None))}
    await assert_violated(database, tenant, good, violation)


@pytest.mark.parametrize("violation", REFUSED_VIOLATIONS, ids=lambda each: each.constraint)
async def test_a_refusal_that_breaks_a_constraint_is_refused(
    database: Database, tenant: Tenant, violation: Violation
) -> None:
    await assert_violated(database, tenant, REFUSED, violation)


def test_every_constraint_has_a_violation() -> None:
    tested = {violation.constraint for violation in (*VIOLATIONS, *REFUSED_VIOLATIONS)}
    assert tested == names(call, disclosure_day, refused_day)
