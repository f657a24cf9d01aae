"""Legal holds."""

from sqlalchemy import CheckConstraint, Column, Index, Table, Text, text

from tenants.schema_metadata import Moment, Uuid, tenant

# No foreign keys: a hold that has ended is kept longer than what it was about.
legal_hold = Table(
    "legal_hold",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid),  # both null: all records of the tenant
    Column("arrangement_id", Uuid),
    Column("reason", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    Column("ended_by", Text),
    CheckConstraint("num_nonnulls(customer_id, arrangement_id) < 2", name="subject"),
    CheckConstraint("until >= since", name="period"),
    CheckConstraint("(until is null) = (ended_by is null)", name="ended_by"),
    Index(
        "legal_hold_open_key",
        "customer_id",
        "arrangement_id",
        unique=True,
        postgresql_where=text("until is null"),
        postgresql_nulls_not_distinct=True,
    ),
)
