"""The outbox: what must reach another system after a commit, written in the same transaction."""

from sqlalchemy import Column, Index, Integer, Table, Text, text

from tenants.schema import Json, Moment, Uuid, tenant

outbox = Table(
    "outbox",
    tenant,
    Column("id", Uuid, primary_key=True),  # also the idempotency key
    Column("kind", Text, nullable=False),
    # Emptied as soon as the notice is done or given up: it holds contacts, and one-time passwords.
    Column("payload", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("expires_at", Moment),  # when sending it makes no sense any more, as with a password that has expired
    Column("leased_until", Moment),
    Column("lease", Uuid),  # who holds it: only the holder of the last lease may mark the row
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("done_at", Moment),
    Column("given_up_at", Moment),
    Index("outbox_due_ix", "due_at", postgresql_where=text("done_at is null and given_up_at is null")),
)
