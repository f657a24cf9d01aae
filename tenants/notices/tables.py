"""The outbox: messages to other systems, written in the same transaction as the change that they report."""

from sqlalchemy import ARRAY, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text, text

from tenants.schema_metadata import Json, Moment, Uuid, tenant

outbox = Table(
    "outbox",
    tenant,
    Column("id", Uuid, primary_key=True),  # also the idempotency key
    Column("kind", Text, nullable=False),
    # Replaced by {} when the notice is delivered. The kind's policy decides whether it is also replaced when the
    # notice is given up. It can hold contacts and one-time passwords.
    Column("payload", Json, nullable=False),
    # What the notice is about, and the customer who is told. They stay when the payload is deleted, as evidence. Null:
    # nothing to record, or nobody but the data recipient.
    Column("arrangement_id", Uuid),
    Column("customer_id", Uuid),
    Column("about", Text),  # one of `tenants.notices.models.About`
    # The customer whose sharing or decision somebody else is told of, and the accounts that it concerns: a harm flag of
    # this customer on one of them holds the notice back (`tenants/notices/holding_back.py`). Null: no flag does.
    Column("decided_for", Uuid),
    Column("account_ids", ARRAY(Uuid)),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("expires_at", Moment),  # the notice is not delivered from this moment on; null: it does not expire
    Column("leased_until", Moment),
    Column("lease", Uuid),  # the id of the last lease: only its holder may change the row
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("done_at", Moment),
    Column("given_up_at", Moment),
    Column("held_back_at", Moment),  # a harm flag was set before it was sent: it is given up and handled
    # What the staff does about a notice that was given up (`tenants/notices/dead_letters.py`).
    Column("replayed_at", Moment),  # when it was last put into the outbox again
    Column("assigned_to", Text),
    Column("handled_at", Moment),
    Column("handled_by", Text),
    Column("handling", Text),  # what was done in its place
    # What the gateway has reported of a text message that it had accepted (`tenants/notices/sms_reports.py`).
    Column("report", Text),
    Column("reported_at", Moment),
    CheckConstraint("num_nonnulls(handled_at, handled_by, handling) in (0, 3)", name="handled"),
    CheckConstraint("(decided_for is null) = (account_ids is null)", name="decided_for"),
    CheckConstraint("held_back_at is null or num_nonnulls(given_up_at, handled_at) = 2", name="held_back"),
    CheckConstraint("report in ('delivered', 'failed')", name="report"),
    CheckConstraint("(report is null) = (reported_at is null)", name="reported"),
    Index("outbox_reported_at_ix", "reported_at", postgresql_where=text("reported_at is not null")),
    Index("outbox_due_ix", "due_at", postgresql_where=text("done_at is null and given_up_at is null")),
    Index("outbox_arrangement_id_ix", "arrangement_id", postgresql_where=text("arrangement_id is not null")),
    Index(
        "outbox_decided_for_ix",
        "decided_for",
        postgresql_where=text("decided_for is not null and done_at is null and handled_at is null"),
    ),
    Index("outbox_given_up_ix", "given_up_at", postgresql_where=text("given_up_at is not null")),
)

# The secrets that the brand shares with its own gateway for text messages.
sms_credential = Table(
    "sms_credential",
    tenant,
    Column("kind", Text, primary_key=True),  # what we present to the gateway, or the key of the gateway's reports
    Column("presented", Text, nullable=False),  # the user name for HTTP Basic; empty: there is none
    Column("sealed", LargeBinary, nullable=False),  # encrypted with the data key
    Column("changed_at", Moment, nullable=False),
    CheckConstraint("kind in ('gateway', 'reports')", name="kind"),
)
