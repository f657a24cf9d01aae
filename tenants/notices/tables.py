"""The outbox: messages to other systems, written in the same transaction as the change that they report."""

from sqlalchemy import Column, Index, Integer, Table, Text, text

from tenants.schema_metadata import Json, Moment, Uuid, tenant

outbox = Table(
    "outbox",
    tenant,
    Column("id", Uuid, primary_key=True),  # also the idempotency key
    Column("kind", Text, nullable=False),
    # Replaced by {} when the notice is delivered. The kind's policy decides whether it is also replaced when the
    # notice is given up. It can hold contacts and one-time passwords.
    Column("payload", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("expires_at", Moment),  # the notice is not delivered from this moment on; null: it does not expire
    Column("leased_until", Moment),
    Column("lease", Uuid),  # the id of the last lease: only its holder may change the row
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("done_at", Moment),
    Column("given_up_at", Moment),
    Index("outbox_due_ix", "due_at", postgresql_where=text("done_at is null and given_up_at is null")),
)
