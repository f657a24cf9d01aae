"""The table of requests to the provisioner. It is in the control schema."""

from sqlalchemy import CheckConstraint, Column, Index, Table, Text, text

from tenants.schema_metadata import Json, Moment, Uuid, control

provision_request = Table(
    "provision_request",
    control,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),  # a slug, or another value that models.py describes
    Column("arguments", Json, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("approved_by", Text),  # null: the provisioner does not take the request yet
    Column("asked_at", Moment, nullable=False),
    Column("leased_until", Moment),
    Column("lease", Uuid),  # id of the last lease; only the provisioner that has it may update the row
    Column("progress", Text),  # the newest message about the work, or the summary; null: no work has begun
    Column("done_at", Moment),  # when it was completed or failed
    Column("error", Text),  # why it failed; null if it was completed
    CheckConstraint("kind in ('create', 'migrate', 'change', 'remove')", name="kind"),
    CheckConstraint("(lease is null) = (leased_until is null)", name="lease"),
    CheckConstraint("lease is null or approved_by is not null", name="approval"),
    CheckConstraint("error is null or done_at is not null", name="error"),
    # At most one request of a subject is open.
    Index("provision_request_open_key", "subject", unique=True, postgresql_where=text("done_at is null")),
    Index(None, "asked_at"),
)
