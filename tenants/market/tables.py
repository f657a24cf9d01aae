"""Market participants and their assignment to brands. Brands of one retailer may share a participant.

The tables are in the control schema. Only the role of the console may change them, and only the role that calls AEMO
may also read them (decision 0040). The role of ordinary requests may read `brand_participant`, which contains no
secrets.
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
from tenants.schema_metadata import Moment, Uuid, control

market_participant = Table(
    "market_participant",
    control,
    Column("participant_id", Text, primary_key=True),
    Column("environment", Text, primary_key=True),  # environment of AEMO
    Column("retailer_id", Uuid, ForeignKey(retailer.c.id, ondelete="CASCADE"), nullable=False),
    Column("base_uri", Text, nullable=False),
    Column("mode", Text, nullable=False),  # how calls are authenticated besides the client certificate
    Column("token_uri", Text),  # token endpoint, for the mode bearer
    Column("username", Text, nullable=False),  # the client id, for the mode bearer
    # Secrets are sealed with the master key, with a purpose that names participant and column.
    Column("secret", LargeBinary, nullable=False),
    Column("next_secret", LargeBinary),  # stored before AEMO is asked to change the password
    Column("subscription_key", LargeBinary),
    Column("key", LargeBinary, nullable=False),  # private key of the certificate
    Column("certificate", Text, nullable=False),  # PEM, with its chain
    Column("changed_at", Moment, nullable=False),  # when `secret` came into use
    Column("proxy_uri", Text),  # proxy to the private network of AEMO
    Column("change_begun_at", Moment),  # when the last change of the secret was begun
    Column("change_stopped_at", Moment),  # it is unknown which secret AEMO accepts: nothing is tried until staff decide
    UniqueConstraint("participant_id", "environment", "retailer_id"),
    CheckConstraint("environment in ('production', 'pre-production')", name="environment"),
    CheckConstraint("mode in ('basic', 'basic-with-key', 'bearer')", name="mode"),
    CheckConstraint("(mode = 'basic-with-key') = (subscription_key is not null)", name="subscription_key"),
    CheckConstraint("(mode = 'bearer') = (token_uri is not null)", name="token_uri"),
    CheckConstraint("strpos(proxy_uri, '@') = 0", name="proxy_uri"),  # an unsealed password must not be stored
    Index(None, "retailer_id"),
)

# Both foreign keys contain retailer_id, so that no brand can use the credentials of another retailer.
brand_participant = Table(
    "brand_participant",
    control,
    Column("brand_id", Uuid, primary_key=True),
    Column("participant_id", Text, primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("retailer_id", Uuid, nullable=False),
    # A brand uses a participant in one environment only, so that the FRMP of a service point names one participant.
    UniqueConstraint("brand_id", "participant_id"),
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
