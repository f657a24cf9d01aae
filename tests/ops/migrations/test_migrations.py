"""The revisions produce the defined tables, run in every schema, and continue after an interruption."""

import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from haas.progress import NO_PROGRESS, Advance
from haas.settings import Settings
from ops.deployment import Deployment
from ops.migrations.chains import CONTROL, TENANT, Chain
from ops.migrations.compare import describe_schema, differences, tables_in_schema
from ops.migrations.connection import as_owner, owner_connection
from ops.migrations.run import migrate_tenants, status
from tenants.keys.creation import NewSigningKey
from tenants.registry.models import Tenant
from tenants.registry.names import Roles
from tenants.schema_metadata import CONTROL_SCHEMA

_NEXT = """
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


@pytest.fixture(scope="module")
def longer(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """The tenant chain with one revision more than the tenants have."""
    folder = tmp_path_factory.mktemp("chain")
    shutil.copytree(TENANT.folder / "versions", folder / "versions")
    (folder / "versions" / "note.py").write_text(_NEXT.replace("{head}", TENANT.head))
    return Chain("tenant", TENANT.tables, folder)


@pytest.fixture
async def three(
    own_deployment: Deployment, signing_keys: Iterator[Sequence[NewSigningKey]]
) -> AsyncIterator[list[Tenant]]:
    """The only tenants of a deployment of this module's own."""
    tenants = [await own_deployment.new_tenant(signing_keys=next(signing_keys)) for _ in range(3)]
    yield tenants
    for tenant in tenants:
        await own_deployment.administration.remove(tenant.slug, actor="tests")


@pytest.fixture
def own_settings(own_deployment: Deployment) -> Settings:
    return own_deployment.settings


