"""A lock on one brand's table fails no request of a brand that shares its pool, and no public request."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import asyncpg
import httpx
import pytest

from haas.settings import MAIN_NODE
from ops.migrations.cluster import with_database
from tenants.registry.models import Tenant
from tenants.registry.names import tenant_schema
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.consents import consent

AT_ONCE = 40
PUBLIC = (
    "/cds-au/v1/discovery/status",
    "/cds-au/v1/discovery/outages",
    "/.well-known/openid-configuration",
    "/jwks",
)
Ask = Callable[[], Coroutine[Any, Any, httpx.Response]]


@pytest.fixture(scope="module")
async def locked(application: Application) -> Tenant:
    return await application.new_tenant("locked")


@pytest.fixture(scope="module")
async def neighbour(application: Application, locked: Tenant) -> Tenant:
    """A brand whose requests use the same connection as those of `locked`, if it is free."""
    home = application.database._nodes[MAIN_NODE].requests.places.home
    slugs = (f"neighbour-{number}" for number in count(1))
    same = (slug for slug in slugs if home(tenant_schema(slug)) == home(locked.namespace.schema))
    return await application.new_tenant(next(same))


@asynccontextmanager
async def lock(superuser_url: str, tenant: Tenant, application: Application) -> AsyncIterator[None]:
    """Hold the strongest lock on the access tokens of a tenant, in another session."""
    database = application.services.settings.role_prefix
    connection = await asyncpg.connect(with_database(superuser_url, database))
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {tenant.namespace.schema}.access_token")
            yield
    finally:
        await connection.close()


async def asking_for_claims(application: Application, tenant: Tenant, http: httpx.AsyncClient) -> Ask:
    """Return a function that sends a request for which a consumer has consented."""
    tokens = await consent(application, tenant, await registered_client(application, tenant))
    headers = {"Authorization": f"Bearer {tokens.access_token}"}

    async def ask() -> httpx.Response:
        return await http.get(f"{tenant.secure_base}/userinfo", headers=headers)

    assert (await ask()).status_code == 200
    return ask


async def test_a_lock_on_one_brands_table_fails_no_request_of_its_neighbour(
    application: Application, superuser_url: str, locked: Tenant, neighbour: Tenant
) -> None:
    answers: Counter[tuple[str, int]] = Counter()
    async with application.http() as http:
        ask_locked = await asking_for_claims(application, locked, http)
        ask_neighbour = await asking_for_claims(application, neighbour, http)
        async with lock(superuser_url, locked, application):
            crowd = asyncio.gather(*(ask_locked() for _ in range(AT_ONCE)))
            while not crowd.done():
                answers["neighbour", (await ask_neighbour()).status_code] += 1
                for tenant in (locked, neighbour):
                    for path in PUBLIC:
                        answer = await http.get(tenant.issuer + path, headers={"x-v": "1"})
                        answers["public", answer.status_code] += 1
            refused = await crowd
        assert {(answer.status_code, answer.headers["retry-after"]) for answer in refused} == {(503, "5")}
        assert set(answers) == {("neighbour", 200), ("public", 200)}
        assert (await ask_locked()).status_code == 200
