"""A tenant's own keys, sealed."""

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, Table, Text, text

from tenants.schema import Json, Moment, tenant

# The data key is sealed with the deployment's master key; everything else in this module's tables with the data key.
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
    Column("sealed", LargeBinary),  # the private part, until the key is gone
    Column("created_at", Moment, nullable=False),
    Column("state_at", Moment, nullable=False),
    CheckConstraint("algorithm in ('PS256', 'ES256')", name="algorithm"),
    CheckConstraint("state in ('next', 'current', 'retired', 'gone')", name="state"),
    CheckConstraint("(state = 'gone') = (sealed is null)", name="sealed"),
    Index("signing_key_next_key", "algorithm", unique=True, postgresql_where=text("state = 'next'")),
    Index("signing_key_current_key", "algorithm", unique=True, postgresql_where=text("state = 'current'")),
)

# From these, resource ids and pairwise subjects are derived; they are never rotated.
derivation_key = Table(
    "derivation_key",
    tenant,
    Column("purpose", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("purpose in ('resource-id', 'subject')", name="purpose"),
)
