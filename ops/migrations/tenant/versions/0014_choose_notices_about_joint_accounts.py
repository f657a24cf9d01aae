"""Keep which notices about the sharing of an account its holders want."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.create_table(
        "notice_choice",
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("choice in ('all', 'given-and-amended', 'none')", name=op.f("notice_choice_choice_check")),
        sa.ForeignKeyConstraint(
            ["account_id"], [f"{schema}.account.id"], name=op.f("notice_choice_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], [f"{schema}.customer.id"], name=op.f("notice_choice_customer_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("customer_id", "account_id", name=op.f("notice_choice_pkey")),
        schema=schema,
    )
    op.create_index(op.f("notice_choice_account_id_ix"), "notice_choice", ["account_id"], unique=False, schema=schema)


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_index(op.f("notice_choice_account_id_ix"), table_name="notice_choice", schema=schema)
    op.drop_table("notice_choice", schema=schema)
