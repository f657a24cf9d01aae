"""Number the batches of counted calls, and limit pushed requests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.create_table(
        "call_batch",
        sa.Column("process", sa.UUID(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("process", name=op.f("call_batch_pkey")),
        schema=schema,
    )
    op.alter_column(
        "attempt", "request", existing_type=postgresql.JSONB(astext_type=sa.Text()), nullable=True, schema=schema
    )
    op.create_index(
        op.f("attempt_client_id_created_at_ix"), "attempt", ["client_id", "created_at"], unique=False, schema=schema
    )


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_index(op.f("attempt_client_id_created_at_ix"), table_name="attempt", schema=schema)
    op.alter_column(
        "attempt", "request", existing_type=postgresql.JSONB(astext_type=sa.Text()), nullable=False, schema=schema
    )
    op.drop_table("call_batch", schema=schema)
