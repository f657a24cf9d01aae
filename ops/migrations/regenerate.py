"""Writes revision 0001 of each chain from the tables, and its digest, until the revision is frozen.

Run as `haas migrate regenerate` or `python -m ops.migrations.regenerate`.
"""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Final

from alembic.autogenerate import render_python_code
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext

from ops.migrations.chains import CONTROL, FROZEN, TENANT, Chain
from tenants.schema import denied_privileges

_TEMPLATE: Final = '''"""The tables of the {name} schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
{imports}
revision = "0001"
down_revision = None
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


def regenerate(chain: Chain) -> Path:
    """Replace revision 0001 of `chain` and return its path. No database with data may have the old one."""
    tables = chain.tables.sorted_tables
    context = MigrationContext.configure(dialect_name="postgresql")
    upgrade: list[ops.MigrateOperation] = []
    for table in tables:
        upgrade.append(ops.CreateTableOp.from_table(table))
        upgrade += [
            ops.CreateIndexOp.from_index(index) for index in sorted(table.indexes, key=lambda index: str(index.name))
        ]
    downgrade: list[ops.MigrateOperation] = [
        ops.DropTableOp(table.name, schema=table.schema) for table in reversed(tables)
    ]
    denials = [
        f"    deny({', '.join(map(repr, (table.name, *denied_privileges(table))))})\n"
        for table in tables
        if denied_privileges(table)
    ]
    path = chain.folder / "versions" / "0001_tables.py"
    path.write_text(
        _TEMPLATE.format(
            name=chain.name,
            imports="\nfrom ops.migrations.privileges import deny\n" if denials else "",
            denials="".join(denials),
            upgrade=_rendered(ops.UpgradeOps(upgrade), context, chain),
            downgrade=_rendered(ops.DowngradeOps(downgrade), context, chain),
        ),
        encoding="utf-8",
    )
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(path)], check=True)
    return path


def _rendered(operations: ops.UpgradeOps | ops.DowngradeOps, context: MigrationContext, chain: Chain) -> str:
    code = render_python_code(operations, migration_context=context)
    lines = [line for line in code.splitlines() if not line.strip().startswith("#")]
    schema = chain.tables.schema
    return "\n".join(lines).strip().replace(f"schema='{schema}'", "schema=schema").replace(f"'{schema}.", "f'{schema}.")


def main() -> None:
    """Replace revision 0001 of both chains."""
    digests = []
    for chain in (CONTROL, TENANT):
        path = regenerate(chain)
        print(f"wrote {path}")
        digests.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(FROZEN.parent)}\n")
    FROZEN.write_text("".join(digests), encoding="ascii")


if __name__ == "__main__":
    main()
