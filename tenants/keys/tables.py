"""The sealed keys of a tenant."""

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, Table, Text, text

from tenants.schema_metadata import Json, Moment, tenant

# The data key is sealed with the master key of the deployment. It seals the keys of the other two tables.
data_key = Table(
    "data_key",
    tenant,
    Column("id", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
)

signing_key = Table(
    "signing_key",
    tenant,
    Column("kid", Text, primary_key=True),
    Column("algorithm", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("public_jwk", Json, nullable=False),
    Column("sealed", LargeBinary),  # the private JWK; null if the state is gone
    Column("created_at", Moment, nullable=False),
    Column("state_at", Moment, nullable=False),
    CheckConstraint("algorithm in ('PS256', 'ES256')", name="algorithm"),
    CheckConstraint("state in ('next', 'current', 'retired', 'gone')", name="state"),
    CheckConstraint("(state = 'gone') = (sealed is null)", name="sealed"),
    Index("signing_key_next_key", "algorithm", unique=True, postgresql_where=text("state = 'next'")),
    Index("signing_key_current_key", "algorithm", unique=True, postgresql_where=text("state = 'current'")),
)

# Resource ids and pairwise subjects are derived with these keys. They are never rotated.
derivation_key = Table(
    "derivation_key",
    tenant,
    Column("purpose", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("purpose in ('resource-id', 'subject')", name="purpose"),
)
