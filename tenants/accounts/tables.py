"""Energy accounts, their holders, and the service points that supply them."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Table, Text

from tenants.parties.tables import customer
from tenants.schema import Json, Moment, Uuid, tenant

account = Table(
    "account",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),  # the retailer's own id
    Column("account_number", Text),
    Column("display_name", Text),
    Column("open_status", Text, nullable=False),
    Column("creation_date", Date),  # mandatory of an open account only
    Column("disclosure_option", Text, nullable=False),
    Column("summary", Json, nullable=False),  # the plans of EnergyAccountV2, as JSON
    Column("detail", Json, nullable=False),  # the plans of EnergyAccountDetailV4, as JSON
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("open_status in ('OPEN', 'CLOSED')", name="open_status"),
    CheckConstraint("disclosure_option in ('pre-approval', 'no-disclosure')", name="disclosure_option"),
)

holding = Table(
    "holding",
    tenant,
    Column("customer_id", Uuid, ForeignKey(customer.c.id, ondelete="CASCADE"), primary_key=True),
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE"), primary_key=True),
    Column("role", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    CheckConstraint("role in ('holder', 'joint-holder', 'secondary-user')", name="role"),
    Index(None, "account_id"),
)

service_point = Table(
    "service_point",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),
    Column("national_metering_id", Text, nullable=False),
    Column("detail", Json, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

supply = Table(
    "supply",
    tenant,
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE"), primary_key=True),
    Column("service_point_id", Uuid, ForeignKey(service_point.c.id, ondelete="CASCADE"), primary_key=True),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Index(None, "service_point_id"),
)
