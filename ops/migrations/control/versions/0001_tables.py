"""The tables of the control schema."""

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
        "audit",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_pkey")),
        schema=schema,
    )
    op.create_index(op.f("audit_subject_at_ix"), "audit", ["subject", "at"], unique=False, schema=schema)
    op.create_table(
        "database_node",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('active', 'draining')", name=op.f("database_node_state_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("database_node_pkey")),
        schema=schema,
    )
    op.create_table(
        "operator",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role in ('viewer', 'operator', 'administrator')", name=op.f("operator_role_check")),
        sa.CheckConstraint("state in ('active', 'disabled')", name=op.f("operator_state_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("operator_pkey")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("operator_issuer_subject_key")),
        schema=schema,
    )
    op.create_table(
        "provision_request",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("arguments", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.UUID(), nullable=True),
        sa.Column("progress", sa.Text(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind in ('create', 'migrate', 'change', 'remove')", name=op.f("provision_request_kind_check")
        ),
        sa.CheckConstraint("(lease is null) = (leased_until is null)", name=op.f("provision_request_lease_check")),
        sa.CheckConstraint("error is null or done_at is not null", name=op.f("provision_request_error_check")),
        sa.CheckConstraint("lease is null or approved_by is not null", name=op.f("provision_request_approval_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("provision_request_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("provision_request_asked_at_ix"), "provision_request", ["asked_at"], unique=False, schema=schema
    )
    op.create_index(
        "provision_request_open_key",
        "provision_request",
        ["subject"],
        unique=True,
        schema=schema,
        postgresql_where=sa.text("done_at is null"),
    )
    op.create_table(
        "register_environment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("public_base_uri", sa.Text(), nullable=False),
        sa.Column("secure_base_uri", sa.Text(), nullable=False),
        sa.Column("jwks_uri", sa.Text(), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("register_environment_pkey")),
        schema=schema,
    )
    op.create_table(
        "retailer",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("retailer_pkey")),
        sa.UniqueConstraint("legal_name", name=op.f("retailer_legal_name_key")),
        schema=schema,
    )
    op.create_table(
        "revision",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("revision_single_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("revision_pkey")),
        schema=schema,
    )
    op.create_table(
        "brand",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("retailer_id", sa.UUID(), nullable=False),
        sa.Column("register_environment_id", sa.Text(), nullable=False),
        sa.Column("register_brand_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("schema_name", sa.Text(), nullable=False),
        sa.Column("role_name", sa.Text(), nullable=False),
        sa.Column("theme", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("settings", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('preparing', 'active', 'suspended', 'leaving')", name=op.f("brand_state_check")),
        sa.ForeignKeyConstraint(["node"], [f"{schema}.database_node.id"], name=op.f("brand_node_fkey")),
        sa.ForeignKeyConstraint(
            ["register_environment_id"],
            [f"{schema}.register_environment.id"],
            name=op.f("brand_register_environment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["retailer_id"], [f"{schema}.retailer.id"], name=op.f("brand_retailer_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("brand_pkey")),
        sa.UniqueConstraint("id", "retailer_id", name=op.f("brand_id_retailer_id_key")),
        sa.UniqueConstraint("role_name", name=op.f("brand_role_name_key")),
        sa.UniqueConstraint("schema_name", name=op.f("brand_schema_name_key")),
        sa.UniqueConstraint("slug", name=op.f("brand_slug_key")),
        schema=schema,
    )
    op.create_table(
        "market_participant",
        sa.Column("participant_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("retailer_id", sa.UUID(), nullable=False),
        sa.Column("base_uri", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("token_uri", sa.Text(), nullable=True),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("next_secret", sa.LargeBinary(), nullable=True),
        sa.Column("subscription_key", sa.LargeBinary(), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proxy_uri", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(mode = 'basic-with-key') = (subscription_key is not null)",
            name=op.f("market_participant_subscription_key_check"),
        ),
        sa.CheckConstraint(
            "(mode = 'bearer') = (token_uri is not null)", name=op.f("market_participant_token_uri_check")
        ),
        sa.CheckConstraint(
            "environment in ('production', 'pre-production')", name=op.f("market_participant_environment_check")
        ),
        sa.CheckConstraint("mode in ('basic', 'basic-with-key', 'bearer')", name=op.f("market_participant_mode_check")),
        sa.CheckConstraint("strpos(proxy_uri, '@') = 0", name=op.f("market_participant_proxy_uri_check")),
        sa.ForeignKeyConstraint(
            ["retailer_id"],
            [f"{schema}.retailer.id"],
            name=op.f("market_participant_retailer_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("participant_id", "environment", name=op.f("market_participant_pkey")),
        sa.UniqueConstraint(
            "participant_id",
            "environment",
            "retailer_id",
            name=op.f("market_participant_participant_id_environment_retailer_id_key"),
        ),
        schema=schema,
    )
    op.create_index(
        op.f("market_participant_retailer_id_ix"), "market_participant", ["retailer_id"], unique=False, schema=schema
    )
    op.create_table(
        "register_status",
        sa.Column("register_environment_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('recipient', 'product', 'accreditation')", name=op.f("register_status_kind_check")
        ),
        sa.ForeignKeyConstraint(
            ["register_environment_id"],
            [f"{schema}.register_environment.id"],
            name=op.f("register_status_register_environment_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("register_environment_id", "kind", "id", name=op.f("register_status_pkey")),
        schema=schema,
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("operator_id", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], [f"{schema}.operator.id"], name=op.f("session_operator_id_fkey")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("session_pkey")),
        schema=schema,
    )
    op.create_index(op.f("session_operator_id_ix"), "session", ["operator_id"], unique=False, schema=schema)
    op.create_index(op.f("session_seen_at_ix"), "session", ["seen_at"], unique=False, schema=schema)
    op.create_table(
        "brand_participant",
        sa.Column("brand_id", sa.UUID(), nullable=False),
        sa.Column("participant_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("retailer_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id", "retailer_id"],
            [f"{schema}.brand.id", f"{schema}.brand.retailer_id"],
            name="brand_participant_brand_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["participant_id", "environment", "retailer_id"],
            [
                f"{schema}.market_participant.participant_id",
                f"{schema}.market_participant.environment",
                f"{schema}.market_participant.retailer_id",
            ],
            name="brand_participant_participant_fkey",
        ),
        sa.PrimaryKeyConstraint("brand_id", "participant_id", "environment", name=op.f("brand_participant_pkey")),
        schema=schema,
    )
    op.create_index(
        op.f("brand_participant_participant_id_environment_ix"),
        "brand_participant",
        ["participant_id", "environment"],
        unique=False,
        schema=schema,
    )
    op.create_table(
        "host",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("brand_id", sa.UUID(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.CheckConstraint("surface in ('public', 'secure', 'admin', 'management')", name=op.f("host_surface_check")),
        sa.ForeignKeyConstraint(
            ["brand_id"], [f"{schema}.brand.id"], name=op.f("host_brand_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("host_pkey")),
        sa.UniqueConstraint("brand_id", "surface", name=op.f("host_brand_id_surface_key")),
        schema=schema,
    )


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_table("host", schema=schema)
    op.drop_table("brand_participant", schema=schema)
    op.drop_table("session", schema=schema)
    op.drop_table("register_status", schema=schema)
    op.drop_table("market_participant", schema=schema)
    op.drop_table("brand", schema=schema)
    op.drop_table("revision", schema=schema)
    op.drop_table("retailer", schema=schema)
    op.drop_table("register_environment", schema=schema)
    op.drop_table("provision_request", schema=schema)
    op.drop_table("operator", schema=schema)
    op.drop_table("database_node", schema=schema)
    op.drop_table("audit", schema=schema)
