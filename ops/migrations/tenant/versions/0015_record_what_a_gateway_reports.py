"""Record what the gateway of a brand reports of text messages, and the secrets that the brand shares with it."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.create_table(
        "sms_credential",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("presented", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('gateway', 'reports')", name=op.f("sms_credential_kind_check")),
        sa.PrimaryKeyConstraint("kind", name=op.f("sms_credential_pkey")),
        schema=schema,
    )
    op.add_column("outbox", sa.Column("report", sa.Text(), nullable=True), schema=schema)
    op.add_column("outbox", sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True), schema=schema)
    op.create_check_constraint(
        op.f("outbox_report_check"), "outbox", "report in ('delivered', 'failed')", schema=schema
    )
    op.create_check_constraint(
        op.f("outbox_reported_check"), "outbox", "(report is null) = (reported_at is null)", schema=schema
    )
    op.create_index(
        "outbox_reported_at_ix",
        "outbox",
        ["reported_at"],
        schema=schema,
        postgresql_where=sa.text("reported_at is not null"),
    )


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_index("outbox_reported_at_ix", table_name="outbox", schema=schema)
    op.drop_constraint(op.f("outbox_reported_check"), "outbox", schema=schema)
    op.drop_constraint(op.f("outbox_report_check"), "outbox", schema=schema)
    op.drop_column("outbox", "reported_at", schema=schema)
    op.drop_column("outbox", "report", schema=schema)
    op.drop_table("sms_credential", schema=schema)
