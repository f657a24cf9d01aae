"""What the leader of a database node reads for Prometheus: the state of each tenant, of the Registers and of AEMO."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from haas.clock import MovableClock
from haas.errors import Unavailable
from haas.metrics import OTHER
from haas.settings import MAIN_NODE
from ops.deployment import Deployment
from tenants.authentication.limits import CODES_OF_A_TENANT, WRONG_ANSWERS_OF_A_TENANT
from tenants.authentication.tables import challenge
from tenants.corrections import store as corrections
from tenants.corrections.models import ChangedData
from tenants.notices.outbox import put
from tenants.notices.tables import outbox
from tenants.registry.models import Tenant
from tenants.services import Services
from tests.support.aemo import add_participant, remove_participants
from tests.support.customers import CustomerData
from tests.support.rows import execute, run
from workers import measurements
from workers.measurements import Measurements

MINUTES = timedelta(minutes=11)


@pytest.fixture
async def services(deployment: Deployment) -> AsyncIterator[Services]:
    """Enough labels for every tenant of the tests."""
    services = Services.open(msgspec.structs.replace(deployment.settings, metrics_tenants=10_000))
    yield services
    await services.close()


def values(measured: Measurements, name: str, first: str | None = None) -> dict[str, float]:
    """Return the values of a metric by the value of its first label; or those with one, by that of the second label."""
    return {
        next(iter(list(sample.labels.values())[first is not None :]), ""): sample.value
        for family in measured.collect()
        for sample in family.samples
        if sample.name == name and (first is None or first in sample.labels.values())
    }


async def code_sent(deployment: Deployment, tenant: Tenant, clock: MovableClock, **changes: Any) -> None:
    login_id, _ = await CustomerData(deployment.database, tenant, clock.now).add_login()
    row = {
        "id": uuid4(),
        "login_id": login_id,
        "identifier_hash": b"hash",
        "purpose": "dashboard",
        "code_hash": b"hash",
        "created_at": clock.now(),
        "expires_at": clock.now(),
        **changes,
    }
    await execute(deployment.database, tenant, challenge.insert().values(row))


async def test_the_state_of_tenants_and_of_others_is_measured(
    deployment: Deployment, services: Services, two_tenants: tuple[Tenant, Tenant], clock: MovableClock
) -> None:
    late, idle = two_tenants
    async with deployment.database.transaction(late.namespace) as tx:
        await put(tx, "email", {"to": "a@example.test", "subject": "s", "text": "t"}, now=clock.now())
        future = clock.now() + timedelta(days=1)
        await put(tx, "email", {"to": "a@example.test", "subject": "s", "text": "t"}, now=clock.now(), due_at=future)
    began = clock.now()
    for hours, report in ((0, "failed"), (0, "failed"), (0, "delivered"), (2, "delivered")):
        at = began - timedelta(hours=hours)
        row = {"id": uuid4(), "kind": "sms", "payload": {}, "created_at": at, "due_at": at, "done_at": at}
        await execute(deployment.database, late, outbox.insert().values(**row, report=report, reported_at=at))
    await add_participant(deployment, late, "HERONWATCH", "https://aemo.test/x", changed_at=began - timedelta(days=80))
    data = ChangedData("invoice", late.id, None, began.date(), began.date())
    found = {"now": began, "due_at": began + MINUTES}
    await run(deployment.database, late, corrections.add_findings, late.id, [data], **found)
    measured = Measurements(services)
    clock.move(MINUTES)
    await code_sent(deployment, late, clock, failures=3)
    await code_sent(deployment, late, clock, failures=5, is_known_browser=True)
    await code_sent(deployment, idle, clock, created_at=clock.now() - timedelta(hours=2), failures=4)
    assert next(iter(measured.collect())).samples == [], "nothing was read yet"
    try:
        await measured.measure(MAIN_NODE)
    finally:
        await remove_participants(deployment, late)
    overdue = values(measured, "haas_outbox_overdue_seconds")
    assert overdue[late.slug] == pytest.approx(MINUTES.total_seconds(), abs=30)
    assert overdue[idle.slug] == 0
    codes = values(measured, "haas_code_budget_used_ratio")
    assert (codes[late.slug], codes[idle.slug]) == (2 / CODES_OF_A_TENANT.most, 0)
    wrong_answers = values(measured, "haas_wrong_answers_ratio")
    of_an_hour, of_a_day = WRONG_ANSWERS_OF_A_TENANT
    assert (wrong_answers[late.slug], wrong_answers[idle.slug]) == (3 / of_an_hour.most, 4 / of_a_day.most)
    findings = values(measured, "haas_findings_overdue")
    assert (findings[late.slug], findings[idle.slug]) == (1, 0)
    assert values(measured, "haas_text_messages_reported", late.slug) == {"delivered": 1, "failed": 2}
    assert values(measured, "haas_text_messages_reported", idle.slug) == {"delivered": 0, "failed": 0}
    # The Register of the tests is never polled: then the age is that since the start of the process.
    assert values(measured, "haas_register_poll_age_seconds")["sandbox"] >= MINUTES.total_seconds()
    assert values(measured, "haas_aemo_password_age_seconds")[""] > timedelta(days=80).total_seconds()
    assert values(measured, "haas_aemo_passwords_stopped") == {"": 0}
    left = values(measured, "haas_aemo_certificate_seconds_left")["HERONWATCH"]
    assert timedelta(days=1000).total_seconds() < left < timedelta(days=1096).total_seconds()


async def test_tenants_above_the_limit_show_the_worst_and_old_values_are_not_shown(
    deployment: Deployment,
    two_tenants: tuple[Tenant, Tenant],
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late, _ = two_tenants
    async with deployment.database.transaction(late.namespace) as tx:
        await put(tx, "email", {"to": "a@example.test", "subject": "s", "text": "t"}, now=clock.now())
    clock.move(MINUTES)
    services = Services.open(msgspec.structs.replace(deployment.settings, metrics_tenants=1))
    try:
        services.registry.all = all_of(two_tenants)  # type: ignore[method-assign]
        measured = Measurements(services)
        measured._labels.of("another")  # takes the only label
        await measured.measure(MAIN_NODE)
        overdue = values(measured, "haas_outbox_overdue_seconds")
        assert overdue == {OTHER: pytest.approx(MINUTES.total_seconds(), abs=30)}
        monkeypatch.setattr(measurements, "SECONDS_SHOWN", 0.0)
        assert [sample for family in measured.collect() for sample in family.samples] == []
        monkeypatch.setattr(measurements, "SECONDS_TO_MEASURE", 0.0)
        with pytest.raises(Unavailable):
            await measured.measure(MAIN_NODE)
    finally:
        await services.close()


def all_of(tenants: tuple[Tenant, ...]) -> Any:
    async def found() -> list[Tenant]:
        return list(tenants)

    return found
