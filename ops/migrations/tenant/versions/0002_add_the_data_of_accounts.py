"""Add the data of accounts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.create_table(
        "payment_schedule",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            [f"{schema}.account.id"],
            name=op.f("payment_schedule_account_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "position", name=op.f("payment_schedule_pkey")),
        schema=schema,
    )
    op.create_table(
        "concession",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            [f"{schema}.account.id"],
            name=op.f("concession_account_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "position", name=op.f("concession_pkey")),
        schema=schema,
    )
    op.create_table(
        "balance",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], [f"{schema}.account.id"], name=op.f("balance_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("balance_pkey")),
        schema=schema,
    )
    # Imports wrote the retailer's reference. From this release on they write the internal id, as in all other payloads.
    op.execute(f"UPDATE {schema}.service_point SET detail = detail || jsonb_build_object('servicePointId', id)")  # noqa: S608


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_table("balance", schema=schema)
    op.drop_table("concession", schema=schema)
    op.drop_table("payment_schedule", schema=schema)
