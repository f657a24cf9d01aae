"""If a migration and requests need the same table, the migration lets the requests go first and tries again."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from haas.database import Database, Namespace
from ops.deployment import Deployment
from ops.migrations import run
from tenants.registry.models import Tenant
from tests.ops.migrations.revisions import Revisions
from tests.support.application import KeySets

_WAITING = """
SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND relation = to_regclass($1)
"""


@pytest.fixture(scope="module")
def revisions(tmp_path_factory: pytest.TempPathFactory) -> Revisions:
    return Revisions(tmp_path_factory.mktemp("chains"))


@pytest.fixture
async def pair(own_deployment: Deployment, signing_keys: KeySets) -> AsyncIterator[list[Tenant]]:
    """The two tenants of a deployment of this module's own."""
    tenants = [await own_deployment.new_tenant(signing_keys=next(signing_keys)) for _ in range(2)]
    yield tenants
    for tenant in tenants:
        await own_deployment.administration.remove(tenant.slug, actor="tests")


async def test_requests_are_served_while_a_migration_waits_for_a_table_lock(
    own_deployment: Deployment, pair: list[Tenant], revisions: Revisions
) -> None:
    database, mine = own_deployment.database, pair[0].namespace
    table = f"{mine.schema}.account"
    async with database.transaction(mine, "long") as long:
        # like a report that reads for a long time
        await long.driver.execute(f"LOCK TABLE {table} IN ACCESS SHARE MODE")
        migrating = asyncio.create_task(run.migrate_tenants(own_deployment.settings, chain=revisions.longer()))
        waits = 0
        while waits < 3:
            assert not migrating.done()
            waits += await _waits(database, mine, table)
            async with database.transaction(mine) as tx:
                await tx.driver.execute("SET LOCAL statement_timeout = '1s'")
                assert await tx.driver.fetchval(f"SELECT count(*) FROM {table}") == 0
    result = await migrating
    assert (result.migrated, result.failed) == ([tenant.slug for tenant in pair], [])


async def test_a_tenant_whose_table_stays_locked_is_reported_and_the_others_are_migrated(
    own_deployment: Deployment, pair: list[Tenant], revisions: Revisions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "TRIES", 2)
    chain, (busy, other) = revisions.longer(), pair
    async with own_deployment.database.transaction(busy.namespace, "long") as tx:
        await tx.driver.execute(f"LOCK TABLE {busy.namespace.schema}.account IN ACCESS SHARE MODE")
        first = await run.migrate_tenants(own_deployment.settings, chain=chain)
    assert [(failure.slug, failure.reason) for failure in first.failed] == [
        (busy.slug, "canceling statement due to lock timeout")
    ]
    assert first.migrated == [other.slug]
    second = await run.migrate_tenants(own_deployment.settings, chain=chain)
    assert (second.migrated, second.current, second.failed) == ([busy.slug], [other.slug], [])


async def _waits(database: Database, namespace: Namespace, table: str) -> int:
    async with database.transaction(namespace) as tx:
        waits: int = await tx.driver.fetchval(_WAITING, table)
        return waits
