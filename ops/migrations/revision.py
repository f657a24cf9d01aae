"""Writes the next revision of a chain from the differences between the tables and the newest revision.

Run as `haas migrate revision CHAIN MESSAGE`. The newest revision is applied to a temporary schema, in a transaction
that is rolled back. So any development database can be used, and it is not changed.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec
from alembic.autogenerate import render_python_code
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from haas.errors import HaasError
from haas.settings import OwnerSettings
from ops.migrations.chains import Chain
from ops.migrations.compare import describe_schema, operations, tables_in_schema
from ops.migrations.connection import owner_connection
from tenants.schema_metadata import denied_privileges

_SCRATCH: Final = "haas_scratch"
_DECLARED: Final = "haas_declared"
_TEMPLATE: Final = '''"""{message}."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from ops.migrations.privileges import deny

revision = "{revision}"
down_revision = "{down_revision}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    {upgrade}
{denials}

def downgrade() -> None:
    schema = op.get_context().version_table_schema
    {downgrade}
'''


class NoSchemaChange(HaasError):
    """The tables do not differ from the newest revision."""


class WrittenRevision(msgspec.Struct, frozen=True):
    """A new revision, and the changes that must be added to it by hand."""

    path: Path
    to_add: list[str]
    """Definitions that the tables have and the revision does not create: CHECK constraints, conditions of indexes."""
    to_drop: list[str]
    """Definitions that the tables do not have and the revision does not drop."""


async def write_revision(settings: OwnerSettings, chain: Chain, message: str) -> WrittenRevision:
    """Write the next revision of `chain` and return it. Raise NoSchemaChange, Unavailable."""
    async with owner_connection(settings) as connection:
        transaction = await connection.begin()
        try:
            for schema in (_SCRATCH, _DECLARED):
                await connection.execute(text(f"CREATE SCHEMA {schema}"))
            return await connection.run_sync(_write, chain, message.strip().rstrip("."))
        finally:
            await transaction.rollback()


def _write(connection: Connection, chain: Chain, message: str) -> WrittenRevision:
    tables_in_schema(chain.tables, _DECLARED).create_all(connection, checkfirst=False)
    declared = set(describe_schema(connection, _DECLARED))
    chain.upgrade(connection, _SCRATCH)
    if set(describe_schema(connection, _SCRATCH)) == declared:
        raise NoSchemaChange(
            f"the tables do not differ from revision {chain.head} of the {chain.name} chain: change them first. A"
            " revision that only changes data is written by hand"
        )
    script = operations(connection, chain, _SCRATCH)
    if script.upgrade_ops is None or script.downgrade_ops is None:
        raise AssertionError("Alembic returned no operations")
    head = chain.head
    number = f"{int(head) + 1:04d}"
    path = chain.folder / "versions" / f"{number}_{_file_name_part(message)}.py"
    path.write_text(
        _TEMPLATE.format(
            message=message,
            revision=number,
            down_revision=head,
            upgrade=_rendered(script.upgrade_ops),
            denials=_deny_calls(chain, script.upgrade_ops),
            downgrade=_rendered(script.downgrade_ops),
        ),
        encoding="utf-8",
    )
    for arguments in (("check", "--fix", "--select", "F401,I001"), ("format",)):
        subprocess.run([sys.executable, "-m", "ruff", *arguments, "--quiet", str(path)], check=True)
    chain.clear_cache()
    chain.upgrade(connection, _SCRATCH)
    actual = set(describe_schema(connection, _SCRATCH))
    return WrittenRevision(path, to_add=sorted(declared - actual), to_drop=sorted(actual - declared))


def _rendered(operations: ops.UpgradeOps | ops.DowngradeOps) -> str:
    context = MigrationContext.configure(dialect_name="postgresql")
    code = render_python_code(operations, migration_context=context)
    lines = [line for line in code.splitlines() if not line.strip().startswith("#")]
    code = "\n".join(lines).strip()
    return code.replace(f"schema='{_SCRATCH}'", "schema=schema").replace(f"'{_SCRATCH}.", "f'{schema}.")


def _deny_calls(chain: Chain, operations: ops.UpgradeOps) -> str:
    """Return the calls of `deny` for the new tables."""
    new = {each.table_name for each in operations.ops if isinstance(each, ops.CreateTableOp)}
    tables = [table for table in chain.tables.sorted_tables if table.name in new and denied_privileges(table)]
    return "".join(f"    deny({', '.join(map(repr, (table.name, *denied_privileges(table))))})\n" for table in tables)


def _file_name_part(message: str) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", message.lower()))[:40].rstrip("_")
