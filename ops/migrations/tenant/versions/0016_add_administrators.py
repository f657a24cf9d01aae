"""Add the representation of a customer by an administrator, whom a court or tribunal has appointed."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_CHECK = "representation_role_check"
_BEFORE = "'self', 'nominated-representative', 'attorney', 'guardian'"


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_constraint(op.f(_CHECK), "representation", schema=schema)
    op.create_check_constraint(op.f(_CHECK), "representation", f"role in ({_BEFORE}, 'administrator')", schema=schema)


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.execute(f"UPDATE {schema}.representation SET role = 'guardian' WHERE role = 'administrator'")  # noqa: S608
    op.drop_constraint(op.f(_CHECK), "representation", schema=schema)
    op.create_check_constraint(op.f(_CHECK), "representation", f"role in ({_BEFORE})", schema=schema)
