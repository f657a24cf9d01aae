"""One-time passwords: one challenge for each time somebody says who they are, in a consent flow or at the dashboard."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from tenants.parties.tables import login
from tenants.schema import Moment, Uuid, tenant

challenge = Table(
    "challenge",
    tenant,
    Column("id", Uuid, primary_key=True),
    # None for an identifier that nobody has: such a challenge looks and lasts the same, and cannot be answered.
    Column("login_id", Uuid, ForeignKey(login.c.id, ondelete="CASCADE")),
    Column("identifier_hash", LargeBinary, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("code_hash", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("answered_at", Moment),
    CheckConstraint("purpose in ('authorisation', 'dashboard')", name="purpose"),
    Index(None, "identifier_hash", "created_at"),
    Index(None, "created_at"),
)

dashboard_session = Table(
    "dashboard_session",
    tenant,
    Column("token_hash", LargeBinary, primary_key=True),
    # A session exists before sign-in, so that its form is tied to the browser; it says nothing until it has a login.
    Column("challenge_id", Uuid, ForeignKey(challenge.c.id)),
    Column("login_id", Uuid, ForeignKey(login.c.id, ondelete="CASCADE")),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ended_at", Moment),
)
