"""The audit trail: rows are added and never changed. `audit_head` is the one row that says where the chain ends."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, SmallInteger, Table, Text

from tenants.schema import DENIED, Moment, tenant

audit = Table(
    "audit",
    tenant,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3 … without a gap
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),  # in which the actor acted
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text),
    # JSON as it was hashed: as JSONB the server would write it differently.
    Column("before", Text),
    Column("after", Text),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("seq > 0", name="seq"),
    CheckConstraint("octet_length(previous_hash) = 32", name="previous_hash"),
    CheckConstraint("octet_length(hash) = 32", name="hash"),
    Index(None, "subject", "seq"),
    info={DENIED: ("UPDATE", "DELETE")},
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
    info={DENIED: ("DELETE",)},
)
