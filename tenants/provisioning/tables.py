"""What the provisioner is asked to do. In the control schema."""

from sqlalchemy import CheckConstraint, Column, Index, Table, Text, text

from tenants.schema import Json, Moment, Uuid, control

provision_request = Table(
    "provision_request",
    control,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),  # the tenant's slug; * for every tenant
    Column("arguments", Json, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("approved_by", Text),  # nothing is done before somebody has approved
    Column("asked_at", Moment, nullable=False),
    Column("leased_until", Moment),
    Column("lease", Uuid),  # who holds it: only the holder of the last lease may write to the row
    Column("progress", Text),  # the last step that is done, from which another provisioner goes on
    Column("done_at", Moment),
    Column("error", Text),  # why it failed; null when it was done
    CheckConstraint("kind in ('create', 'migrate', 'change', 'remove')", name="kind"),
    CheckConstraint("(lease is null) = (leased_until is null)", name="lease"),
    CheckConstraint("lease is null or approved_by is not null", name="approval"),
    CheckConstraint("error is null or done_at is not null", name="error"),
    # One open request at a time for a tenant.
    Index("provision_request_open_key", "subject", unique=True, postgresql_where=text("done_at is null")),
    Index(None, "asked_at"),
)
