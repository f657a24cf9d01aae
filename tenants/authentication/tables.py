"""One-time passwords, one challenge for each time somebody says who they are; and the sessions of those who sign in."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from tenants.parties.tables import login
from tenants.schema import Moment, Uuid, tenant
from tenants.staff.tables import staff

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

# A browser's session on a surface: a customer's at the dashboard (public), or a staff member's.
session = Table(
    "session",
    tenant,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("surface", Text, nullable=False),
    # A session exists before sign-in, so that its form is tied to the browser; it says nothing until it has somebody.
    Column("challenge_id", Uuid, ForeignKey(challenge.c.id)),
    Column("login_id", Uuid, ForeignKey(login.c.id, ondelete="CASCADE")),
    Column("staff_id", Uuid, ForeignKey(staff.c.id, ondelete="CASCADE")),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ended_at", Moment),
    CheckConstraint("surface in ('public', 'admin', 'management')", name="surface"),
    CheckConstraint("surface = 'public' or num_nonnulls(challenge_id, login_id) = 0", name="customer"),
    CheckConstraint("surface <> 'public' or staff_id is null", name="staff"),
)
