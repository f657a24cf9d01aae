"""Outages, and what the staff last said of the service."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Table, Text

from tenants.schema import Moment, Uuid, tenant

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
