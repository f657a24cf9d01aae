"""Record how far a change of a participant's secret is, and let a brand use a participant in one environment only."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    for column in ("change_begun_at", "change_stopped_at"):
        op.add_column("market_participant", sa.Column(column, sa.DateTime(timezone=True)), schema=schema)
    op.create_unique_constraint(
        op.f("brand_participant_brand_id_participant_id_key"),
        "brand_participant",
        ["brand_id", "participant_id"],
        schema=schema,
    )


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_constraint(op.f("brand_participant_brand_id_participant_id_key"), "brand_participant", schema=schema)
    for column in ("change_stopped_at", "change_begun_at"):
        op.drop_column("market_participant", column, schema=schema)
