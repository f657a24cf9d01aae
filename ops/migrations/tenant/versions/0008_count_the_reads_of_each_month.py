"""Count the reads of each service point that begin in a month."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.create_table(
        "usage_month",
        sa.Column("service_point_id", sa.UUID(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("reads", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_point_id"],
            [f"{schema}.service_point.id"],
            name=op.f("usage_month_service_point_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("service_point_id", "month", name=op.f("usage_month_pkey")),
        schema=schema,
    )
    op.execute(
        f"""
        INSERT INTO {schema}.usage_month (service_point_id, month, reads)
        SELECT service_point_id, read_start_date - (extract(day FROM read_start_date)::int - 1), count(*)
        FROM {schema}.usage_read GROUP BY 1, 2
        """  # noqa: S608 - the schema is our own
    )


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_table("usage_month", schema=schema)
