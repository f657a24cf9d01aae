"""Record refused requests, and findings about data that was wrong when it was disclosed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.create_table(
        "refused_day",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("arrangement_id", sa.UUID(), nullable=True),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("calls > 0", name=op.f("refused_day_calls_check")),
        sa.CheckConstraint("request in ('data', 'authorisation')", name=op.f("refused_day_request_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("refused_day_pkey")),
        schema=schema,
    )
    op.create_index(
        "refused_day_key",
        "refused_day",
        ["day", "request", "reason", "arrangement_id"],
        unique=True,
        schema=schema,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "disclosure_finding",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("service_point_id", sa.UUID(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(account_id, service_point_id) = 1", name=op.f("disclosure_finding_subject_check")
        ),
        sa.CheckConstraint("last_day >= first_day", name=op.f("disclosure_finding_days_check")),
        sa.CheckConstraint("state in ('open', 'confirmed', 'dismissed')", name=op.f("disclosure_finding_state_check")),
        sa.CheckConstraint("(state = 'open') = (decided_at is null)", name=op.f("disclosure_finding_decided_at_check")),
        sa.CheckConstraint(
            "(decided_at is null) = (decided_by is null)", name=op.f("disclosure_finding_decided_by_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("disclosure_finding_pkey")),
        schema=schema,
    )
    op.create_index(
        "disclosure_finding_key",
        "disclosure_finding",
        ["import_id", "resource", "account_id", "service_point_id"],
        unique=True,
        schema=schema,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        op.f("disclosure_finding_state_found_at_ix"),
        "disclosure_finding",
        ["state", "found_at"],
        unique=False,
        schema=schema,
    )
    op.create_table(
        "affected_disclosure",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("finding_id", sa.UUID(), nullable=False),
        sa.Column("arrangement_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.UUID(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('unreachable', 'told', 'wanted', 'declined', 'corrected')",
            name=op.f("affected_disclosure_state_check"),
        ),
        sa.CheckConstraint(
            "(state = 'unreachable') = (told_at is null)", name=op.f("affected_disclosure_told_at_check")
        ),
        sa.CheckConstraint(
            "(state in ('wanted', 'declined', 'corrected')) = (answered_at is not null)",
            name=op.f("affected_disclosure_answered_at_check"),
        ),
        sa.CheckConstraint(
            "(state = 'corrected') = (corrected_at is not null)", name=op.f("affected_disclosure_corrected_at_check")
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            [f"{schema}.disclosure_finding.id"],
            name=op.f("affected_disclosure_finding_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("affected_disclosure_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("affected_disclosure_finding_id_arrangement_id_account_id_ix"),
        "affected_disclosure",
        ["finding_id", "arrangement_id", "account_id"],
        unique=True,
        schema=schema,
    )
    op.create_index(
        "affected_disclosure_wanted_ix",
        "affected_disclosure",
        ["arrangement_id"],
        unique=False,
        schema=schema,
        postgresql_where=sa.text("state = 'wanted'"),
    )


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_index(
        "affected_disclosure_wanted_ix",
        table_name="affected_disclosure",
        schema=schema,
        postgresql_where=sa.text("state = 'wanted'"),
    )
    op.drop_index(
        op.f("affected_disclosure_finding_id_arrangement_id_account_id_ix"),
        table_name="affected_disclosure",
        schema=schema,
    )
    op.drop_table("affected_disclosure", schema=schema)
    op.drop_index(op.f("disclosure_finding_state_found_at_ix"), table_name="disclosure_finding", schema=schema)
    op.drop_index(
        "disclosure_finding_key",
        table_name="disclosure_finding",
        schema=schema,
        postgresql_nulls_not_distinct=True,
    )
    op.drop_table("disclosure_finding", schema=schema)
    op.drop_index("refused_day_key", table_name="refused_day", schema=schema, postgresql_nulls_not_distinct=True)
    op.drop_table("refused_day", schema=schema)
