"""Count calls by quarter hours and by class, and store how attempts ended."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_SUMS = (
    "calls",
    "within_limit",
    "latency_total",
    "throttled",
    "tokens_issued",
    "secondary_requests",
    "secondary_within_limit",
    "secondary_latency_total",
    "secondary_calls",
    "secondary_errors",
    "secondary_rejections",
)
# PostgreSQL has names for NOT NULL since version 18.
_RENAME_NOT_NULL = """
DO $$ BEGIN
    IF EXISTS (
        SELECT FROM pg_constraint
         WHERE conrelid = '"{schema}".call_peak'::regclass AND conname = 'call_peak_{before}_not_null'
    ) THEN
        ALTER TABLE "{schema}".call_peak RENAME CONSTRAINT call_peak_{before}_not_null TO call_peak_{after}_not_null;
    END IF;
END $$
"""
_UNAUTHENTICATED = ("getStatus", "getOutages", "openidConfiguration", "jwks", "authorise", "postClientRegistration")
_LIMITS = {"highPriority": 1000, "secondary": 1000, "unattended": 4000, "largePayload": 6000}


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    key = ["minute", "operation", "tier", "status", "error", "authenticated", "latency_bucket"]
    op.add_column(
        "call_rollup",
        sa.Column("authenticated", sa.Boolean(), nullable=False, server_default=sa.true()),
        schema=schema,
    )
    op.add_column(
        "call_rollup", sa.Column("within_limit", sa.BigInteger(), nullable=False, server_default="0"), schema=schema
    )
    rollup = sa.table(
        "call_rollup",
        *map(sa.column, ("operation", "tier", "latency_bucket", "calls", "throttled", "authenticated", "within_limit")),
        schema=schema,
    )
    limit = sa.case(_LIMITS, value=rollup.c.tier, else_=1500)
    in_time = sa.and_(rollup.c.latency_bucket > 0, rollup.c.latency_bucket <= limit, rollup.c.tier != "other")
    op.execute(
        rollup.update().values(
            authenticated=rollup.c.operation.not_in(_UNAUTHENTICATED),
            within_limit=sa.case((in_time, rollup.c.calls - rollup.c.throttled), else_=0),
        )
    )
    op.drop_constraint(op.f("call_rollup_pkey"), "call_rollup", schema=schema)
    op.create_primary_key(op.f("call_rollup_pkey"), "call_rollup", key, schema=schema)
    op.alter_column("call_peak", "half_hour", new_column_name="starts_at", schema=schema)
    op.execute(_RENAME_NOT_NULL.format(schema=schema, before="half_hour", after="starts_at"))
    op.create_table(
        "call_quarter_hour",
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("authenticated", sa.Boolean(), nullable=False),
        sa.Column("data_calls", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False, server_default="0" if name == "within_limit" else None)
            for name in _SUMS
        ),
        sa.PrimaryKeyConstraint("starts_at", "tier", "status", "authenticated", name=op.f("call_quarter_hour_pkey")),
        schema=schema,
    )
    op.add_column("attempt", sa.Column("visited_at", sa.DateTime(timezone=True), nullable=True), schema=schema)
    op.add_column("attempt", sa.Column("outcome", sa.Text(), nullable=True), schema=schema)
    op.add_column("attempt", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True), schema=schema)
    op.create_check_constraint(
        op.f("attempt_outcome_check"),
        "attempt",
        "outcome in ('preIdentification', 'preAuthentication', 'preAccountSelection', 'preAuthorisation', 'rejected',"
        " 'failedTokenExchange', 'completed', 'notBegun', 'refused')",
        schema=schema,
    )
    op.create_check_constraint(
        op.f("attempt_ended_at_check"), "attempt", "(outcome is null) = (ended_at is null)", schema=schema
    )
    op.create_index(op.f("attempt_ended_at_ix"), "attempt", ["ended_at"], unique=False, schema=schema)
    op.create_index(
        "attempt_open_ix",
        "attempt",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("outcome is null"),
        schema=schema,
    )


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_index("attempt_open_ix", table_name="attempt", schema=schema)
    op.drop_index(op.f("attempt_ended_at_ix"), table_name="attempt", schema=schema)
    for name in ("ended_at", "outcome", "visited_at"):
        op.drop_column("attempt", name, schema=schema)
    op.drop_table("call_quarter_hour", schema=schema)
    op.alter_column("call_peak", "starts_at", new_column_name="half_hour", schema=schema)
    op.execute(_RENAME_NOT_NULL.format(schema=schema, before="starts_at", after="half_hour"))
    op.drop_constraint(op.f("call_rollup_pkey"), "call_rollup", schema=schema)
    op.drop_column("call_rollup", "within_limit", schema=schema)
    op.drop_column("call_rollup", "authenticated", schema=schema)
    key = ["minute", "operation", "tier", "status", "error", "latency_bucket"]
    op.create_primary_key(op.f("call_rollup_pkey"), "call_rollup", key, schema=schema)
