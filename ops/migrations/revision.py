"""Writing the next revision of a chain: what differs between the tables and the newest revision.

Run as `haas migrate revision CHAIN MESSAGE`. The newest revision is made in a scratch schema, in a transaction that is
rolled back, so that any database of a developer will do and nothing of it is changed.
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
from haas.settings import Settings
from ops.migrations.chains import Chain
from ops.migrations.compare import catalogue, moved, operations
from ops.migrations.connection import owner_connection
from tenants.schema import denied

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


class NothingToWrite(HaasError):
    """The tables are what the newest revision makes."""


class Written(msgspec.Struct, frozen=True):
    """A revision that was written, and what it still lacks."""

    path: Path
    to_add: list[str]
    """What the tables have and the revision does not make: CHECK constraints, conditions of indexes."""
    to_drop: list[str]
    """What the revision leaves and the tables do not have."""


async def write_revision(settings: Settings, chain: Chain, message: str) -> Written:
    """Write the next revision of `chain` and return it. Raises NothingToWrite, Unavailable."""
    async with owner_connection(settings) as connection:
        transaction = await connection.begin()
        try:
            for schema in (_SCRATCH, _DECLARED):
                await connection.execute(text(f"CREATE SCHEMA {schema}"))
            return await connection.run_sync(_write, chain, message.strip().rstrip("."))
        finally:
            await transaction.rollback()


def _write(connection: Connection, chain: Chain, message: str) -> Written:
    moved(chain.tables, _DECLARED).create_all(connection, checkfirst=False)
    declared = set(catalogue(connection, _DECLARED))
    chain.upgrade(connection, _SCRATCH)
    if set(catalogue(connection, _SCRATCH)) == declared:
        raise NothingToWrite(
            f"the tables are what revision {chain.head} of the {chain.name} chain makes: change them first, or write a"
            " revision that changes data alone by hand"
        )
    script = operations(connection, chain, _SCRATCH)
    if script.upgrade_ops is None or script.downgrade_ops is None:
        raise AssertionError("a comparison gives operations, though there may be none")
    head = chain.head
    number = f"{int(head) + 1:04d}"
    path = chain.folder / "versions" / f"{number}_{_words(message)}.py"
    path.write_text(
        _TEMPLATE.format(
            message=message,
            revision=number,
            down_revision=head,
            upgrade=_rendered(script.upgrade_ops),
            denials=_denials(chain, script.upgrade_ops),
            downgrade=_rendered(script.downgrade_ops),
        ),
        encoding="utf-8",
    )
    for arguments in (("check", "--fix", "--select", "F401,I001"), ("format",)):
        subprocess.run([sys.executable, "-m", "ruff", *arguments, "--quiet", str(path)], check=True)
    chain.forget()
    chain.upgrade(connection, _SCRATCH)
    made = set(catalogue(connection, _SCRATCH))
    return Written(path, to_add=sorted(declared - made), to_drop=sorted(made - declared))


def _rendered(operations: ops.UpgradeOps | ops.DowngradeOps) -> str:
    context = MigrationContext.configure(dialect_name="postgresql")
    code = render_python_code(operations, migration_context=context)
    lines = [line for line in code.splitlines() if not line.strip().startswith("#")]
    code = "\n".join(lines).strip()
    return code.replace(f"schema='{_SCRATCH}'", "schema=schema").replace(f"'{_SCRATCH}.", "f'{schema}.")


def _denials(chain: Chain, operations: ops.UpgradeOps) -> str:
    """Return the lines that take privileges on new tables away from a tenant's role."""
    new = {each.table_name for each in operations.ops if isinstance(each, ops.CreateTableOp)}
    tables = [table for table in chain.tables.sorted_tables if table.name in new and denied(table)]
    return "".join(f"    deny({', '.join(map(repr, (table.name, *denied(table))))})\n" for table in tables)


def _words(message: str) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", message.lower()))[:40].rstrip("_")
