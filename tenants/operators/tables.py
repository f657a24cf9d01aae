"""The provider's staff and their sessions at the console. In the control schema, for the console's role alone."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text, UniqueConstraint

from tenants.schema import Moment, Uuid, control

# Never deleted: the audit names its rows.
operator = Table(
    "operator",
    control,
    Column("id", Uuid, primary_key=True),
    # Who the provider's OpenID provider says it is (OpenID Connect Core 5.7: only `iss` and `sub` together are stable).
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
    # None before sign-in: the session ties the sign-in to the browser.
    Column("operator_id", Uuid, ForeignKey(operator.c.id)),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index(None, "operator_id"),
    Index(None, "seen_at"),
)
