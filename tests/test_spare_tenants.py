"""A tenant that a test gives back is as a new one when the next test gets it, or the next test gets another one."""

from collections.abc import AsyncIterator

import asyncpg
import msgspec
import pytest
from sqlalchemy import func, select

from ops.deployment import Deployment
from ops.migrations.cluster import with_database
from tenants.keys.tables import signing_key
from tenants.notices.tables import outbox
from tenants.registry.models import Tenant
from tests.support.application import KeySets
from tests.support.deployments import PostgresServer
from tests.support.rows import execute
from tests.support.spare_tenants import SpareTenants

A_ROW = (
    "INSERT INTO {schema}.outbox (id, kind, payload, created_at, due_at)"
    " VALUES (gen_random_uuid(), 'email', '{{}}', now(), now())"
)
OTHER_CHANGES = {
    "a key": "UPDATE {schema}.signing_key SET state_at = state_at + interval '1 day'",
    "no keys": "DELETE FROM {schema}.signing_key",
    "a setting": "UPDATE control.brand SET settings = '{{\"a\": 1}}' WHERE slug = '{slug}'",
    "a host": "UPDATE control.host SET name = 'other.test' WHERE name = 'admin.{slug}.haas.localhost'",
    "a privilege": "GRANT TRUNCATE ON {schema}.outbox TO {role}",
    "a role": "GRANT pg_monitor TO {role}",
    "a column": "ALTER TABLE {schema}.outbox ADD COLUMN note text",
    "no table": "DROP TABLE {schema}.outbox CASCADE",
    "an audit entry": "INSERT INTO control.audit (id, at, actor, action, subject, detail)"
    " VALUES (gen_random_uuid(), now(), 'tests', 'tenant.set', '{slug}', '{{}}')",
}


@pytest.fixture(scope="module")
async def superuser(deployment: Deployment, postgres: PostgresServer) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(with_database(postgres.superuser_url, deployment.settings.role_prefix))
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def spare(deployment: Deployment, postgres: PostgresServer, signing_keys: KeySets) -> AsyncIterator[SpareTenants]:
    async with SpareTenants.open(deployment, postgres.superuser_url, signing_keys) as spare:
        yield spare


def on(tenant: Tenant, statement: str) -> str:
    return statement.format(schema=tenant.namespace.schema, role=tenant.namespace.role, slug=tenant.slug)


async def test_rows_are_deleted_and_the_tenant_is_used_again(
    deployment: Deployment, spare: SpareTenants, superuser: asyncpg.Connection
) -> None:
    async with spare.borrow() as first, spare.borrow() as other:
        assert first.id != other.id
        await superuser.execute(on(other, A_ROW))
    async with spare.borrow() as one, spare.borrow() as two:
        assert {one.id, two.id} == {first.id, other.id}
        for tenant in (one, two):
            numbers = [
                (await execute(deployment.database, tenant, select(func.count()).select_from(table)))[0][0]
                for table in (outbox, signing_key)
            ]
            assert numbers == [0, 4]


@pytest.mark.parametrize("change", OTHER_CHANGES.values(), ids=OTHER_CHANGES)
async def test_a_tenant_with_another_change_is_removed(
    deployment: Deployment, spare: SpareTenants, superuser: asyncpg.Connection, change: str
) -> None:
    async with spare.borrow() as tenant:
        await superuser.execute(on(tenant, change))
    async with spare.borrow() as another:
        assert another.id != tenant.id
    assert tenant.slug not in {each.slug for each in await deployment.administration.all()}


async def test_a_borrowed_tenant_has_the_present_addresses_of_the_register(
    deployment: Deployment, spare: SpareTenants
) -> None:
    async with spare.borrow() as before:
        present = before.register_environment
    moved = msgspec.structs.replace(present, jwks_uri="https://register.test/other/jwks")
    await deployment.administration.put_register_environment(moved, actor="tests")
    try:
        async with spare.borrow() as tenant:
            assert (tenant.id, tenant.register_environment) == (before.id, moved)
    finally:
        await deployment.administration.put_register_environment(present, actor="tests")
