"""A chain of revisions, which can be applied to a schema or rendered as an SQL script."""

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
    """The revisions of one kind of schema, and the tables that the newest revision has."""

    name: str
    tables: MetaData
    folder: Path
    """The folder whose subfolder `versions` contains the revisions."""

    @property
    def head(self) -> str:
        """The id of the newest revision."""
        head = _scripts(self.folder).get_current_head()
        if head is None:
            raise AssertionError(f"the {self.name} chain has no revision")
        return head

    def revision(self, connection: Connection, schema: str) -> str | None:
        """Return the id of the revision of `schema`, or None if no revision was applied to it."""
        context = MigrationContext.configure(connection, opts={"version_table_schema": schema})
        return context.get_current_revision()

    def has(self, revision: str) -> bool:
        """Return whether the chain has a revision. A newer release can have revisions that this one does not have."""
        return revision in {each.revision for each in _scripts(self.folder).walk_revisions()}

    def upgrade(self, connection: Connection, schema: str) -> None:
        """Upgrade `schema` to the newest revision, in the open transaction of `connection`."""
        self._run(schema, connection=connection)

    def script(self) -> str:
        """Return the SQL of all revisions, for an empty schema named SCHEMA_PLACEHOLDER."""
        return _script(self)

    def clear_cache(self) -> None:
        """Read the folder again at the next use. Call this after a revision was added to the folder."""
        _scripts.cache_clear()
        _script.cache_clear()

    def _run(self, schema: str, **options: Any) -> None:
        scripts = _scripts(self.folder)

        def steps(revision: Any, _context: MigrationContext) -> Any:
            return scripts._upgrade_revs("head", revision)  # noqa: SLF001 - alembic.command.upgrade calls it too

        offline = "output_buffer" in options
        with EnvironmentContext(Config(), scripts, fn=steps, as_sql=offline, destination_rev="head") as environment:
            environment.configure(
                version_table=VERSION_TABLE, version_table_schema=schema, transactional_ddl=not offline, **options
            )
            environment.run_migrations()


@lru_cache
def _scripts(folder: Path) -> ScriptDirectory:
    return ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])


@lru_cache
def _script(chain: Chain) -> str:
    """Return the SQL of all revisions of a chain. To render it takes 0.2 s of processor time."""
    buffer = io.StringIO()
    chain._run(  # noqa: SLF001 - this function is a part of the class, which cannot keep the result
        SCHEMA_PLACEHOLDER, output_buffer=buffer, dialect_name="postgresql", literal_binds=True
    )
    return buffer.getvalue()


CONTROL: Final = Chain("control", control_tables, _HERE / "control")
TENANT: Final = Chain("tenant", tenant_tables, _HERE / "tenant")
FROZEN: Final = _HERE / "frozen.sha256"
"""The digests of the revisions that must not be changed any more, in the format of `sha256sum`."""
