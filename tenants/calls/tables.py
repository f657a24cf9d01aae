"""What was asked of a tenant, rolled up: the ground of the metrics that the Register asks for."""

from sqlalchemy import BigInteger, Column, Integer, SmallInteger, Table, Text

from tenants.schema import Moment, tenant

call_rollup = Table(
    "call_rollup",
    tenant,
    Column("minute", Moment, primary_key=True),
    Column("operation", Text, primary_key=True),
    Column("tier", Text, primary_key=True),
    Column("status", SmallInteger, primary_key=True),
    Column("error", Text, primary_key=True),  # the CDS URN or OAuth error code, empty where there was none
    Column("latency_bucket", Integer, primary_key=True),  # upper bound in milliseconds
    Column("calls", BigInteger, nullable=False),
    Column("latency_total", BigInteger, nullable=False),  # microseconds
)