@asynccontextmanager
async def scratch(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """Open a transaction as the owner with an empty schema `scratch`, and roll it back at the end."""
    roles = Roles(settings.role_prefix)
    async with owner_connection(settings) as connection:
        await connection.execute(text(f"CREATE SCHEMA scratch AUTHORIZATION {roles.owner}"))
        await as_owner(connection, roles)
        yield connection
        await connection.rollback()


@pytest.mark.parametrize("chain", [CONTROL, TENANT], ids=lambda chain: chain.name)
async def test_the_revisions_of_a_chain_produce_the_defined_tables(
    settings: Settings, tenant: Tenant, chain: Chain
) -> None:
    schema = tenant.namespace.schema if chain is TENANT else CONTROL_SCHEMA
    async with scratch(settings) as connection:
        found = await connection.run_sync(differences, chain, schema)
        assert found == [], "run `haas migrate revision`"
        await connection.run_sync(tables_in_schema(chain.tables, "scratch").create_all, checkfirst=False)
        assert await connection.run_sync(describe_schema, schema) == await connection.run_sync(
            describe_schema, "scratch"
        )


async def test_the_rendered_script_and_the_single_revisions_produce_the_same_schema(
    settings: Settings, tenant: Tenant
) -> None:
    async with scratch(settings) as connection:
        await connection.run_sync(TENANT.upgrade, "scratch")
        stepwise = await connection.run_sync(describe_schema, "scratch")
        assert await connection.run_sync(describe_schema, tenant.namespace.schema) == stepwise
        assert await connection.run_sync(TENANT.revision, "scratch") == TENANT.head


async def test_a_schema_that_fails_is_reported_and_tried_again(
    own_settings: Settings, three: list[Tenant], longer: Chain
) -> None:
    obstacle = f"{three[1].namespace.schema}.meter_note"
    await _as_owner(own_settings, f"CREATE TABLE {obstacle} (id int)")
    first = await migrate_tenants(own_settings, chain=longer)
    assert [failure.slug for failure in first.failed] == [three[1].slug]
    assert "already exists" in first.failed[0].reason
    assert first.migrated == [three[0].slug, three[2].slug]
    assert (await status(own_settings, chain=longer)).behind == [three[1].slug]

    await _as_owner(own_settings, f"DROP TABLE {obstacle}")
    second = await migrate_tenants(own_settings, chain=longer)
    assert (second.migrated, second.failed) == ([three[1].slug], [])
    assert second.current == [three[0].slug, three[2].slug]
    assert (await status(own_settings, chain=longer)).behind == []


async def test_an_interrupted_migration_is_continued_by_the_next_run(
    own_settings: Settings, three: list[Tenant], longer: Chain
) -> None:
    with pytest.raises(KeyboardInterrupt):
        await migrate_tenants(own_settings, StopAfter(2), chain=longer)
    rest = await migrate_tenants(own_settings, chain=longer)
    assert len(rest.current) == 2
    assert rest.failed == []
    assert (await status(own_settings, chain=longer)).behind == []


async def test_a_table_added_by_a_migration_can_be_written_only_by_its_tenant(
    own_deployment: Deployment, three: list[Tenant], longer: Chain
) -> None:
    await migrate_tenants(own_deployment.settings, chain=longer)
    mine, other = three[0].namespace, three[1].namespace
    async with own_deployment.database.transaction(mine) as tx:
        await tx.driver.execute(f"INSERT INTO {mine.schema}.meter_note VALUES ('a')")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.driver.execute(f"INSERT INTO {other.schema}.meter_note VALUES ('b')")
        await tx.driver.execute("ROLLBACK; BEGIN")


async def test_revision_0002_keeps_accounts_and_writes_internal_ids_into_service_points(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "versions").mkdir()
    shutil.copy(TENANT.folder / "versions" / "0001_tables.py", tmp_path / "versions")
    point = "7e2f1c52-6a5b-4d4e-8f0b-2d1c3b4a5e6f"
    async with scratch(settings) as connection:
        await connection.run_sync(Chain("tenant", TENANT.tables, tmp_path).upgrade, "scratch")
        await connection.execute(
            text("INSERT INTO scratch.service_point VALUES (:id, 'SP-1', '41', :detail, now())"),
            {"id": UUID(point), "detail": '{"servicePointId": "SP-1", "meters": []}'},
        )
        await connection.execute(
            text(
                "INSERT INTO scratch.account VALUES"
                " (:id, 'A-1', NULL, NULL, 'CLOSED', NULL, CAST('[]' AS jsonb), CAST('[]' AS jsonb), now())"
            ),
            {"id": UUID(point)},
        )
        await connection.run_sync(TENANT.upgrade, "scratch")
        details = (await connection.execute(text("SELECT detail FROM scratch.service_point"))).scalars().all()
        assert details == [{"servicePointId": point, "meters": []}]
        assert (await connection.execute(text("SELECT reference FROM scratch.account"))).scalars().all() == ["A-1"]


async def test_revision_0010_keeps_the_counted_calls_with_their_class_and_the_calls_in_time(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "versions").mkdir()
    for file in (TENANT.folder / "versions").glob("*.py"):
        if file.name < "0008":
            shutil.copy(file, tmp_path / "versions")
    counted = "INSERT INTO scratch.call_rollup VALUES ('2026-11-27', :operation, :tier, 200, '', :bucket, 5, 9, 1"
    calls = (("getStatus", "highPriority", 1_000), ("listEnergyAccounts", "highPriority", 1_500), ("token", "other", 5))
    async with scratch(settings) as connection:
        await connection.run_sync(Chain("tenant", TENANT.tables, tmp_path).upgrade, "scratch")
        for operation, tier, bucket in calls:
            values = {"operation": operation, "tier": tier, "bucket": bucket}
            await connection.execute(text(counted + ", 0, 0, 0, 0, 0, 0, 0)"), values)
        await connection.run_sync(TENANT.upgrade, "scratch")
        query = "SELECT operation, authenticated, within_limit, calls FROM scratch.call_rollup ORDER BY operation"
        assert [tuple(row) for row in await connection.execute(text(query))] == [
            ("getStatus", False, 4, 5),
            ("listEnergyAccounts", True, 0, 5),
            ("token", True, 0, 5),
        ]
        # As a process of the release before writes
        columns = (
            "minute, operation, tier, status, error, latency_bucket, calls, latency_total, throttled, tokens_issued"
        )
        columns += ", secondary_requests, secondary_within_limit, secondary_latency_total, secondary_calls"
        columns += ", secondary_errors, secondary_rejections"
        old = f"INSERT INTO scratch.call_rollup ({columns}) VALUES ('2026-11-27', 'x', 'other', 200, '', 5{', 1' * 10})"
        await connection.execute(text(old))


async def test_control_revision_0003_makes_each_theme_a_version(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    for file in (CONTROL.folder / "versions").glob("*.py"):
        if file.name < "0003":
            shutil.copy(file, tmp_path / "versions")
    rows = (
        "INSERT INTO scratch.retailer VALUES (:id, 'R', now())",
        "INSERT INTO scratch.register_environment VALUES ('sandbox', 'a', 'b', 'c', NULL)",
        "INSERT INTO scratch.database_node VALUES ('main', 'active', now())",
        *(
            "INSERT INTO scratch.brand (id, slug, retailer_id, register_environment_id, register_brand_id, name, state,"
            " node, schema_name, role_name, theme, settings, created_at, state_at) VALUES"
            f" (gen_random_uuid(), '{slug}', :id, 'sandbox', '{slug}', '{slug}', 'active', 'main', '{slug}', '{slug}',"
            f" CAST('{theme}' AS jsonb), CAST('null' AS jsonb), now(), now())"
            for slug, theme in (("bare", "{}"), ("dressed", '{"a" : 1}'))
        ),
    )
    async with scratch(settings) as connection:
        await connection.run_sync(Chain("control", CONTROL.tables, tmp_path).upgrade, "scratch")
        for row in rows:
            await connection.execute(text(row), {"id": UUID(int=1)} if ":id" in row else {})
        await connection.run_sync(CONTROL.upgrade, "scratch")
        query = (
            "SELECT slug, number, version.theme, publication FROM scratch.theme_version AS version"
            " JOIN scratch.brand ON brand.id = brand_id"
        )
        assert [tuple(row) for row in await connection.execute(text(query))] == [("dressed", 1, {"a": 1}, 1)]


class StopAfter:
    """Raises KeyboardInterrupt, like Ctrl-C, after a number of schemas."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def line(self, text: str) -> None:
        NO_PROGRESS.line(text)

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Advance]:
        NO_PROGRESS.line(f"{title} {total}")

        def advance() -> None:
            self._left -= 1
            if not self._left:
                raise KeyboardInterrupt

        yield advance


async def _as_owner(settings: Settings, statement: str) -> None:
    async with owner_connection(settings) as connection, connection.begin():
        await as_owner(connection, Roles(settings.role_prefix))
        await connection.execute(text(statement))
