"""Authorisation attempts. A row is added by a pushed request and changed until its code is exchanged or it fails."""

from sqlalchemy import ARRAY, CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text, text

from tenants.arrangements.tables import arrangement, authorisation
from tenants.authentication.tables import challenge
from tenants.clients.tables import client
from tenants.parties.tables import customer, login
from tenants.schema_metadata import Json, Moment, Uuid, tenant

attempt = Table(
    "attempt",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("client_id", Text, ForeignKey(client.c.client_id, ondelete="CASCADE"), nullable=False),
    Column("request_uri_hash", LargeBinary, nullable=False, unique=True),
    Column("request_expires_at", Moment, nullable=False),
    Column("request_uri_used_at", Moment),  # when the person authenticated or cancelled
    Column("visited_at", Moment),  # when a browser first came with the request_uri
    # attempts.models.AuthorisationRequest. Null: it was deleted, because nobody authenticated. The row remains for the
    # metrics, and the attempt cannot be continued.
    Column("request", Json),
    Column("stage", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("stage_at", Moment, nullable=False),
    # The SHA-256 of the flow cookie of the first browser that sent an identifier or cancelled.
    Column("browser_hash", LargeBinary),
    Column("challenge_id", Uuid, ForeignKey(challenge.c.id)),
    Column("login_id", Uuid, ForeignKey(login.c.id)),
    Column("customer_id", Uuid, ForeignKey(customer.c.id)),
    Column("authenticated_at", Moment),
    Column("acr", Text),  # the level of assurance of the person's authentication
    Column("claimed_as", Text),  # where the person sees the flow: in a browser, or in the retailer's app
    Column("accounts", ARRAY(Uuid)),
    Column("shown_digest", LargeBinary),  # SHA-256 of the content of the review page
    Column("error", Text),  # the OAuth error code with which the attempt ended
    # Set when the person has authorised:
    Column("arrangement_id", Uuid, ForeignKey(arrangement.c.id)),
    Column("authorisation_id", Uuid, ForeignKey(authorisation.c.id)),
    Column("code_hash", LargeBinary, unique=True),
    Column("code_expires_at", Moment),
    Column("code_used_at", Moment),  # when the code was exchanged
    CheckConstraint(
        "stage in ('preIdentification', 'preAuthentication', 'preAccountSelection', 'preAuthorisation',"
        " 'preTokenExchange', 'rejected', 'failedTokenExchange', 'completed')",
        name="stage",
    ),
    # How and when the attempt ended (attempts.state). Null: it has not ended, or housekeeping has not stored it yet.
    Column("outcome", Text),
    Column("ended_at", Moment),
    CheckConstraint("claimed_as in ('browser', 'app')", name="claimed_as"),
    CheckConstraint(
        "outcome in ('preIdentification', 'preAuthentication', 'preAccountSelection', 'preAuthorisation', 'rejected',"
        " 'failedTokenExchange', 'completed', 'notBegun', 'refused')",
        name="outcome",
    ),
    CheckConstraint("(outcome is null) = (ended_at is null)", name="ended_at"),
    Index(None, "ended_at"),
    Index("attempt_open_ix", "created_at", postgresql_where=text("outcome is null")),
    Index(None, "stage", "stage_at"),
    Index(None, "client_id", "created_at"),  # deleting a client deletes its attempts
)
