"""Tables of operators and their sessions, in the control schema. Only the role of the console may use them."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text, UniqueConstraint

from tenants.schema_metadata import Moment, Uuid, control

# Rows are never deleted, because rows of the audit table refer to operators.
operator = Table(
    "operator",
    control,
    Column("id", Uuid, primary_key=True),
    # Only `iss` and `sub` together identify a person permanently (OpenID Connect Core 5.7).
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("role", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("state_at", Moment, nullable=False),
    UniqueConstraint("issuer", "subject"),
    CheckConstraint("role in ('viewer', 'operator', 'administrator')", name="role"),
    CheckConstraint("state in ('active', 'disabled')", name="state"),
)

session = Table(
    "session",
    control,
    Column("token_hash", LargeBinary, primary_key=True),
    # Null before the sign-in. The session then binds the sign-in to the browser.
    Column("operator_id", Uuid, ForeignKey(operator.c.id)),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index(None, "operator_id"),
    Index(None, "seen_at"),
)
