"""Keep which customer a notice about an arrangement is for, and find those who are still to be told of wrong data."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.add_column("outbox", sa.Column("customer_id", sa.UUID(), nullable=True), schema=schema)
    op.add_column("outbox", sa.Column("about", sa.Text(), nullable=True), schema=schema)
    op.create_index(
        "affected_disclosure_unreachable_ix",
        "affected_disclosure",
        ["finding_id"],
        schema=schema,
        postgresql_where=sa.text("state = 'unreachable'"),
    )


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_index("affected_disclosure_unreachable_ix", table_name="affected_disclosure", schema=schema)
    op.drop_column("outbox", "about", schema=schema)
    op.drop_column("outbox", "customer_id", schema=schema)
