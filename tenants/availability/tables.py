"""Planned and unplanned outages. Get Status and Get Outages report them, and availability is computed from them."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Table, Text

from tenants.schema_metadata import Moment, Uuid, tenant

outage = Table(
    "outage",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment),  # null for an unplanned outage until it has ended
    Column("expected_end_at", Moment),  # for an unplanned outage, if it is known
    Column("endpoint_class", Text, nullable=False),  # the endpoints that do not answer reliably
    Column("planned", Boolean, nullable=False),
    # When Get Outages first showed a planned outage, or when an unplanned outage was detected.
    Column("announced_at", Moment, nullable=False),
    Column("partial", Boolean, nullable=False),
    Column("explanation", Text, nullable=False),  # for end customers
    Column("opened_by", Text, nullable=False),
    Column("closed_by", Text),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("endpoint_class in ('all', 'authenticated', 'unauthenticated')", name="endpoint_class"),
    CheckConstraint("ends_at > starts_at", name="period"),
    CheckConstraint("expected_end_at > starts_at", name="expected_end_at"),
    CheckConstraint("not planned or (ends_at is not null and expected_end_at is null)", name="planned"),
    CheckConstraint("closed_by is null or ends_at is not null", name="closed_by"),
    Index(None, "starts_at"),
)
