"""The tables of the control schema. Written by `haas migrate regenerate`."""

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
        sa.UniqueConstraint("role_name", name=op.f("brand_role_name_key")),
        sa.UniqueConstraint("schema_name", name=op.f("brand_schema_name_key")),
        sa.UniqueConstraint("slug", name=op.f("brand_slug_key")),
        schema=schema,
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
        "host",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("brand_id", sa.UUID(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.CheckConstraint("surface in ('public', 'secure', 'admin')", name=op.f("host_surface_check")),
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
    op.drop_table("register_status", schema=schema)
    op.drop_table("brand", schema=schema)
    op.drop_table("revision", schema=schema)
    op.drop_table("retailer", schema=schema)
    op.drop_table("register_environment", schema=schema)
    op.drop_table("database_node", schema=schema)
    op.drop_table("audit", schema=schema)
