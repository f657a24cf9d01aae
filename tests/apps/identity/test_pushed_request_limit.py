"""A client can push a limited number of requests within 90 seconds (RFC 9126 2.3, 429)."""

from datetime import timedelta

import pytest

from haas.clock import MovableClock
from ops.sandbox.messages import ABSENT, Deviation
from ops.sandbox.recipient.client import RecipientClient
from tenants.attempts.tables import attempt
from tenants.calls import Flusher
from tenants.calls.tables import call_rollup
from tenants.clients.tables import used_assertion
from tenants.registry.models import Tenant
from tenants.registry.names import control_namespace
from tenants.traffic.thresholds import PUSH_PERIOD
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.consents import SCOPE
from tests.support.expectations import refused
from tests.support.rows import count, execute

TOO_MANY = "300 pushed authorisation requests of the client in 90 seconds"


@pytest.fixture
async def at_the_limit(application: Application, aurora: Tenant, clock: MovableClock) -> RecipientClient:
    """A client that has pushed as many requests as it can, but for one, in a period that has just begun."""
    seconds = PUSH_PERIOD.total_seconds()
    clock.move(PUSH_PERIOD - timedelta(seconds=clock.timestamp() % seconds))
    client = await registered_client(application, aurora)
    services = application.services
    for _ in range(services.settings.pushed_requests - 1):
        asking = services.traffic.pushed_request(aurora, client.client_id)
        if asking is not None:
            await asking
    return client


async def test_a_client_that_pushes_too_many_requests_gets_429_until_the_next_period(
    application: Application, aurora: Tenant, at_the_limit: RecipientClient, clock: MovableClock
) -> None:
    await at_the_limit.push(SCOPE)
    stored = await count(application.database, aurora, attempt)
    with refused("temporarily_unavailable", TOO_MANY, 429) as refusal:
        await at_the_limit.push(SCOPE)
    assert 80 < int(refusal.value.response.headers["retry-after"]) <= 90
    assert await count(application.database, aurora, attempt) == stored

    await (await registered_client(application, aurora)).push(SCOPE)  # another client is not affected
    clock.move(PUSH_PERIOD)
    await at_the_limit.push(SCOPE)


async def test_an_assertion_is_used_although_its_request_was_refused_with_429(
    application: Application, aurora: Tenant, at_the_limit: RecipientClient
) -> None:
    await at_the_limit.push(SCOPE)
    once, before = Deviation(token=at_the_limit.assertion()), await count(application.database, aurora, used_assertion)
    with refused("temporarily_unavailable", TOO_MANY, 429):
        await at_the_limit.push(SCOPE, assertion=once)
    assert await count(application.database, aurora, used_assertion) == before + 1
    with refused("invalid_client", "used before", 401):
        await at_the_limit.push(SCOPE, assertion=once)


async def test_a_request_that_is_not_stored_does_not_count(
    application: Application, aurora: Tenant, at_the_limit: RecipientClient
) -> None:
    stored = await count(application.database, aurora, attempt)
    with refused("invalid_request", "nonce", 400):
        await at_the_limit.push(SCOPE, request=Deviation(claims={"nonce": ABSENT}))
    assert await count(application.database, aurora, attempt) == stored
    await at_the_limit.push(SCOPE)


async def test_a_refusal_is_counted_as_a_throttled_call(
    application: Application, aurora: Tenant, at_the_limit: RecipientClient
) -> None:
    await at_the_limit.push(SCOPE)
    with refused("temporarily_unavailable", TOO_MANY, 429):
        await at_the_limit.push(SCOPE)
    services = application.services
    await Flusher(services.database, control_namespace(services.settings), services.clock).flush()
    counted = call_rollup.select().where(call_rollup.c.status == 429)
    rows = await execute(application.database, aurora, counted)
    assert {(row.operation, row.throttled == row.calls) for row in rows} == {("pushedAuthorisationRequest", True)}
