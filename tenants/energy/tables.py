"""Energy accounts and service points, as the `store` data source keeps them, and the tenant's own availability."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Table, Text

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

outage = Table(
    "outage",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("starts_at", Moment, nullable=False),
    Column("duration", Text, nullable=False),  # ISO 8601
    Column("partial", Boolean, nullable=False),
    Column("explanation", Text, nullable=False),
    Index(None, "starts_at"),
)

# The latest row is what Get Status answers; without one the tenant is up.
service_status = Table(
    "service_status",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("status", Text, nullable=False),
    Column("explanation", Text),
    Column("detected_at", Moment),
    Column("expected_resolution_at", Moment),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("status in ('OK', 'PARTIAL_FAILURE', 'UNAVAILABLE', 'SCHEDULED_OUTAGE')", name="status"),
)
