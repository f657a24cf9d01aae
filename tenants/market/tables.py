"""AEMO's participants, whose credentials several brands of one retailer may share. In the control schema.

For the console's role alone, but for which brand asks as which participant, which is no secret.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from tenants.registry.tables import brand, retailer
from tenants.schema import Moment, Uuid, control

market_participant = Table(
    "market_participant",
    control,
    Column("participant_id", Text, primary_key=True),
    Column("environment", Text, primary_key=True),  # of AEMO
    Column("retailer_id", Uuid, ForeignKey(retailer.c.id, ondelete="CASCADE"), nullable=False),
    Column("base_uri", Text, nullable=False),
    Column("mode", Text, nullable=False),  # how calls are authenticated, beside the client certificate
    Column("token_uri", Text),  # where client credentials are exchanged for a token
    Column("username", Text, nullable=False),  # of a client of client credentials: its id
    # Sealed with the master key, each for this participant and column.
    Column("secret", LargeBinary, nullable=False),
    Column("next_secret", LargeBinary),  # kept before AEMO is asked to change the password, so that it cannot be lost
    Column("subscription_key", LargeBinary),
    Column("key", LargeBinary, nullable=False),  # the certificate's
    Column("certificate", Text, nullable=False),  # PEM, with its chain
    Column("changed_at", Moment, nullable=False),  # since when `secret` is in use
    Column("proxy_uri", Text),  # how AEMO's private network is reached
    UniqueConstraint("participant_id", "environment", "retailer_id"),
    CheckConstraint("environment in ('production', 'pre-production')", name="environment"),
    CheckConstraint("mode in ('basic', 'basic-with-key', 'bearer')", name="mode"),
    CheckConstraint("(mode = 'basic-with-key') = (subscription_key is not null)", name="subscription_key"),
    CheckConstraint("(mode = 'bearer') = (token_uri is not null)", name="token_uri"),
    CheckConstraint("strpos(proxy_uri, '@') = 0", name="proxy_uri"),  # no password in the clear
    Index(None, "retailer_id"),
)

# The retailer stands in both foreign keys: no brand asks with the credentials of another retailer.
brand_participant = Table(
    "brand_participant",
    control,
    Column("brand_id", Uuid, primary_key=True),
    Column("participant_id", Text, primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("retailer_id", Uuid, nullable=False),
    ForeignKeyConstraint(
        ["brand_id", "retailer_id"],
        [brand.c.id, brand.c.retailer_id],
        name="brand_participant_brand_fkey",
        ondelete="CASCADE",
    ),
    ForeignKeyConstraint(
        ["participant_id", "environment", "retailer_id"],
        [market_participant.c.participant_id, market_participant.c.environment, market_participant.c.retailer_id],
        name="brand_participant_participant_fkey",
    ),
    Index(None, "participant_id", "environment"),
)
