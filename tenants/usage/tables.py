"""Reads of meters, which the source `store` reads (docs/decisions/0027-interval-reads.md)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)

from tenants.accounts.tables import service_point
from tenants.schema_metadata import Json, Moment, Uuid, tenant

# A row is one day of interval reads, or one basic read, which is of one day or more. The numbers of a row are integers
# in 10^-scale of its unit, so they are exact. Days are in market time (UTC+10).
usage_read = Table(
    "usage_read",
    tenant,
    Column("service_point_id", Uuid, ForeignKey(service_point.c.id, ondelete="CASCADE"), primary_key=True),
    Column("read_start_date", Date, primary_key=True),
    Column("register_suffix", Text, primary_key=True),
    Column("read_end_date", Date, nullable=False),  # included
    Column("register_id", Text),
    Column("meter_id", Text),
    Column("controlled_load", Boolean),
    Column("unit", Text),
    Column("scale", SmallInteger, nullable=False),  # the number of decimal places
    Column("total", BigInteger, nullable=False),  # the sum of the interval reads, or the value of a basic read
    Column("interval_minutes", SmallInteger),  # null for a basic read
    Column("packed", LargeBinary),  # the interval reads (tenants/usage/packed_values.py); null for a basic read
    # What is not actual, as JSON: a list of [first interval, last interval, quality]. A basic read is one interval.
    Column("qualities", Json),
    Column("version", Moment, nullable=False),  # when the meter data provider made or changed the data
    CheckConstraint("read_end_date >= read_start_date", name="period"),
    CheckConstraint("(interval_minutes is null) = (packed is null)", name="packed"),
    CheckConstraint("interval_minutes is null or read_end_date = read_start_date", name="day"),
    # Basic reads are few. This index finds those that begin before the days that are asked for.
    Index(
        "usage_read_several_days_ix",
        "service_point_id",
        "read_start_date",
        "read_end_date",
        postgresql_where=text("read_end_date > read_start_date"),
    ),
)

# How many reads of a service point begin in a month, so that the reads of years are counted without looking at each.
# The statements that add and delete reads keep it (docs/decisions/0043-counts-of-many-records.md).
usage_month = Table(
    "usage_month",
    tenant,
    Column("service_point_id", Uuid, ForeignKey(service_point.c.id, ondelete="CASCADE"), primary_key=True),
    Column("month", Date, primary_key=True),  # its first day
    Column("reads", Integer, nullable=False),
)
