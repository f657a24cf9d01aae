"""The tables of the tenant schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from ops.migrations.privileges import deny

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.create_table(
        "account",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("account_number", sa.Text(), nullable=True),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.Column("open_status", sa.Text(), nullable=False),
        sa.Column("creation_date", sa.Date(), nullable=True),
        sa.Column("summary", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("open_status in ('OPEN', 'CLOSED')", name=op.f("account_open_status_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("account_pkey")),
        sa.UniqueConstraint("reference", name=op.f("account_reference_key")),
        schema=schema,
    )
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("audit_hash_check")),
        sa.CheckConstraint("octet_length(previous_hash) = 32", name=op.f("audit_previous_hash_check")),
        sa.CheckConstraint("seq > 0", name=op.f("audit_seq_check")),
        sa.PrimaryKeyConstraint("seq", name=op.f("audit_pkey")),
        schema=schema,
        info={"denied": ("UPDATE", "DELETE")},
    )
    op.create_index(op.f("audit_subject_seq_ix"), "audit", ["subject", "seq"], unique=False, schema=schema)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("audit_head_single_check")),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("audit_head_hash_check")),
        sa.CheckConstraint("seq >= 0", name=op.f("audit_head_seq_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_head_pkey")),
        schema=schema,
        info={"denied": ("DELETE",)},
    )
    op.create_table(
        "call",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("interaction_id", sa.UUID(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("authenticated", sa.Boolean(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("throttled", sa.Boolean(), nullable=False),
        sa.Column("latency", sa.BigInteger(), nullable=False),
        sa.Column("secondary_latency", sa.BigInteger(), nullable=True),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("arrangement_id", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("at", "id", name=op.f("call_pkey")),
        schema=schema,
        info={"denied": ("UPDATE",)},
    )
    op.create_index(op.f("call_interaction_id_ix"), "call", ["interaction_id"], unique=False, schema=schema)
    op.create_table(
        "call_peak",
        sa.Column("half_hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("aggregate", sa.Integer(), nullable=False),
        sa.Column("authenticated", sa.Integer(), nullable=False),
        sa.Column("unauthenticated", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("half_hour", name=op.f("call_peak_pkey")),
        schema=schema,
    )
    op.create_table(
        "call_rollup",
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("latency_bucket", sa.Integer(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("latency_total", sa.BigInteger(), nullable=False),
        sa.Column("throttled", sa.BigInteger(), nullable=False),
        sa.Column("tokens_issued", sa.BigInteger(), nullable=False),
        sa.Column("secondary_requests", sa.BigInteger(), nullable=False),
        sa.Column("secondary_within_limit", sa.BigInteger(), nullable=False),
        sa.Column("secondary_latency_total", sa.BigInteger(), nullable=False),
        sa.Column("secondary_calls", sa.BigInteger(), nullable=False),
        sa.Column("secondary_errors", sa.BigInteger(), nullable=False),
        sa.Column("secondary_rejections", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "minute", "operation", "tier", "status", "error", "latency_bucket", name=op.f("call_rollup_pkey")
        ),
        schema=schema,
    )
    op.create_table(
        "call_second",
        sa.Column("second", sa.DateTime(timezone=True), nullable=False),
        sa.Column("authenticated", sa.Integer(), nullable=False),
        sa.Column("unauthenticated", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("second", name=op.f("call_second_pkey")),
        schema=schema,
    )
    op.create_table(
        "client",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("software_id", sa.Text(), nullable=False),
        sa.Column("recipient_id", sa.Text(), nullable=False),
        sa.Column("registration", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("recipient_status", sa.Text(), nullable=False),
        sa.Column("product_status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('software-product', 'register')", name=op.f("client_kind_check")),
        sa.CheckConstraint(
            "product_status in ('ACTIVE', 'INACTIVE', 'REMOVED')", name=op.f("client_product_status_check")
        ),
        sa.CheckConstraint(
            "recipient_status in ('ACTIVE', 'SUSPENDED', 'REVOKED', 'SURRENDERED')",
            name=op.f("client_recipient_status_check"),
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("client_pkey")),
        schema=schema,
    )
    op.create_index(
        "client_live_software_id_key",
        "client",
        ["software_id"],
        unique=True,
        schema=schema,
        postgresql_where=sa.text("removed_at is null"),
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('person', 'organisation')", name=op.f("customer_kind_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("customer_pkey")),
        sa.UniqueConstraint("reference", name=op.f("customer_reference_key")),
        schema=schema,
    )
    op.create_table(
        "data_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("data_key_pkey")),
        schema=schema,
    )
    op.create_table(
        "derivation_key",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose in ('resource-id', 'subject')", name=op.f("derivation_key_purpose_check")),
        sa.PrimaryKeyConstraint("purpose", name=op.f("derivation_key_pkey")),
        schema=schema,
    )
    op.create_table(
        "disclosure_day",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("arrangement_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("calls > 0", name=op.f("disclosure_day_calls_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("disclosure_day_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("disclosure_day_account_id_day_ix"), "disclosure_day", ["account_id", "day"], unique=False, schema=schema
    )
    op.create_index(
        "disclosure_day_key",
        "disclosure_day",
        ["arrangement_id", "account_id", "cluster", "day"],
        unique=True,
        schema=schema,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "login",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("mobile", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=True),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel in ('email', 'sms', 'post')", name=op.f("login_channel_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("login_pkey")),
        sa.UniqueConstraint("reference", name=op.f("login_reference_key")),
        schema=schema,
    )
    op.create_index(
        "login_identifier_key",
        "login",
        ["identifier"],
        unique=True,
        schema=schema,
        postgresql_where=sa.text("disabled_at is null"),
    )
    op.create_table(
        "outage",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expected_end_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("endpoint_class", sa.Text(), nullable=False),
        sa.Column("planned", sa.Boolean(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "endpoint_class in ('all', 'authenticated', 'unauthenticated')", name=op.f("outage_endpoint_class_check")
        ),
        sa.CheckConstraint("closed_by is null or ends_at is not null", name=op.f("outage_closed_by_check")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("outage_period_check")),
        sa.CheckConstraint("expected_end_at > starts_at", name=op.f("outage_expected_end_at_check")),
        sa.CheckConstraint(
            "not planned or (ends_at is not null and expected_end_at is null)", name=op.f("outage_planned_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("outage_pkey")),
        schema=schema,
    )
    op.create_index(op.f("outage_starts_at_ix"), "outage", ["starts_at"], unique=False, schema=schema)
    op.create_table(
        "outbox",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.UUID(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pkey")),
        schema=schema,
    )
    op.create_index(
        "outbox_due_ix",
        "outbox",
        ["due_at"],
        unique=False,
        schema=schema,
        postgresql_where=sa.text("done_at is null and given_up_at is null"),
    )
    op.create_table(
        "service_point",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("national_metering_id", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("service_point_pkey")),
        sa.UniqueConstraint("reference", name=op.f("service_point_reference_key")),
        schema=schema,
    )
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("public_jwk", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'gone') = (sealed is null)", name=op.f("signing_key_sealed_check")),
        sa.CheckConstraint("algorithm in ('PS256', 'ES256')", name=op.f("signing_key_algorithm_check")),
        sa.CheckConstraint("state in ('next', 'current', 'retired', 'gone')", name=op.f("signing_key_state_check")),
        sa.PrimaryKeyConstraint("kid", name=op.f("signing_key_pkey")),
        schema=schema,
    )
    op.create_index(
        "signing_key_current_key",
        "signing_key",
        ["algorithm"],
        unique=True,
        schema=schema,
        postgresql_where=sa.text("state = 'current'"),
    )
    op.create_index(
        "signing_key_next_key",
        "signing_key",
        ["algorithm"],
        unique=True,
        schema=schema,
        postgresql_where=sa.text("state = 'next'"),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("staff_pkey")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("staff_issuer_subject_key")),
        schema=schema,
    )
    op.create_table(
        "upstream_credential",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("presented", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('client-secret', 'client-certificate')", name=op.f("upstream_credential_kind_check")
        ),
        sa.PrimaryKeyConstraint("kind", name=op.f("upstream_credential_pkey")),
        schema=schema,
    )
    op.create_table(
        "arrangement",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("login_id", sa.UUID(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("authorisation_id", sa.UUID(), nullable=True),
        sa.CheckConstraint(
            "ended_by in ('consumer', 'recipient', 'retailer', 'register', 'expiry', 'replay', 'ineligible', 'harm')",
            name=op.f("arrangement_ended_by_check"),
        ),
        sa.CheckConstraint("(ended_at is null) = (ended_by is null)", name=op.f("arrangement_ended_check")),
        sa.ForeignKeyConstraint(["client_id"], [f"{schema}.client.client_id"], name=op.f("arrangement_client_id_fkey")),
        sa.ForeignKeyConstraint(["customer_id"], [f"{schema}.customer.id"], name=op.f("arrangement_customer_id_fkey")),
        sa.ForeignKeyConstraint(["login_id"], [f"{schema}.login.id"], name=op.f("arrangement_login_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("arrangement_pkey")),
        schema=schema,
    )
    op.create_index(op.f("arrangement_client_id_ix"), "arrangement", ["client_id"], unique=False, schema=schema)
    op.create_index(op.f("arrangement_customer_id_ix"), "arrangement", ["customer_id"], unique=False, schema=schema)
    op.create_table(
        "challenge",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("login_id", sa.UUID(), nullable=True),
        sa.Column("identifier_hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose in ('authorisation', 'dashboard')", name=op.f("challenge_purpose_check")),
        sa.ForeignKeyConstraint(
            ["login_id"], [f"{schema}.login.id"], name=op.f("challenge_login_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("challenge_pkey")),
        schema=schema,
    )
    op.create_index(op.f("challenge_created_at_ix"), "challenge", ["created_at"], unique=False, schema=schema)
    op.create_index(
        op.f("challenge_identifier_hash_created_at_ix"),
        "challenge",
        ["identifier_hash", "created_at"],
        unique=False,
        schema=schema,
    )
    op.create_table(
        "disclosure_option",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("option", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "option in ('pre-approval', 'co-approval', 'no-disclosure')", name=op.f("disclosure_option_option_check")
        ),
        sa.CheckConstraint("set_by in ('import', 'holder', 'staff')", name=op.f("disclosure_option_set_by_check")),
        sa.ForeignKeyConstraint(
            ["account_id"], [f"{schema}.account.id"], name=op.f("disclosure_option_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("disclosure_option_pkey")),
        schema=schema,
    )
    op.create_table(
        "disclosure_proposal",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("option", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("option in ('pre-approval', 'co-approval')", name=op.f("disclosure_proposal_option_check")),
        sa.CheckConstraint(
            "state in ('open', 'agreed', 'declined', 'lapsed', 'withdrawn')",
            name=op.f("disclosure_proposal_state_check"),
        ),
        sa.CheckConstraint("due_at > at", name=op.f("disclosure_proposal_due_at_check")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            [f"{schema}.account.id"],
            name=op.f("disclosure_proposal_account_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], [f"{schema}.customer.id"], name=op.f("disclosure_proposal_proposed_by_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("disclosure_proposal_pkey")),
        schema=schema,
    )
    op.create_index(
        "disclosure_proposal_open_key",
        "disclosure_proposal",
        ["account_id"],
        unique=True,
        schema=schema,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "harm_flag",
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.CheckConstraint("until > since", name=op.f("harm_flag_period_check")),
        sa.ForeignKeyConstraint(
            ["account_id"], [f"{schema}.account.id"], name=op.f("harm_flag_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["customer_id"], [f"{schema}.customer.id"], name=op.f("harm_flag_customer_id_fkey")),
        sa.PrimaryKeyConstraint("customer_id", "account_id", "since", name=op.f("harm_flag_pkey")),
        schema=schema,
    )
    op.create_index(
        "harm_flag_open_key",
        "harm_flag",
        ["customer_id", "account_id"],
        unique=True,
        schema=schema,
        postgresql_where=sa.text("until is null"),
    )
    op.create_table(
        "holding",
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint("role in ('holder', 'joint-holder', 'secondary-user')", name=op.f("holding_role_check")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("holding_period_check")),
        sa.ForeignKeyConstraint(
            ["account_id"], [f"{schema}.account.id"], name=op.f("holding_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], [f"{schema}.customer.id"], name=op.f("holding_customer_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("customer_id", "account_id", "valid_from", name=op.f("holding_pkey")),
        schema=schema,
    )
    op.create_index(op.f("holding_account_id_ix"), "holding", ["account_id"], unique=False, schema=schema)
    op.create_table(
        "ineligibility",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "reason in ('under-age', 'large-consumption', 'outside-market', 'trial-product', 'deceased', 'other')",
            name=op.f("ineligibility_reason_check"),
        ),
        sa.CheckConstraint("set_by in ('import', 'upstream', 'staff')", name=op.f("ineligibility_set_by_check")),
        sa.CheckConstraint("num_nonnulls(customer_id, account_id) > 0", name=op.f("ineligibility_subject_check")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ineligibility_period_check")),
        sa.ForeignKeyConstraint(
            ["account_id"], [f"{schema}.account.id"], name=op.f("ineligibility_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], [f"{schema}.customer.id"], name=op.f("ineligibility_customer_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("ineligibility_pkey")),
        schema=schema,
    )
    op.create_index(op.f("ineligibility_account_id_ix"), "ineligibility", ["account_id"], unique=False, schema=schema)
    op.create_index(
        "ineligibility_subject_key",
        "ineligibility",
        ["customer_id", "account_id", "reason", "valid_from"],
        unique=True,
        schema=schema,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "refusal",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("recipient_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("refused_by", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "reason in ('harm', 'security', 'account-blocked', 'account-suspended', 'data-standards')",
            name=op.f("refusal_reason_check"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(customer_id, account_id, recipient_id) > 0", name=op.f("refusal_subject_check")
        ),
        sa.CheckConstraint("until > since", name=op.f("refusal_period_check")),
        sa.ForeignKeyConstraint(["account_id"], [f"{schema}.account.id"], name=op.f("refusal_account_id_fkey")),
        sa.ForeignKeyConstraint(["customer_id"], [f"{schema}.customer.id"], name=op.f("refusal_customer_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("refusal_pkey")),
        schema=schema,
    )
    op.create_index(op.f("refusal_account_id_ix"), "refusal", ["account_id"], unique=False, schema=schema)
    op.create_index(op.f("refusal_customer_id_ix"), "refusal", ["customer_id"], unique=False, schema=schema)
    op.create_table(
        "representation",
        sa.Column("login_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "role in ('self', 'nominated-representative', 'attorney', 'guardian')",
            name=op.f("representation_role_check"),
        ),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("representation_period_check")),
        sa.ForeignKeyConstraint(
            ["customer_id"], [f"{schema}.customer.id"], name=op.f("representation_customer_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], [f"{schema}.login.id"], name=op.f("representation_login_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("login_id", "customer_id", "valid_from", name=op.f("representation_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("representation_customer_id_ix"), "representation", ["customer_id"], unique=False, schema=schema
    )
    op.create_index(
        "representation_open_self_key",
        "representation",
        ["login_id"],
        unique=True,
        schema=schema,
        postgresql_where=sa.text("role = 'self' and valid_to is null"),
    )
    op.create_table(
        "secondary_user_instruction",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.UUID(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.UUID(), nullable=True),
        sa.CheckConstraint(
            "(withdrawn_at is null) = (withdrawn_by is null)",
            name=op.f("secondary_user_instruction_withdrawn_by_check"),
        ),
        sa.CheckConstraint("given_by <> customer_id", name=op.f("secondary_user_instruction_given_by_check")),
        sa.CheckConstraint("withdrawn_at >= given_at", name=op.f("secondary_user_instruction_withdrawn_at_check")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            [f"{schema}.account.id"],
            name=op.f("secondary_user_instruction_account_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], [f"{schema}.customer.id"], name=op.f("secondary_user_instruction_customer_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["given_by"], [f"{schema}.customer.id"], name=op.f("secondary_user_instruction_given_by_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], [f"{schema}.customer.id"], name=op.f("secondary_user_instruction_withdrawn_by_fkey")
        ),
        sa.PrimaryKeyConstraint("account_id", "customer_id", "given_at", name=op.f("secondary_user_instruction_pkey")),
        schema=schema,
    )
    op.create_index(
        "secondary_user_instruction_open_key",
        "secondary_user_instruction",
        ["account_id", "customer_id"],
        unique=True,
        schema=schema,
        postgresql_where=sa.text("withdrawn_at is null"),
    )
    op.create_table(
        "sharing_block",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("recipient_id", sa.Text(), nullable=True),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("set_by in ('holder', 'staff')", name=op.f("sharing_block_set_by_check")),
        sa.CheckConstraint("until > since", name=op.f("sharing_block_period_check")),
        sa.ForeignKeyConstraint(
            ["account_id"], [f"{schema}.account.id"], name=op.f("sharing_block_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], [f"{schema}.customer.id"], name=op.f("sharing_block_customer_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("sharing_block_pkey")),
        schema=schema,
    )
    op.create_index(op.f("sharing_block_account_id_ix"), "sharing_block", ["account_id"], unique=False, schema=schema)
    op.create_table(
        "supply",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("service_point_id", sa.UUID(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("participant_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], [f"{schema}.account.id"], name=op.f("supply_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["service_point_id"],
            [f"{schema}.service_point.id"],
            name=op.f("supply_service_point_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "service_point_id", "valid_from", name=op.f("supply_pkey")),
        schema=schema,
    )
    op.create_index(op.f("supply_service_point_id_ix"), "supply", ["service_point_id"], unique=False, schema=schema)
    op.create_table(
        "used_assertion",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("jti_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"],
            [f"{schema}.client.client_id"],
            name=op.f("used_assertion_client_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_id", "jti_hash", name=op.f("used_assertion_pkey")),
        schema=schema,
    )
    op.create_index(op.f("used_assertion_expires_at_ix"), "used_assertion", ["expires_at"], unique=False, schema=schema)
    op.create_table(
        "authorisation",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("arrangement_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("claims", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("shown", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("sharing_duration", sa.BigInteger(), nullable=False),
        sa.Column("acr", sa.Text(), nullable=False),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("authorised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["arrangement_id"],
            [f"{schema}.arrangement.id"],
            name=op.f("authorisation_arrangement_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("authorisation_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("authorisation_arrangement_id_version_ix"),
        "authorisation",
        ["arrangement_id", "version"],
        unique=True,
        schema=schema,
    )
    op.create_table(
        "disclosure_answer",
        sa.Column("proposal_id", sa.UUID(), nullable=False),
        sa.Column("answered_by", sa.UUID(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("answer in ('agreed', 'declined')", name=op.f("disclosure_answer_answer_check")),
        sa.ForeignKeyConstraint(
            ["answered_by"], [f"{schema}.customer.id"], name=op.f("disclosure_answer_answered_by_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            [f"{schema}.disclosure_proposal.id"],
            name=op.f("disclosure_answer_proposal_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("proposal_id", "answered_by", name=op.f("disclosure_answer_pkey")),
        schema=schema,
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("challenge_id", sa.UUID(), nullable=True),
        sa.Column("login_id", sa.UUID(), nullable=True),
        sa.Column("staff_id", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("surface <> 'public' or staff_id is null", name=op.f("session_staff_check")),
        sa.CheckConstraint(
            "surface = 'public' or num_nonnulls(challenge_id, login_id) = 0", name=op.f("session_customer_check")
        ),
        sa.CheckConstraint("surface in ('public', 'admin', 'management')", name=op.f("session_surface_check")),
        sa.ForeignKeyConstraint(["challenge_id"], [f"{schema}.challenge.id"], name=op.f("session_challenge_id_fkey")),
        sa.ForeignKeyConstraint(
            ["login_id"], [f"{schema}.login.id"], name=op.f("session_login_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], [f"{schema}.staff.id"], name=op.f("session_staff_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("session_pkey")),
        schema=schema,
    )
    op.create_table(
        "access_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("arrangement_id", sa.UUID(), nullable=True),
        sa.Column("authorisation_id", sa.UUID(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("certificate_thumbprint", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(arrangement_id is null) = (authorisation_id is null)", name=op.f("access_token_arrangement_check")
        ),
        sa.ForeignKeyConstraint(
            ["arrangement_id"],
            [f"{schema}.arrangement.id"],
            name=op.f("access_token_arrangement_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["authorisation_id"],
            [f"{schema}.authorisation.id"],
            name=op.f("access_token_authorisation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], [f"{schema}.client.client_id"], name=op.f("access_token_client_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("access_token_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("access_token_arrangement_id_ix"), "access_token", ["arrangement_id"], unique=False, schema=schema
    )
    op.create_index(op.f("access_token_client_id_ix"), "access_token", ["client_id"], unique=False, schema=schema)
    op.create_index(op.f("access_token_expires_at_ix"), "access_token", ["expires_at"], unique=False, schema=schema)
    op.create_table(
        "attempt",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("request_uri_hash", sa.LargeBinary(), nullable=False),
        sa.Column("request_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_uri_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=True),
        sa.Column("challenge_id", sa.UUID(), nullable=True),
        sa.Column("login_id", sa.UUID(), nullable=True),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acr", sa.Text(), nullable=True),
        sa.Column("claimed_as", sa.Text(), nullable=True),
        sa.Column("accounts", sa.ARRAY(sa.UUID()), nullable=True),
        sa.Column("shown_digest", sa.LargeBinary(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("arrangement_id", sa.UUID(), nullable=True),
        sa.Column("authorisation_id", sa.UUID(), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("claimed_as in ('browser', 'app')", name=op.f("attempt_claimed_as_check")),
        sa.CheckConstraint(
            "stage in ('preIdentification', 'preAuthentication', 'preAccountSelection', 'preAuthorisation', 'preTokenExchange', 'rejected', 'failedTokenExchange', 'completed')",
            name=op.f("attempt_stage_check"),
        ),
        sa.ForeignKeyConstraint(
            ["arrangement_id"], [f"{schema}.arrangement.id"], name=op.f("attempt_arrangement_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["authorisation_id"], [f"{schema}.authorisation.id"], name=op.f("attempt_authorisation_id_fkey")
        ),
        sa.ForeignKeyConstraint(["challenge_id"], [f"{schema}.challenge.id"], name=op.f("attempt_challenge_id_fkey")),
        sa.ForeignKeyConstraint(
            ["client_id"], [f"{schema}.client.client_id"], name=op.f("attempt_client_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["customer_id"], [f"{schema}.customer.id"], name=op.f("attempt_customer_id_fkey")),
        sa.ForeignKeyConstraint(["login_id"], [f"{schema}.login.id"], name=op.f("attempt_login_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("attempt_pkey")),
        sa.UniqueConstraint("code_hash", name=op.f("attempt_code_hash_key")),
        sa.UniqueConstraint("request_uri_hash", name=op.f("attempt_request_uri_hash_key")),
        schema=schema,
    )
    op.create_index(op.f("attempt_stage_stage_at_ix"), "attempt", ["stage", "stage_at"], unique=False, schema=schema)
    op.create_table(
        "authorised_account",
        sa.Column("authorisation_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("approval", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "approval in ('pending', 'approved', 'declined', 'lapsed', 'withdrawn')",
            name=op.f("authorised_account_approval_check"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            [f"{schema}.account.id"],
            name=op.f("authorised_account_account_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["authorisation_id"],
            [f"{schema}.authorisation.id"],
            name=op.f("authorised_account_authorisation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authorisation_id", "account_id", name=op.f("authorised_account_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("authorised_account_account_id_ix"), "authorised_account", ["account_id"], unique=False, schema=schema
    )
    op.create_table(
        "refresh_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("arrangement_id", sa.UUID(), nullable=False),
        sa.Column("authorisation_id", sa.UUID(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["arrangement_id"],
            [f"{schema}.arrangement.id"],
            name=op.f("refresh_token_arrangement_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["authorisation_id"],
            [f"{schema}.authorisation.id"],
            name=op.f("refresh_token_authorisation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], [f"{schema}.client.client_id"], name=op.f("refresh_token_client_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("refresh_token_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("refresh_token_arrangement_id_ix"), "refresh_token", ["arrangement_id"], unique=False, schema=schema
    )
    op.create_index(op.f("refresh_token_client_id_ix"), "refresh_token", ["client_id"], unique=False, schema=schema)
    op.create_table(
        "account_approval",
        sa.Column("authorisation_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("login_id", sa.UUID(), nullable=True),
        sa.CheckConstraint(
            "state in ('pending', 'approved', 'declined', 'lapsed', 'withdrawn')",
            name=op.f("account_approval_state_check"),
        ),
        sa.CheckConstraint(
            "state not in ('pending', 'lapsed') or due_at is not null", name=op.f("account_approval_due_at_check")
        ),
        sa.CheckConstraint(
            "state not in ('pending', 'lapsed') or login_id is null", name=op.f("account_approval_login_id_check")
        ),
        sa.ForeignKeyConstraint(
            ["authorisation_id", "account_id"],
            [f"{schema}.authorised_account.authorisation_id", f"{schema}.authorised_account.account_id"],
            name=op.f("account_approval_authorisation_id_account_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], [f"{schema}.customer.id"], name=op.f("account_approval_customer_id_fkey")
        ),
        sa.ForeignKeyConstraint(["login_id"], [f"{schema}.login.id"], name=op.f("account_approval_login_id_fkey")),
        sa.PrimaryKeyConstraint("authorisation_id", "account_id", "customer_id", name=op.f("account_approval_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("account_approval_customer_id_ix"), "account_approval", ["customer_id"], unique=False, schema=schema
    )
    deny("audit", "UPDATE", "DELETE")
    deny("audit_head", "DELETE")
    deny("call", "UPDATE")


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_table("account_approval", schema=schema)
    op.drop_table("refresh_token", schema=schema)
    op.drop_table("authorised_account", schema=schema)
    op.drop_table("attempt", schema=schema)
    op.drop_table("access_token", schema=schema)
    op.drop_table("session", schema=schema)
    op.drop_table("disclosure_answer", schema=schema)
    op.drop_table("authorisation", schema=schema)
    op.drop_table("used_assertion", schema=schema)
    op.drop_table("supply", schema=schema)
    op.drop_table("sharing_block", schema=schema)
    op.drop_table("secondary_user_instruction", schema=schema)
    op.drop_table("representation", schema=schema)
    op.drop_table("refusal", schema=schema)
    op.drop_table("ineligibility", schema=schema)
    op.drop_table("holding", schema=schema)
    op.drop_table("harm_flag", schema=schema)
    op.drop_table("disclosure_proposal", schema=schema)
    op.drop_table("disclosure_option", schema=schema)
    op.drop_table("challenge", schema=schema)
    op.drop_table("arrangement", schema=schema)
    op.drop_table("upstream_credential", schema=schema)
    op.drop_table("staff", schema=schema)
    op.drop_table("signing_key", schema=schema)
    op.drop_table("service_point", schema=schema)
    op.drop_table("outbox", schema=schema)
    op.drop_table("outage", schema=schema)
    op.drop_table("login", schema=schema)
    op.drop_table("disclosure_day", schema=schema)
    op.drop_table("derivation_key", schema=schema)
    op.drop_table("data_key", schema=schema)
    op.drop_table("customer", schema=schema)
    op.drop_table("client", schema=schema)
    op.drop_table("call_second", schema=schema)
    op.drop_table("call_rollup", schema=schema)
    op.drop_table("call_peak", schema=schema)
    op.drop_table("call", schema=schema)
    op.drop_table("audit_head", schema=schema)
    op.drop_table("audit", schema=schema)
    op.drop_table("account", schema=schema)
