"""Tenants on two database nodes are set up and migrated in one run, each on its own server."""

import shutil
from collections.abc import AsyncIterator, Iterator, Sequence

import asyncpg
import msgspec
import pytest
from sqlalchemy import select

from haas.errors import Unavailable
from ops.deployment import Deployment
from ops.migrations.bootstrap import BootstrapError, bootstrap
from ops.migrations.chains import TENANT, Chain
from ops.migrations.cluster import with_database
from ops.migrations.run import migrate_tenants, status
from tenants.keys.creation import NewSigningKey
from tenants.provisioning.owner import owner_transaction
from tenants.registry.models import Tenant
from tenants.registry.tables import database_node
from tests.support.nodes import SECOND, shut_out

_NEXT_REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "note"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.create_table("meter_note", sa.Column("id", sa.Text(), primary_key=True), schema=schema)
"""


@pytest.fixture
def longer(tmp_path) -> Chain:  # noqa: ANN001 - pytest's path
    """The tenant chain with one revision more."""
    shutil.copytree(TENANT.folder / "versions", tmp_path / "versions")
    (tmp_path / "versions" / "note.py").write_text(_NEXT_REVISION.replace("{head}", TENANT.head))
    return Chain("tenant", TENANT.tables, tmp_path)


@pytest.fixture
async def pair(
    two_nodes: Deployment, signing_keys: Iterator[Sequence[NewSigningKey]]
) -> AsyncIterator[tuple[Tenant, Tenant]]:
    """A tenant of the main node and one of the second."""
    here = await two_nodes.new_tenant("here", signing_keys=next(signing_keys))
    there = await two_nodes.new_tenant("there", signing_keys=next(signing_keys), node=SECOND)
    yield here, there
    for tenant in (here, there):
        await two_nodes.administration.remove(tenant.slug, actor="tests")


async def test_each_schema_is_migrated_on_its_own_node(
    two_nodes: Deployment, pair: tuple[Tenant, Tenant], longer: Chain
) -> None:
    assert (await status(two_nodes.settings, chain=longer)).tenants == {"here": TENANT.head, "there": TENANT.head}
    result = await migrate_tenants(two_nodes.settings, chain=longer)
    assert (result.migrated, result.failed) == (["here", "there"], [])
    assert (await status(two_nodes.settings, chain=longer)).behind == []
    for tenant in pair:
        async with two_nodes.database.transaction(tenant.namespace) as tx:
            await tx.driver.execute(f"INSERT INTO {tenant.namespace.schema}.meter_note VALUES ('a')")


async def test_the_tenants_of_a_node_without_an_address_are_reported(
    own_deployment: Deployment, pair: tuple[Tenant, Tenant], longer: Chain
) -> None:
    result = await migrate_tenants(own_deployment.settings, chain=longer)
    assert result.migrated == ["here"]
    assert [failure.slug for failure in result.failed] == ["there"]
    assert "HAAS_OWNER_DATABASE_URL_SECOND" in result.failed[0].reason


async def test_an_unreachable_node_is_reported_without_its_password(
    two_nodes: Deployment, pair: tuple[Tenant, Tenant], second_superuser_url: str
) -> None:
    login = f"{two_nodes.settings.role_prefix}_provisioner"
    password = two_nodes.settings.owner_nodes[SECOND].partition("//")[2].partition(":")[2].partition("@")[0]
    assert len(password) > 20
    async with shut_out(second_superuser_url, login):
        for work in (bootstrap(two_nodes.settings), migrate_tenants(two_nodes.settings), status(two_nodes.settings)):
            with pytest.raises(Unavailable, match="HAAS_OWNER_DATABASE_URL_SECOND accepted no connection") as caught:
                await work
            assert password not in str(caught.value)


async def test_repeating_bootstrap_does_not_change_the_nodes(two_nodes: Deployment) -> None:
    async def nodes() -> list[tuple[str, str]]:
        async with owner_transaction(two_nodes.owner, two_nodes.settings) as tx:
            rows = await tx.execute(select(database_node.c.id, database_node.c.state).order_by(database_node.c.id))
            return [(row.id, row.state) for row in rows]

    before = await nodes()
    assert before == [("main", "active"), (SECOND, "active")]
    await bootstrap(two_nodes.settings)
    assert await nodes() == before


async def test_a_further_node_has_no_control_schema_and_no_role_for_one(
    two_nodes: Deployment, second_superuser_url: str
) -> None:
    prefix = two_nodes.settings.role_prefix
    connection = await asyncpg.connect(with_database(second_superuser_url, prefix))
    try:
        roles = await connection.fetch("SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1)", f"{prefix}_")
        assert {row["rolname"] for row in roles} == {
            f"{prefix}_{name}" for name in ("provisioner", "app", "operator", "backup", "owner", "reader")
        }
        assert await connection.fetchval("SELECT to_regnamespace('control')") is None
    finally:
        await connection.close()


@pytest.mark.parametrize("name", ["app", "operator"])
async def test_bootstrap_refuses_a_node_without_a_login(
    two_nodes: Deployment, second_superuser_url: str, name: str
) -> None:
    login = f"{two_nodes.settings.role_prefix}_{name}"
    third = msgspec.structs.replace(two_nodes.settings, nodes={"third": two_nodes.settings.nodes[SECOND]})
    connection = await asyncpg.connect(second_superuser_url)
    await connection.execute(f"ALTER ROLE {login} RENAME TO elsewhere")
    try:
        with pytest.raises(BootstrapError, match=f"On the database node second, .* creates it: CREATE ROLE {login} "):
            await bootstrap(third)
    finally:
        await connection.execute(f"ALTER ROLE elsewhere RENAME TO {login}")
        await connection.close()
    async with owner_transaction(two_nodes.owner, two_nodes.settings) as tx:
        assert (await tx.execute(select(database_node.c.id).where(database_node.c.id == "third"))).first() is None
