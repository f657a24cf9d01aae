"""Keep the versions of themes, and their files. The theme that a brand has is its first version."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema
    op.create_table(
        "theme_version",
        sa.Column("brand_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("theme", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("publication", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(publication is null) = (published_at is null) and (publication is null) = (published_by is null)",
            name=op.f("theme_version_publication_check"),
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], [f"{schema}.brand.id"], name=op.f("theme_version_brand_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("brand_id", "number", name=op.f("theme_version_pkey")),
        sa.UniqueConstraint("brand_id", "publication", name=op.f("theme_version_brand_id_publication_key")),
        schema=schema,
    )
    op.create_table(
        "theme_file",
        sa.Column("brand_id", sa.UUID(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], [f"{schema}.brand.id"], name=op.f("theme_file_brand_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("brand_id", "digest", name=op.f("theme_file_pkey")),
        schema=schema,
    )
    columns = "brand_id, number, theme, note, made_at, made_by, publication, published_at, published_by"
    values = "id, 1, theme, 'before versions were kept', created_at, 'migration', 1, created_at, 'migration'"
    op.execute(
        f"INSERT INTO {schema}.theme_version ({columns}) SELECT {values} FROM {schema}.brand"  # noqa: S608 - the schema is our own
        " WHERE theme <> '{}'::jsonb"
    )


def downgrade() -> None:
    schema = op.get_context().version_table_schema
    op.drop_table("theme_file", schema=schema)
    op.drop_table("theme_version", schema=schema)
