"""The registry finds the tenant of a host with few queries, recent data, and while the database is down."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec
import pytest

from haas.clock import MovableClock
from haas.database import Database, Namespace, Purpose, Transaction
from haas.errors import Unavailable
from ops.deployment import Deployment
from tenants.provisioning.owner import owner_transaction
from tenants.registry import store
from tenants.registry.errors import UnknownTenant
from tenants.registry.models import Tenant, ThemeFile
from tenants.registry.names import Roles, control_namespace
from tenants.registry.service import FRESH_FOR, Registry
from tests.support.nodes import shut_out


class Counting(Database):
    """A database that counts its transactions."""

    transactions = 0

    def transaction(
        self, namespace: Namespace, purpose: Purpose = "requests"
    ) -> AbstractAsyncContextManager[Transaction]:
        self.transactions += 1
        return super().transaction(namespace, purpose)


@pytest.fixture
async def counting(deployment: Deployment) -> AsyncIterator[Counting]:
    database = Counting.open(deployment.settings.database_urls)
    assert isinstance(database, Counting)
    yield database
    await database.close()


@pytest.fixture
def fresh(counting: Counting, deployment: Deployment) -> Registry:
    return Registry(counting, deployment.settings, deployment.clock)


async def test_a_thousand_lookups_need_at_most_four_queries(
    fresh: Registry, counting: Counting, tenant: Tenant
) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(500):
            group.create_task(fresh.by_host(tenant.hosts.public))
    for number in range(500):
        assert await fresh.by_host(f"nobody-{number}.haas.localhost") is None
    assert counting.transactions <= 4


async def test_a_new_tenant_is_found_within_a_second_after_a_lookup_of_its_host_failed(
    fresh: Registry, deployment: Deployment
) -> None:
    assert await fresh.by_host("early.haas.localhost") is None
    with pytest.raises(UnknownTenant):
        await fresh.by_slug("early")
    tenant = await deployment.new_tenant("early")
    async with asyncio.timeout(1):
        while await fresh.by_host("early.haas.localhost") is None:  # noqa: ASYNC110 - the registry sends no event
            await asyncio.sleep(0.05)
    assert await fresh.by_host(tenant.hosts.secure) == (tenant, "secure")
    assert tenant in await fresh.all()
    await deployment.administration.remove("early", actor="tests")


async def test_the_last_known_tenants_are_served_while_the_database_is_unreachable(
    fresh: Registry, deployment: Deployment, tenant: Tenant, superuser_url: str, clock: MovableClock
) -> None:
    assert await fresh.by_host(tenant.hosts.public) is not None
    async with shut_out(superuser_url, Roles(deployment.settings.role_prefix).app):
        for move in (FRESH_FOR, -2 * FRESH_FOR):
            clock.move(move)
            assert await fresh.by_host(tenant.hosts.public) == (tenant, "public")
        clock.reset()
        unread = Registry(deployment.database, deployment.settings, deployment.clock)
        with pytest.raises(Unavailable):
            await unread.by_host(tenant.hosts.public)
    assert await fresh.by_host(tenant.hosts.public) == (tenant, "public")


async def test_a_file_of_a_theme_is_read_once_and_the_oldest_ones_are_forgotten(
    deployment: Deployment, counting: Counting, two_tenants: tuple[Tenant, Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenants.registry.service.MAXIMUM_FILES", 2)
    tenant, other = two_tenants
    files = [ThemeFile(digest=f"{n}" * 64, media_type="image/png", content=bytes([n])) for n in range(3)]
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        for file in files:
            await store.put_theme_file(tx, tenant.id, file, deployment.clock.now())
    registry = Registry(counting, deployment.settings, deployment.clock)
    for _ in range(2):
        assert await registry.theme_file(tenant, files[0].digest) == files[0]
    assert counting.transactions == 1
    assert [await registry.theme_file(tenant, file.digest) for file in files] == files
    assert counting.transactions == 3
    assert await registry.theme_file(tenant, files[0].digest) == files[0], "read again"
    assert counting.transactions == 4
    assert await registry.theme_file(other, files[0].digest) is None


class Interrupted:
    """A transaction after whose first statement something else happens."""

    def __init__(self, tx: Transaction, happens: Callable[[], Awaitable[object]]) -> None:
        self._tx, self._happens = tx, iter([happens])

    async def execute(self, *arguments: Any) -> Any:
        result = await self._tx.execute(*arguments)
        for happens in self._happens:
            await happens()
        return result


async def test_tenants_that_are_created_and_removed_while_all_are_read_do_no_harm(
    deployment: Deployment, database: Database
) -> None:
    """PostgreSQL gives each statement the rows of its own moment."""

    async def read(happens: Callable[[], Awaitable[object]]) -> set[str]:
        async with database.transaction(control_namespace(deployment.settings), "public") as tx:
            interrupted: Any = Interrupted(tx, happens)
            return {each.slug for each in await store.served_tenants(interrupted, deployment.settings)}

    async def remove() -> None:
        await deployment.administration.remove("read-together", actor="tests")

    assert "read-together" not in await read(lambda: deployment.new_tenant("read-together"))
    assert "read-together" in await read(remove)


async def test_the_issuer_omits_the_default_port(deployment: Deployment, tenant: Tenant) -> None:
    usual = msgspec.structs.replace(deployment.settings, public_port=443)
    found = await Registry(deployment.database, usual, deployment.clock).by_slug(tenant.slug)
    assert found.issuer == f"https://{tenant.slug}.haas.localhost"
