"""The audit trail, whose rows are never changed. `audit_head` has one row: number and hash of the last entry."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, SmallInteger, Table, Text

from tenants.schema_metadata import DENIED_PRIVILEGES, Moment, tenant

audit = Table(
    "audit",
    tenant,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3 … without gaps
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),  # the role in which the actor made the change
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text),
    # Text, not JSONB: PostgreSQL would reformat JSONB, and the hash of the entry would no longer match.
    Column("before", Text),
    Column("after", Text),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("seq > 0", name="seq"),
    CheckConstraint("octet_length(previous_hash) = 32", name="previous_hash"),
    CheckConstraint("octet_length(hash) = 32", name="hash"),
    Index(None, "subject", "seq"),
    info={DENIED_PRIVILEGES: ("UPDATE", "DELETE")},
)

audit_head = Table(
    "audit_head",
    tenant,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="single"),
    CheckConstraint("seq >= 0", name="seq"),
    CheckConstraint("octet_length(hash) = 32", name="hash"),
    info={DENIED_PRIVILEGES: ("DELETE",)},
)
