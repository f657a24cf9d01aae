"""Revisions for tests, which follow the newest revision of the tenant chain."""

import shutil
from itertools import count
from pathlib import Path

from ops.migrations.chains import TENANT, Chain

# Columns on tables that every measured request reads or writes, data for them, and a table.
_REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{down_revision}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    for table in ("client", "attempt", "arrangement", "account", "access_token"):
        column = sa.Column("note_{number}", sa.Text(), nullable=False, server_default="new")
        op.add_column(table, column, schema=schema)
    op.create_table("note_{number}", sa.Column("account_id", sa.Uuid(), primary_key=True), schema=schema)
    op.execute(f"INSERT INTO {{schema}}.note_{number} SELECT id FROM {{schema}}.account")
    op.execute(f"UPDATE {{schema}}.account SET note_{number} = reference")
    op.execute("SELECT pg_sleep({pause})")
"""


class Revisions:
    """The tenant chain; each call of `longer` adds one revision."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(int(TENANT.head) + 1)
        self._chain = TENANT

    def longer(self, pause: float = 0) -> Chain:
        number, previous = next(self._numbers), self._chain
        folder = self._folder / str(number)
        shutil.copytree(previous.folder / "versions", folder / "versions")
        revision = _REVISION.format(revision=f"{number:04d}", down_revision=previous.head, number=number, pause=pause)
        (folder / "versions" / f"{number:04d}_note.py").write_text(revision)
        self._chain = Chain(TENANT.name, TENANT.tables, folder)
        return self._chain
