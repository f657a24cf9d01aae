"""Challenges (one-time passwords that were sent) and sessions."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from tenants.parties.tables import login
from tenants.schema_metadata import Moment, Uuid, tenant
from tenants.staff.tables import staff

challenge = Table(
    "challenge",
    tenant,
    Column("id", Uuid, primary_key=True),
    # Null for an identifier without a login. The person cannot notice this; every answer to the challenge is wrong.
    Column("login_id", Uuid, ForeignKey(login.c.id, ondelete="CASCADE")),
    Column("identifier_hash", LargeBinary, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("code_hash", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("answered_at", Moment),
    # Where the code was asked for, as hashes of three networks (`networks.network_hash`); null before revision 0012.
    Column("network_hash", LargeBinary),
    Column("is_known_browser", Boolean, nullable=False, server_default="false"),
    # The attempt whose consent flow the code is for; null for the dashboard. Attempts are deleted earlier or later.
    Column("attempt_id", Uuid),
    CheckConstraint("purpose in ('authorisation', 'dashboard')", name="purpose"),
    Index(None, "identifier_hash", "created_at"),
    Index(None, "created_at"),
    Index(None, "network_hash", "created_at"),
    Index(None, "attempt_id", postgresql_where=text("attempt_id is not null")),
    Index("challenge_sent_ix", "created_at", postgresql_where=text("login_id is not null")),
    Index("challenge_failed_ix", "created_at", postgresql_where=text("failures > 0")),
)

# A browser's session on a surface: of a customer at the dashboard (public), or of a staff member.
session = Table(
    "session",
    tenant,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("surface", Text, nullable=False),
    # A session is created before sign-in, to bind the sign-in form to the browser. It is signed in only if it has a
    # login_id or staff_id.
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
