"""Calls to a tenant's endpoints, as single rows and as sums, for Get Metrics, the disclosure ledger and reports.

Times are UTC. Every process adds to the columns that are sums. `latency` does not include the time of a secondary data
holder (CDS, Get Metrics 5: "Secondary Data Holder performance MUST be excluded"). No table here has a foreign key: a
record must remain when the client or arrangement that it refers to is deleted.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    true,
)

from tenants.schema_metadata import DENIED_PRIVILEGES, Moment, Uuid, tenant


def _sums() -> tuple[Column[Any], ...]:
    return (
        Column("calls", BigInteger, nullable=False),
        # Of the calls that no traffic threshold refused: those that were answered within the tier's threshold.
        # The default is for processes of the release before, which do not know it.
        Column("within_limit", BigInteger, nullable=False, server_default="0"),
        Column("latency_total", BigInteger, nullable=False),  # microseconds
        Column("throttled", BigInteger, nullable=False),
        Column("tokens_issued", BigInteger, nullable=False),
        # The calls that needed a secondary data holder, and how many of them it answered within the tier's threshold.
        Column("secondary_requests", BigInteger, nullable=False),
        Column("secondary_within_limit", BigInteger, nullable=False),
        Column("secondary_latency_total", BigInteger, nullable=False),  # microseconds
        # Such a call causes one or more calls to the secondary data holder: the number of these, and their results.
        Column("secondary_calls", BigInteger, nullable=False),
        Column("secondary_errors", BigInteger, nullable=False),
        Column("secondary_rejections", BigInteger, nullable=False),
    )


call_rollup = Table(
    "call_rollup",
    tenant,
    Column("minute", Moment, primary_key=True),
    Column("operation", Text, primary_key=True),  # empty where the process had to combine the operations
    Column("tier", Text, primary_key=True),
    Column("status", SmallInteger, primary_key=True),
    Column("error", Text, primary_key=True),  # the CDS URN or OAuth error code, empty where there was none
    # Whether the endpoint requires authentication. The default is for processes of the release before.
    Column("authenticated", Boolean, primary_key=True, server_default=true()),
    # The upper bound in milliseconds; 0: above the last bound; -1: the process had to combine the ranges.
    Column("latency_bucket", Integer, primary_key=True),
    *_sums(),
)

# After some hours, the rows of `call_rollup` are aggregated into this table, which has so few rows that Get Metrics can
# add them up. The offset of every time zone is a whole number of quarter hours, so they add up to its hours and days.
call_quarter_hour = Table(
    "call_quarter_hour",
    tenant,
    Column("starts_at", Moment, primary_key=True),
    Column("tier", Text, primary_key=True),
    Column("status", SmallInteger, primary_key=True),
    Column("authenticated", Boolean, primary_key=True),
    Column("data_calls", BigInteger, nullable=False),  # those of the calls that asked for a consumer's data
    *_sums(),
)

# Calls for each second, for the peak number of transactions per second. After some hours they are aggregated into
# `call_peak`.
call_second = Table(
    "call_second",
    tenant,
    Column("second", Moment, primary_key=True),
    Column("authenticated", Integer, nullable=False),
    Column("unauthenticated", Integer, nullable=False),
)

# Peaks of quarter hours. Rows of earlier releases are peaks of half hours.
call_peak = Table(
    "call_peak",
    tenant,
    Column("starts_at", Moment, primary_key=True),
    Column("aggregate", Integer, nullable=False),
    Column("authenticated", Integer, nullable=False),
    Column("unauthenticated", Integer, nullable=False),
)

# The last batch of counted calls that each process has written. A batch is written together with its number, so that a
# process that does not know whether it was committed can send it again.
call_batch = Table(
    "call_batch",
    tenant,
    Column("process", Uuid, primary_key=True),  # a random id that a process has from its start to its end
    Column("number", BigInteger, nullable=False),  # the batches of a process have increasing numbers
    Column("written_at", Moment, nullable=False),
)

# A row for each call, without its payload, kept for days so that staff can investigate a single call.
call = Table(
    "call",
    tenant,
    Column("at", Moment, primary_key=True),  # first in the key, so that inserts and deletes touch only its two ends
    Column("id", Uuid, primary_key=True),
    Column("interaction_id", Uuid, nullable=False),  # x-fapi-interaction-id, from the caller if it sent one
    Column("operation", Text, nullable=False),
    Column("tier", Text, nullable=False),
    Column("authenticated", Boolean, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("error", Text, nullable=False),
    Column("throttled", Boolean, nullable=False),
    Column("latency", BigInteger, nullable=False),  # microseconds
    Column("secondary_latency", BigInteger),  # microseconds; null if no secondary data holder was needed
    Column("client_id", Text),
    Column("arrangement_id", Uuid),
    Index(None, "interaction_id"),
    info={DENIED_PRIVILEGES: ("UPDATE",)},
)

# The disclosure ledger (CDR Rules 7.9, 9.3(1)(d)): on which day data of a cluster was disclosed, and how often.
disclosure_day = Table(
    "disclosure_day",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("arrangement_id", Uuid, nullable=False),
    Column("account_id", Uuid),  # null if the cluster is about the customer and not about an account
    Column("cluster", Text, nullable=False),  # the scope that the data belongs to
    Column("day", Date, nullable=False),  # in the tenant's time zone
    Column("calls", BigInteger, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("corrected_at", Moment),  # when corrected data was given to the recipient (s 56EN(4))
    CheckConstraint("calls > 0", name="calls"),
    Index(
        "disclosure_day_key",
        "arrangement_id",
        "account_id",
        "cluster",
        "day",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    Index(None, "account_id", "day"),
    Index(None, "day", postgresql_using="brin"),  # for the deletion after six years: rows of a day lie together
)

# How often the holder refused to disclose data or to ask for an authorisation, by reason and rule (CDR Rules 4.7, 9.4).
refused_day = Table(
    "refused_day",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("day", Date, nullable=False),  # in the market's time zone
    Column("request", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("rule", Text, nullable=False),  # the rule that permits the refusal, such as "4.7(1)(a)"
    Column("arrangement_id", Uuid),  # null where an authorisation was not asked for
    Column("calls", BigInteger, nullable=False),
    Column("last_at", Moment, nullable=False),
    CheckConstraint("calls > 0", name="calls"),
    CheckConstraint("request in ('data', 'authorisation')", name="request"),
    Index(
        "refused_day_key",
        "day",
        "request",
        "reason",
        "arrangement_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
)
