"""Keep from which network and browser a one-time password was asked for, and for which flow."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.add_column("challenge", sa.Column("network_hash", sa.LargeBinary(), nullable=True), schema=schema)
    op.add_column(
        "challenge",
        sa.Column("is_known_browser", sa.Boolean(), server_default="false", nullable=False),
        schema=schema,
    )
    op.add_column("challenge", sa.Column("attempt_id", sa.Uuid(), nullable=True), schema=schema)
    op.create_index(
        op.f("challenge_network_hash_created_at_ix"), "challenge", ["network_hash", "created_at"], schema=schema
    )
    op.create_index(
        op.f("challenge_attempt_id_ix"),
        "challenge",
        ["attempt_id"],
        schema=schema,
        postgresql_where=sa.text("attempt_id is not null"),
    )
    op.create_index(
        "challenge_sent_ix",
        "challenge",
        ["created_at"],
        schema=schema,
        postgresql_where=sa.text("login_id is not null"),
    )
    op.create_index(
        "challenge_failed_ix", "challenge", ["created_at"], schema=schema, postgresql_where=sa.text("failures > 0")
    )


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    for index in (
        "challenge_failed_ix",
        "challenge_sent_ix",
        op.f("challenge_attempt_id_ix"),
        op.f("challenge_network_hash_created_at_ix"),
    ):
        op.drop_index(index, table_name="challenge", schema=schema)
    for column in ("attempt_id", "is_known_browser", "network_hash"):
        op.drop_column("challenge", column, schema=schema)
