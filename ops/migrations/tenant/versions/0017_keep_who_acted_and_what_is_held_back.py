"""Keep who gave, changed and withdrew an authorisation, and hold back notices when a harm flag is set."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_WAITS = "decided_for is not null and done_at is null and handled_at is null"


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.add_column("authorisation", sa.Column("login_id", sa.UUID(), nullable=True), schema=schema)
    op.add_column("arrangement", sa.Column("ended_by_login_id", sa.UUID(), nullable=True), schema=schema)
    for table, column in (("authorisation", "login_id"), ("arrangement", "ended_by_login_id")):
        op.create_foreign_key(
            op.f(f"{table}_{column}_fkey"),
            table,
            "login",
            [column],
            ["id"],
            source_schema=schema,
            referent_schema=schema,
        )
    op.create_check_constraint(
        op.f("arrangement_ended_by_login_id_check"),
        "arrangement",
        "ended_by_login_id is null or coalesce(ended_by, '') = 'consumer'",
        schema=schema,
    )
    op.add_column("outbox", sa.Column("decided_for", sa.UUID(), nullable=True), schema=schema)
    op.add_column("outbox", sa.Column("account_ids", sa.ARRAY(sa.UUID()), nullable=True), schema=schema)
    op.add_column("outbox", sa.Column("held_back_at", sa.DateTime(timezone=True), nullable=True), schema=schema)
    op.create_check_constraint(
        op.f("outbox_decided_for_check"), "outbox", "(decided_for is null) = (account_ids is null)", schema=schema
    )
    op.create_check_constraint(
        op.f("outbox_held_back_check"),
        "outbox",
        "held_back_at is null or num_nonnulls(given_up_at, handled_at) = 2",
        schema=schema,
    )
    op.create_index("outbox_decided_for_ix", "outbox", ["decided_for"], schema=schema, postgresql_where=sa.text(_WAITS))


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_index("outbox_decided_for_ix", table_name="outbox", schema=schema)
    op.drop_constraint(op.f("outbox_held_back_check"), "outbox", schema=schema)
    op.drop_constraint(op.f("outbox_decided_for_check"), "outbox", schema=schema)
    for column in ("held_back_at", "account_ids", "decided_for"):
        op.drop_column("outbox", column, schema=schema)
    op.drop_constraint(op.f("arrangement_ended_by_login_id_check"), "arrangement", schema=schema)
    op.drop_column("arrangement", "ended_by_login_id", schema=schema)
    op.drop_column("authorisation", "login_id", schema=schema)
