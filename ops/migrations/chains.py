"""A chain of revisions: applied to a schema, or rendered as an SQL script."""

import io
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from tenants.provisioning.service import SCHEMA_PLACEHOLDER
from tenants.tables import control as control_tables
from tenants.tables import tenant as tenant_tables

VERSION_TABLE: Final = "alembic_version"
_HERE: Final = Path(__file__).parent


class Chain(msgspec.Struct, frozen=True):
    """The revisions of one kind of schema, and the tables that they add up to."""

    name: str
    tables: MetaData
    folder: Path
    """Where the revisions lie, below `versions`."""

    @property
    def head(self) -> str:
        """The newest revision."""
        head = _scripts(self.folder).get_current_head()
        if head is None:
            raise AssertionError(f"the {self.name} chain has no revision")
        return head

    def revision(self, connection: Connection, schema: str) -> str | None:
        """Return the revision that `schema` stands at, None where it has none."""
        context = MigrationContext.configure(connection, opts={"version_table_schema": schema})
        return context.get_current_revision()

    def upgrade(self, connection: Connection, schema: str) -> None:
        """Bring `schema` to the head, within the transaction that `connection` is in."""
        self._run(schema, connection=connection)

    def script(self) -> str:
        """Return the SQL that fills an empty schema named SCHEMA_PLACEHOLDER, with its version row."""
        buffer = io.StringIO()
        self._run(SCHEMA_PLACEHOLDER, output_buffer=buffer, dialect_name="postgresql", literal_binds=True)
        return buffer.getvalue()

    def forget(self) -> None:
        """Read the folder again when a revision is next asked for: one was added to it."""
        _scripts.cache_clear()

    def _run(self, schema: str, **options: Any) -> None:
        scripts = _scripts(self.folder)

        def steps(revision: Any, _context: MigrationContext) -> Any:
            return scripts._upgrade_revs("head", revision)  # noqa: SLF001 - what alembic.command.upgrade itself calls

        offline = "output_buffer" in options
        with EnvironmentContext(Config(), scripts, fn=steps, as_sql=offline, destination_rev="head") as environment:
            environment.configure(
                version_table=VERSION_TABLE, version_table_schema=schema, transactional_ddl=not offline, **options
            )
            environment.run_migrations()


@lru_cache
def _scripts(folder: Path) -> ScriptDirectory:
    return ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])


CONTROL: Final = Chain("control", control_tables, _HERE / "control")
TENANT: Final = Chain("tenant", tenant_tables, _HERE / "tenant")
FROZEN: Final = _HERE / "frozen.sha256"
"""The digests of the revisions that may not be changed any more, in the form of `sha256sum`."""
