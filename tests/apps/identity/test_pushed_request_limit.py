"""A client can push a limited number of requests within 90 seconds (RFC 9126 2.3, 429)."""

import asyncio
from datetime import datetime

import pytest

from haas.clock import MovableClock
from haas.database import Database
from ops.sandbox.messages import Deviation
from ops.sandbox.recipient.client import RecipientClient
from tenants.attempts import service as attempts
from tenants.attempts.models import AuthorisationRequest
from tenants.attempts.service import REQUEST_URI_LIFETIME
from tenants.attempts.tables import attempt
from tenants.calls import Flusher
from tenants.calls.tables import call_rollup
from tenants.clients.tables import used_assertion
from tenants.oauth.errors import TooManyRequests
from tenants.registry.models import Tenant
from tenants.registry.names import control_namespace
from tests.support.application import Application
from tests.support.clients import add_client, registered_client
from tests.support.consents import SCOPE
from tests.support.expectations import refused
from tests.support.rows import count, execute, run

TOO_MANY = "pushed 300 requests within 90 seconds"


def request_of(client_id: str) -> AuthorisationRequest:
    return AuthorisationRequest(
        client_id=client_id,
        redirect_uri="https://recipient.test/callback",
        scopes=("openid",),
        nonce="n",
        response_mode="jwt",
        code_challenge="c",
    )


async def push_many(database: Database, tenant: Tenant, client_id: str, number: int, now: datetime) -> None:
    async with database.transaction(tenant.namespace) as tx:
        for _ in range(number):
            await attempts.push(tx, request_of(client_id), now, limit=number)


@pytest.fixture
async def at_the_limit(application: Application, aurora: Tenant, clock: MovableClock) -> RecipientClient:
    """A client that has pushed as many requests as it can, but for one."""
    client = await registered_client(application, aurora)
    limit = application.services.settings.pushed_requests
    await push_many(application.database, aurora, client.client_id, limit - 1, clock.now())
    return client


async def test_a_client_that_pushes_too_many_requests_gets_429_until_the_first_ones_are_old(
    application: Application, aurora: Tenant, at_the_limit: RecipientClient, clock: MovableClock
) -> None:
    await at_the_limit.push(SCOPE)
    stored = await count(application.database, aurora, attempt)
    with refused("temporarily_unavailable", TOO_MANY, 429) as refusal:
        await at_the_limit.push(SCOPE)
    assert refusal.value.response.headers["retry-after"] == "10"
    assert await count(application.database, aurora, attempt) == stored

    await (await registered_client(application, aurora)).push(SCOPE)  # another client is not affected
    clock.move(REQUEST_URI_LIFETIME)
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


async def test_requests_that_were_used_or_rejected_still_count(
    application: Application, aurora: Tenant, at_the_limit: RecipientClient
) -> None:
    """Otherwise a client that opens its own requests, or asks for `prompt=none`, would have no limit."""
    own = attempt.c.client_id == at_the_limit.client_id
    ended = attempt.update().where(own).values(stage="rejected", request_uri_used_at=application.now)
    await execute(application.database, aurora, ended)
    await at_the_limit.push(SCOPE)
    with refused("temporarily_unavailable", TOO_MANY, 429):
        await at_the_limit.push(SCOPE)


async def test_requests_of_a_time_that_has_not_come_do_not_count(
    application: Application, aurora: Tenant, clock: MovableClock
) -> None:
    """They were pushed before the clock was moved back."""
    client = await registered_client(application, aurora)
    clock.move(2 * REQUEST_URI_LIFETIME)
    await push_many(application.database, aurora, client.client_id, 300, clock.now())
    clock.reset()
    await client.push(SCOPE)


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


async def test_processes_that_push_at_once_exceed_the_limit_only_by_the_requests_in_progress(
    application: Application, tenant: Tenant, clock: MovableClock
) -> None:
    limit, connections = 5, 2
    client_id = await add_client(application.database, tenant, clock.now())
    urls = application.services.settings.database_urls
    processes = [Database.open(urls, pools=1, connections=connections) for _ in range(2)]

    async def push(database: Database) -> bool:
        try:
            await run(database, tenant, attempts.push, request_of(client_id), clock.now(), limit=limit)
        except TooManyRequests:
            return False
        return True

    pushed = await asyncio.gather(*(push(database) for database in processes * 30))
    for database in processes:
        await database.close()
    in_progress = len(processes) * connections
    assert limit <= sum(pushed) < limit + in_progress
    assert await count(application.database, tenant, attempt) == sum(pushed)


async def test_transactions_in_progress_are_not_counted(
    application: Application, tenant: Tenant, clock: MovableClock
) -> None:
    """So a transaction that has not ended does not delay the other requests of the client."""
    database, client_id = application.database, await add_client(application.database, tenant, clock.now())
    async with database.transaction(tenant.namespace) as tx:
        await attempts.push(tx, request_of(client_id), clock.now(), limit=1)
        await run(database, tenant, attempts.push, request_of(client_id), clock.now(), limit=1)
    with pytest.raises(TooManyRequests):
        await run(database, tenant, attempts.push, request_of(client_id), clock.now(), limit=1)
