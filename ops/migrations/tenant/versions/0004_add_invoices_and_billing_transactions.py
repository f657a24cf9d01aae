"""Add invoices and billing transactions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.create_table(
        "invoice",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("issue_date", sa.Date(), nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], [f"{schema}.account.id"], name=op.f("invoice_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "reference", name=op.f("invoice_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("invoice_account_id_issue_date_reference_ix"),
        "invoice",
        ["account_id", "issue_date", "reference"],
        unique=False,
        schema=schema,
    )
    op.create_table(
        "billing_transaction",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("execution_date_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            [f"{schema}.account.id"],
            name=op.f("billing_transaction_account_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "reference", name=op.f("billing_transaction_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("billing_transaction_account_id_execution_date_time_reference_ix"),
        "billing_transaction",
        ["account_id", "execution_date_time", "reference"],
        unique=False,
        schema=schema,
    )


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_table("billing_transaction", schema=schema)
    op.drop_table("invoice", schema=schema)
