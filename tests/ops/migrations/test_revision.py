"""The next revision is written from the changes of the tables; changes that it cannot contain are reported."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.ext.asyncio import AsyncConnection

from haas.settings import Settings
from ops.migrations.chains import CONTROL, TENANT, Chain
from ops.migrations.compare import describe_schema, differences, tables_in_schema
from ops.migrations.connection import owner_connection
from ops.migrations.revision import NoSchemaChange, write_revision
from tenants.schema_metadata import DENIED_PRIVILEGES

Changed = Callable[[Chain], Chain]


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    """Copy a chain, so that its tables can be changed and revisions added."""

    def copy(chain: Chain) -> Chain:
        assert chain.tables.schema is not None
        folder = tmp_path / chain.name
        shutil.copytree(chain.folder / "versions", folder / "versions")
        tables = tables_in_schema(chain.tables, chain.tables.schema)
        tables.schema = chain.tables.schema
        return Chain(chain.name, tables, folder)

    return copy


@asynccontextmanager
async def _schema(settings: Settings, name: str) -> AsyncIterator[AsyncConnection]:
    async with owner_connection(settings) as connection:
        await connection.execute(text(f"CREATE SCHEMA {name}"))
        yield connection
        await connection.rollback()


def _add_note(tables: MetaData, table: str) -> None:
    noted = tables.tables[f"{tables.schema}.{table}"]
    noted.append_column(Column("note", Text, nullable=False, server_default=""))
    Table(
        "note",
        tables,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("of", next(iter(noted.primary_key.columns)).type, ForeignKey(next(iter(noted.primary_key.columns)))),
        Index(None, "of"),
    )


@pytest.mark.parametrize(("chain", "table"), [(CONTROL, "brand"), (TENANT, "login")], ids=["control", "tenant"])
async def test_a_written_revision_creates_the_tables_in_any_schema(
    settings: Settings, changed: Changed, chain: Chain, table: str
) -> None:
    longer = changed(chain)
    _add_note(longer.tables, table)
    written = await write_revision(settings, longer, "Add a note, and what it is of.")
    assert written.path == longer.folder / "versions" / f"{int(chain.head) + 1:04d}_add_a_note_and_what_it_is_of.py"
    assert (written.to_add, written.to_drop) == ([], [])
    source = written.path.read_text()
    assert source.startswith('"""Add a note, and what it is of."""')
    assert "scratch" not in source
    assert f'down_revision = "{chain.head}"' in source
    async with _schema(settings, "elsewhere") as connection:
        await connection.run_sync(longer.upgrade, "elsewhere")
        assert await connection.run_sync(differences, longer, "elsewhere") == []
        assert await connection.run_sync(longer.revision, "elsewhere") == longer.head == f"{int(chain.head) + 1:04d}"
    assert f"{longer.tables.schema}." not in longer.script(), "the rendered chain names no schema but the placeholder"


async def test_a_change_that_alembic_does_not_detect_is_reported(settings: Settings, changed: Changed) -> None:
    longer = changed(TENANT)
    login = longer.tables.tables[f"{TENANT.tables.schema}.login"]
    login.append_constraint(CheckConstraint("name <> ''", name="name"))
    written = await write_revision(settings, longer, "Ask for a name")
    assert written.to_add == ["constraint login_name_check CHECK ((name <> ''::text))"]
    assert written.to_drop == []
    by_hand = 'op.create_check_constraint("login_name_check", "login", "name <> \'\'", schema=schema)'
    source = written.path.read_text()
    written.path.write_text(source.replace("    pass", f"    {by_hand}", 1))
    longer.clear_cache()
    async with _schema(settings, "elsewhere") as connection:
        await connection.run_sync(longer.upgrade, "elsewhere")
        assert written.to_add[0] in await connection.run_sync(describe_schema, "elsewhere")


async def test_a_new_table_is_written_with_the_privileges_that_a_tenants_role_does_not_have(
    settings: Settings, changed: Changed
) -> None:
    longer = changed(TENANT)
    Table("diary", longer.tables, Column("id", Text, primary_key=True), info={DENIED_PRIVILEGES: ("UPDATE", "DELETE")})
    source = (await write_revision(settings, longer, "Add a diary")).path.read_text()
    assert 'deny("diary", "UPDATE", "DELETE")' in source
    assert "REVOKE UPDATE, DELETE ON __tenant_schema__.diary" in longer.script()


async def test_without_a_schema_change_no_revision_is_written(settings: Settings, changed: Changed) -> None:
    same = changed(TENANT)
    before = sorted((same.folder / "versions").iterdir())
    with pytest.raises(NoSchemaChange, match="change them first"):
        await write_revision(settings, same, "Nothing")
    assert sorted((same.folder / "versions").iterdir()) == before


async def test_writing_a_revision_leaves_no_schema_in_the_database(settings: Settings, changed: Changed) -> None:
    schemas = text("SELECT nspname FROM pg_namespace ORDER BY 1")
    async with owner_connection(settings) as connection:
        before = (await connection.execute(schemas)).scalars().all()
    longer = changed(TENANT)
    _add_note(longer.tables, "login")
    await write_revision(settings, longer, "Add a note")
    async with owner_connection(settings) as connection:
        assert (await connection.execute(schemas)).scalars().all() == before
