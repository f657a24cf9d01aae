"""Add reads of meters."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.create_table(
        "usage_read",
        sa.Column("service_point_id", sa.UUID(), nullable=False),
        sa.Column("read_start_date", sa.Date(), nullable=False),
        sa.Column("register_suffix", sa.Text(), nullable=False),
        sa.Column("read_end_date", sa.Date(), nullable=False),
        sa.Column("register_id", sa.Text(), nullable=True),
        sa.Column("meter_id", sa.Text(), nullable=True),
        sa.Column("controlled_load", sa.Boolean(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("scale", sa.SmallInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("interval_minutes", sa.SmallInteger(), nullable=True),
        sa.Column("packed", sa.LargeBinary(), nullable=True),
        sa.Column("qualities", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("version", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("read_end_date >= read_start_date", name=op.f("usage_read_period_check")),
        sa.CheckConstraint("(interval_minutes is null) = (packed is null)", name=op.f("usage_read_packed_check")),
        sa.CheckConstraint(
            "interval_minutes is null or read_end_date = read_start_date", name=op.f("usage_read_day_check")
        ),
        sa.ForeignKeyConstraint(
            ["service_point_id"],
            [f"{schema}.service_point.id"],
            name=op.f("usage_read_service_point_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("service_point_id", "read_start_date", "register_suffix", name=op.f("usage_read_pkey")),
        schema=schema,
    )
    op.create_index(
        "usage_read_several_days_ix",
        "usage_read",
        ["service_point_id", "read_start_date", "read_end_date"],
        unique=False,
        schema=schema,
        postgresql_where=sa.text("read_end_date > read_start_date"),
    )


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_index(
        "usage_read_several_days_ix",
        table_name="usage_read",
        schema=schema,
        postgresql_where=sa.text("read_end_date > read_start_date"),
    )
    op.drop_table("usage_read", schema=schema)
