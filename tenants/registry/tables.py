"""Tables of the control schema: retailers, brands (tenants), hosts, database nodes, register environments, audit."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from tenants.schema_metadata import Json, Moment, Uuid, control

retailer = Table(
    "retailer",
    control,
    Column("id", Uuid, primary_key=True),
    Column("legal_name", Text, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
)

register_environment = Table(
    "register_environment",
    control,
    Column("id", Text, primary_key=True),  # production, conformance, sandbox
    Column("public_base_uri", Text, nullable=False),
    Column("secure_base_uri", Text, nullable=False),
    Column("jwks_uri", Text, nullable=False),
    Column("polled_at", Moment),
)

# A PostgreSQL server that holds schemas of tenants. Its connection URLs are in the settings.
database_node = Table(
    "database_node",
    control,
    Column("id", Text, primary_key=True),  # main, or the <node> of HAAS_DATABASE_URL_<NODE> in lower case
    Column("state", Text, nullable=False),  # a draining node accepts no new tenants
    Column("created_at", Moment, nullable=False),
    CheckConstraint("state in ('active', 'draining')", name="state"),
)

brand = Table(
    "brand",
    control,
    Column("id", Uuid, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("retailer_id", Uuid, ForeignKey(retailer.c.id), nullable=False),
    Column("register_environment_id", Text, ForeignKey(register_environment.c.id), nullable=False),
    Column("register_brand_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("node", Text, ForeignKey(database_node.c.id), nullable=False),
    Column("schema_name", Text, nullable=False, unique=True),
    Column("role_name", Text, nullable=False, unique=True),
    Column("theme", Json, nullable=False),
    Column("settings", Json, nullable=False),  # TenantSettings
    Column("created_at", Moment, nullable=False),
    Column("state_at", Moment, nullable=False),
    # preparing: the schema is being created; leaving: it is being deleted
    CheckConstraint("state in ('preparing', 'active', 'suspended', 'leaving')", name="state"),
    UniqueConstraint("id", "retailer_id"),  # target of foreign keys that contain both columns
)

# A theme of a brand as it was saved. Its tokens are never changed. The pages show the theme with the highest
# `publication`, which `brand.theme` equals; a version without a publication is a draft (decision 0065).
theme_version = Table(
    "theme_version",
    control,
    Column("brand_id", Uuid, ForeignKey(brand.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # counts the versions of the brand from 1
    Column("theme", Json, nullable=False),
    Column("note", Text),
    Column("made_at", Moment, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("publication", Integer),  # counts the publications of the brand; that of the last time
    Column("published_at", Moment),
    Column("published_by", Text),
    CheckConstraint(
        "(publication is null) = (published_at is null) and (publication is null) = (published_by is null)",
        name="publication",
    ),
    UniqueConstraint("brand_id", "publication"),
)

# A file that versions of a brand's theme name by its digest: a font or an icon. It is read when a browser asks for it.
theme_file = Table(
    "theme_file",
    control,
    Column("brand_id", Uuid, ForeignKey(brand.c.id, ondelete="CASCADE"), primary_key=True),
    Column("digest", Text, primary_key=True),  # SHA-256 of the content, in hexadecimal
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("made_at", Moment, nullable=False),
)

host = Table(
    "host",
    control,
    Column("name", Text, primary_key=True),
    Column("brand_id", Uuid, ForeignKey(brand.c.id, ondelete="CASCADE"), nullable=False),
    Column("surface", Text, nullable=False),
    CheckConstraint("surface in ('public', 'secure', 'admin', 'management')", name="surface"),
    UniqueConstraint("brand_id", "surface"),
)

# One row. Each change of a tenant, host or register environment increases `number`, which caches of the registry read
# to learn whether they are out of date.
revision = Table(
    "revision",
    control,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="single"),
)

audit = Table(
    "audit",
    control,
    Column("id", Uuid, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Json, nullable=False),
    Index(None, "subject", "at"),
)
