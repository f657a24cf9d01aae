"""The clients that are registered with a tenant, and their used assertions."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text, text

from tenants.schema_metadata import Json, Moment, tenant

client = Table(
    "client",
    tenant,
    Column("client_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("software_id", Text, nullable=False),
    Column("recipient_id", Text, nullable=False),  # the legal entity id, for which the Register publishes a status
    Column("registration", Json, nullable=False),
    # The last statuses from the Register (CDS, Participant statuses). Client authentication does not depend on them.
    Column("recipient_status", Text, nullable=False),
    Column("product_status", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("removed_at", Moment),
    CheckConstraint("kind in ('software-product', 'register')", name="kind"),
    CheckConstraint("recipient_status in ('ACTIVE', 'SUSPENDED', 'REVOKED', 'SURRENDERED')", name="recipient_status"),
    CheckConstraint("product_status in ('ACTIVE', 'INACTIVE', 'REMOVED')", name="product_status"),
    Index("client_live_software_id_key", "software_id", unique=True, postgresql_where=text("removed_at is null")),
)

# A row for each used `jti` until its assertion has expired. Only these rows prevent a replay.
used_assertion = Table(
    "used_assertion",
    tenant,
    Column("client_id", Text, ForeignKey(client.c.client_id, ondelete="CASCADE"), primary_key=True),
    Column("jti_hash", LargeBinary, primary_key=True),
    Column("expires_at", Moment, nullable=False),
    Index(None, "expires_at"),
)
