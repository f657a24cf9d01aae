"""What was asked of a tenant, rolled up: the ground of the metrics that the Register asks for.

Times are UTC. The columns that are sums are added to by every process; `latency` is our own time alone, without that of
a secondary data holder (CDS, Get Metrics 5: "Secondary Data Holder performance MUST be excluded").
"""

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
    Column("latency_bucket", Integer, primary_key=True),  # upper bound in milliseconds; 0 is beyond the last bound
    Column("calls", BigInteger, nullable=False),
    Column("latency_total", BigInteger, nullable=False),  # microseconds
    Column("throttled", BigInteger, nullable=False),
    Column("tokens_issued", BigInteger, nullable=False),
    Column("secondary_calls", BigInteger, nullable=False),
    Column("secondary_latency_total", BigInteger, nullable=False),  # microseconds
    Column("secondary_errors", BigInteger, nullable=False),
    Column("secondary_rejections", BigInteger, nullable=False),
)

# Calls by the second, which peak TPS is the highest of: kept for hours, then folded into `call_peak`.
call_second = Table(
    "call_second",
    tenant,
    Column("second", Moment, primary_key=True),
    Column("authenticated", Integer, nullable=False),
    Column("unauthenticated", Integer, nullable=False),
)

call_peak = Table(
    "call_peak",
    tenant,
    Column("hour", Moment, primary_key=True),
    Column("aggregate", Integer, nullable=False),
    Column("authenticated", Integer, nullable=False),
    Column("unauthenticated", Integer, nullable=False),
)
