"""Add DER records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.create_table(
        "der_record",
        sa.Column("service_point_id", sa.UUID(), nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_point_id"],
            [f"{schema}.service_point.id"],
            name=op.f("der_record_service_point_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("service_point_id", name=op.f("der_record_pkey")),
        schema=schema,
    )


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_table("der_record", schema=schema)
