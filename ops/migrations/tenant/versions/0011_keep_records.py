"""Keep what staff does about notices, the results of data checks, and the records that the CDR Rules ask for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    for name, kind in (
        ("arrangement_id", sa.UUID()),
        ("replayed_at", sa.DateTime(timezone=True)),
        ("assigned_to", sa.Text()),
        ("handled_at", sa.DateTime(timezone=True)),
        ("handled_by", sa.Text()),
        ("handling", sa.Text()),
    ):
        op.add_column("outbox", sa.Column(name, kind, nullable=True), schema=schema)
    op.create_check_constraint(
        op.f("outbox_handled_check"),
        "outbox",
        "num_nonnulls(handled_at, handled_by, handling) in (0, 3)",
        schema=schema,
    )
    op.create_index(
        "outbox_arrangement_id_ix",
        "outbox",
        ["arrangement_id"],
        unique=False,
        schema=schema,
        postgresql_where=sa.text("arrangement_id is not null"),
    )
    op.create_index(
        "outbox_given_up_ix",
        "outbox",
        ["given_up_at"],
        unique=False,
        schema=schema,
        postgresql_where=sa.text("given_up_at is not null"),
    )
    op.create_table(
        "data_check",
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invalid", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("ended_at >= began_at", name=op.f("data_check_period_check")),
        sa.PrimaryKeyConstraint("began_at", name=op.f("data_check_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("disclosure_day_day_ix"), "disclosure_day", ["day"], unique=False, schema=schema, postgresql_using="brin"
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("arrangement_id", sa.UUID(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("num_nonnulls(customer_id, arrangement_id) < 2", name=op.f("legal_hold_subject_check")),
        sa.CheckConstraint("until >= since", name=op.f("legal_hold_period_check")),
        sa.CheckConstraint("(until is null) = (ended_by is null)", name=op.f("legal_hold_ended_by_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("legal_hold_pkey")),
        schema=schema,
    )
    op.create_index(
        "legal_hold_open_key",
        "legal_hold",
        ["customer_id", "arrangement_id"],
        unique=True,
        schema=schema,
        postgresql_where=sa.text("until is null"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "complaint",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("ombudsman_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ombudsman_resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.CheckConstraint("kind in ('consumer', 'product')", name=op.f("complaint_kind_check")),
        sa.CheckConstraint("resolved_at >= received_at", name=op.f("complaint_resolved_at_check")),
        sa.CheckConstraint("(resolved_at is null) = (outcome is null)", name=op.f("complaint_outcome_check")),
        sa.CheckConstraint("ombudsman_at >= received_at", name=op.f("complaint_ombudsman_at_check")),
        sa.CheckConstraint("ombudsman_resolved_at >= ombudsman_at", name=op.f("complaint_ombudsman_resolved_at_check")),
        sa.ForeignKeyConstraint(["customer_id"], [f"{schema}.customer.id"], name=op.f("complaint_customer_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("complaint_pkey")),
        schema=schema,
    )
    op.create_index(op.f("complaint_customer_id_ix"), "complaint", ["customer_id"], unique=False, schema=schema)
    op.create_index(op.f("complaint_received_at_ix"), "complaint", ["received_at"], unique=False, schema=schema)
    op.create_table(
        "correction_request",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_by", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "data in ('customer', 'account', 'billing', 'metering', 'other')",
            name=op.f("correction_request_data_check"),
        ),
        sa.CheckConstraint(
            "decision in ('corrected', 'qualified', 'refused', 'passed-to-aemo')",
            name=op.f("correction_request_decision_check"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(decision, decided_at, told_by) in (0, 3)", name=op.f("correction_request_decided_check")
        ),
        sa.CheckConstraint(
            "decision not in ('qualified', 'refused') or reasons is not null",
            name=op.f("correction_request_reasons_check"),
        ),
        sa.CheckConstraint(
            "decision <> 'passed-to-aemo' or data = 'metering'", name=op.f("correction_request_metering_check")
        ),
        sa.CheckConstraint(
            "decided_at >= acknowledged_at and acknowledged_at >= received_at",
            name=op.f("correction_request_order_check"),
        ),
        sa.CheckConstraint(
            "decided_at is null or acknowledged_at is not null", name=op.f("correction_request_acknowledged_at_check")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], [f"{schema}.customer.id"], name=op.f("correction_request_customer_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            [f"{schema}.account.id"],
            name=op.f("correction_request_account_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("correction_request_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("correction_request_customer_id_ix"), "correction_request", ["customer_id"], unique=False, schema=schema
    )
    op.create_table(
        "record_request",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivery_channel", sa.Text(), nullable=True),
        sa.Column("delivered_by", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(delivered_at, delivery_channel, delivered_by) in (0, 3)",
            name=op.f("record_request_delivered_check"),
        ),
        sa.CheckConstraint("delivered_at >= received_at", name=op.f("record_request_delivered_at_check")),
        sa.ForeignKeyConstraint(
            ["customer_id"], [f"{schema}.customer.id"], name=op.f("record_request_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("record_request_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("record_request_customer_id_ix"), "record_request", ["customer_id"], unique=False, schema=schema
    )


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    for table in ("record_request", "correction_request", "complaint", "legal_hold", "data_check"):
        op.drop_table(table, schema=schema)
    op.drop_index(op.f("disclosure_day_day_ix"), table_name="disclosure_day", schema=schema)
    op.drop_index("outbox_given_up_ix", table_name="outbox", schema=schema)
    op.drop_index("outbox_arrangement_id_ix", table_name="outbox", schema=schema)
    for name in ("handling", "handled_by", "handled_at", "assigned_to", "replayed_at", "arrangement_id"):
        op.drop_column("outbox", name, schema=schema)
