"""The tables of the tenant schema. Written by `haas migrate regenerate`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

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
        sa.Column("disclosure_option", sa.Text(), nullable=False),
        sa.Column("summary", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "disclosure_option in ('pre-approval', 'no-disclosure')", name=op.f("account_disclosure_option_check")
        ),
        sa.CheckConstraint("open_status in ('OPEN', 'CLOSED')", name=op.f("account_open_status_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("account_pkey")),
        sa.UniqueConstraint("reference", name=op.f("account_reference_key")),
        schema=schema,
    )
    op.create_table(
        "call_peak",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("aggregate", sa.Integer(), nullable=False),
        sa.Column("authenticated", sa.Integer(), nullable=False),
        sa.Column("unauthenticated", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hour", name=op.f("call_peak_pkey")),
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
        sa.Column("secondary_calls", sa.BigInteger(), nullable=False),
        sa.Column("secondary_latency_total", sa.BigInteger(), nullable=False),
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
        "login",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("mobile", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=True),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("login_pkey")),
        sa.UniqueConstraint("identifier", name=op.f("login_identifier_key")),
        schema=schema,
    )
    op.create_table(
        "outage",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration", sa.Text(), nullable=False),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
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
        "service_status",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expected_resolution_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status in ('OK', 'PARTIAL_FAILURE', 'UNAVAILABLE', 'SCHEDULED_OUTAGE')",
            name=op.f("service_status_status_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("service_status_pkey")),
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
            "ended_by in ('consumer', 'recipient', 'retailer', 'register', 'expiry', 'replay')",
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
        "holding",
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("role in ('holder', 'joint-holder', 'secondary-user')", name=op.f("holding_role_check")),
        sa.ForeignKeyConstraint(
            ["account_id"], [f"{schema}.account.id"], name=op.f("holding_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], [f"{schema}.customer.id"], name=op.f("holding_customer_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("customer_id", "account_id", name=op.f("holding_pkey")),
        schema=schema,
    )
    op.create_index(op.f("holding_account_id_ix"), "holding", ["account_id"], unique=False, schema=schema)
    op.create_table(
        "representation",
        sa.Column("login_id", sa.UUID(), nullable=False),
        sa.Column("customer_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint("role in ('self', 'nominated-representative')", name=op.f("representation_role_check")),
        sa.ForeignKeyConstraint(
            ["customer_id"], [f"{schema}.customer.id"], name=op.f("representation_customer_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], [f"{schema}.login.id"], name=op.f("representation_login_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("login_id", "customer_id", name=op.f("representation_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("representation_customer_id_ix"), "representation", ["customer_id"], unique=False, schema=schema
    )
    op.create_table(
        "spent_assertion",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("jti_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"],
            [f"{schema}.client.client_id"],
            name=op.f("spent_assertion_client_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_id", "jti_hash", name=op.f("spent_assertion_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("spent_assertion_expires_at_ix"), "spent_assertion", ["expires_at"], unique=False, schema=schema
    )
    op.create_table(
        "supply",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("service_point_id", sa.UUID(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], [f"{schema}.account.id"], name=op.f("supply_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["service_point_id"],
            [f"{schema}.service_point.id"],
            name=op.f("supply_service_point_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "service_point_id", name=op.f("supply_pkey")),
        schema=schema,
    )
    op.create_index(op.f("supply_service_point_id_ix"), "supply", ["service_point_id"], unique=False, schema=schema)
    op.create_table(
        "authorisation",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("arrangement_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("claims", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
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
        "dashboard_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("challenge_id", sa.UUID(), nullable=True),
        sa.Column("login_id", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["challenge_id"], [f"{schema}.challenge.id"], name=op.f("dashboard_session_challenge_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], [f"{schema}.login.id"], name=op.f("dashboard_session_login_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("dashboard_session_pkey")),
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
        sa.Column("request_spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=True),
        sa.Column("challenge_id", sa.UUID(), nullable=True),
        sa.Column("login_id", sa.UUID(), nullable=True),
        sa.Column("customer_id", sa.UUID(), nullable=True),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accounts", sa.ARRAY(sa.UUID()), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("arrangement_id", sa.UUID(), nullable=True),
        sa.Column("authorisation_id", sa.UUID(), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_spent_at", sa.DateTime(timezone=True), nullable=True),
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
        sa.CheckConstraint("approval in ('approved', 'withdrawn')", name=op.f("authorised_account_approval_check")),
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


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_table("refresh_token", schema=schema)
    op.drop_table("authorised_account", schema=schema)
    op.drop_table("attempt", schema=schema)
    op.drop_table("access_token", schema=schema)
    op.drop_table("dashboard_session", schema=schema)
    op.drop_table("authorisation", schema=schema)
    op.drop_table("supply", schema=schema)
    op.drop_table("spent_assertion", schema=schema)
    op.drop_table("representation", schema=schema)
    op.drop_table("holding", schema=schema)
    op.drop_table("challenge", schema=schema)
    op.drop_table("arrangement", schema=schema)
    op.drop_table("upstream_credential", schema=schema)
    op.drop_table("signing_key", schema=schema)
    op.drop_table("service_status", schema=schema)
    op.drop_table("service_point", schema=schema)
    op.drop_table("outbox", schema=schema)
    op.drop_table("outage", schema=schema)
    op.drop_table("login", schema=schema)
    op.drop_table("derivation_key", schema=schema)
    op.drop_table("data_key", schema=schema)
    op.drop_table("customer", schema=schema)
    op.drop_table("client", schema=schema)
    op.drop_table("call_second", schema=schema)
    op.drop_table("call_rollup", schema=schema)
    op.drop_table("call_peak", schema=schema)
    op.drop_table("account", schema=schema)
