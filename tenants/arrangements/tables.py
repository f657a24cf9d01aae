"""CDR arrangements, their versions (authorisations), the accounts of each version, and the holders' approvals."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
)

from tenants.accounts.tables import account
from tenants.clients.tables import client
from tenants.parties.tables import customer, login
from tenants.schema_metadata import Json, Moment, Uuid, tenant

arrangement = Table(
    "arrangement",
    tenant,
    Column("id", Uuid, primary_key=True),  # the cdr_arrangement_id
    Column("client_id", Text, ForeignKey(client.c.client_id), nullable=False),
    Column("customer_id", Uuid, ForeignKey(customer.c.id), nullable=False),
    Column("login_id", Uuid, ForeignKey(login.c.id), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("active_at", Moment),  # when the first code was exchanged
    Column("ended_at", Moment),
    Column("ended_by", Text),
    Column("end_reason", Text),
    # The login that withdrew it on the dashboard. Null: it ended in another way, or nobody has stored who it was.
    Column("ended_by_login_id", Uuid, ForeignKey(login.c.id)),
    # The authorisation in force; null until the first code is exchanged.
    Column("authorisation_id", Uuid),
    CheckConstraint(
        "ended_by in ('consumer', 'recipient', 'retailer', 'register', 'expiry', 'replay', 'ineligible', 'harm')",
        name="ended_by",
    ),
    CheckConstraint("(ended_at is null) = (ended_by is null)", name="ended"),
    CheckConstraint("ended_by_login_id is null or coalesce(ended_by, '') = 'consumer'", name="ended_by_login_id"),
    Index(None, "client_id"),
    Index(None, "customer_id"),
)

# A version of an arrangement: the first authorisation, or an amendment of it.
authorisation = Table(
    "authorisation",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("arrangement_id", Uuid, ForeignKey(arrangement.c.id, ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("login_id", Uuid, ForeignKey(login.c.id)),  # who has authorised; null where it was not stored
    Column("scopes", ARRAY(Text), nullable=False),
    Column("claims", Json, nullable=False),  # the `claims` member of the request object
    Column("shown", Json),  # the content of the review page, as a record of what the person authorised
    Column("sharing_duration", BigInteger, nullable=False),  # seconds; 0 for once-off, without a refresh token
    Column("acr", Text, nullable=False),
    Column("authenticated_at", Moment, nullable=False),
    Column("authorised_at", Moment, nullable=False),
    Column("active_at", Moment),
    Column(
        "expires_at", Moment, nullable=False
    ),  # the end of sharing; for a once-off authorisation, the end of its access token
    Index(None, "arrangement_id", "version", unique=True),
)

authorised_account = Table(
    "authorised_account",
    tenant,
    Column("authorisation_id", Uuid, ForeignKey(authorisation.c.id, ondelete="CASCADE"), primary_key=True),
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE"), primary_key=True),
    Column("approval", Text, nullable=False),
    CheckConstraint("approval in ('pending', 'approved', 'declined', 'lapsed', 'withdrawn')", name="approval"),
    Index(None, "account_id"),
)

# The approvals of the other holders of an authorised account. `authorised_account.approval` is computed from them.
account_approval = Table(
    "account_approval",
    tenant,
    Column("authorisation_id", Uuid, primary_key=True),
    Column("account_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, ForeignKey(customer.c.id), primary_key=True),
    Column("state", Text, nullable=False),
    Column("due_at", Moment),  # the time limit for the answer
    Column("at", Moment, nullable=False),  # when the approval changed to this state
    Column("login_id", Uuid, ForeignKey(login.c.id)),  # the login that answered; null if nobody has answered
    ForeignKeyConstraint(
        ["authorisation_id", "account_id"],
        [authorised_account.c.authorisation_id, authorised_account.c.account_id],
        ondelete="CASCADE",
    ),
    CheckConstraint("state in ('pending', 'approved', 'declined', 'lapsed', 'withdrawn')", name="state"),
    CheckConstraint("state not in ('pending', 'lapsed') or due_at is not null", name="due_at"),
    CheckConstraint("state not in ('pending', 'lapsed') or login_id is null", name="login_id"),
    Index(None, "customer_id"),
)
