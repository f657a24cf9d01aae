"""What housekeeping finds."""

from sqlalchemy import CheckConstraint, Column, Table

from tenants.schema_metadata import Json, Moment, tenant

data_check = Table(
    "data_check",
    tenant,
    Column("began_at", Moment, primary_key=True),
    Column("ended_at", Moment, nullable=False),
    Column("invalid", Json, nullable=False),  # the number of items that are left out, by resource; {} if all are valid
    CheckConstraint("ended_at >= began_at", name="period"),
)
