"""Findings that disclosed data was changed later, and the disclosures that a confirmed finding affects (K-37).

A finding never contains a value of the data. No column refers to an account or an arrangement by a foreign key: a
record must remain when these are deleted. The request of a consumer to correct data is in
`records.tables.correction_request`.
"""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Table, Text, text

from tenants.schema_metadata import Moment, Uuid, tenant

# An import changed data that was disclosed before. The staff decides whether the earlier data was wrong.
disclosure_finding = Table(
    "disclosure_finding",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("import_id", Uuid, nullable=False),  # an import has one finding for each kind of data and subject
    Column("resource", Text, nullable=False),  # the name of the resource, such as `invoice` or `usage`
    Column("account_id", Uuid),
    Column("service_point_id", Uuid),
    Column("first_day", Date, nullable=False),  # the days that the changed data is about
    Column("last_day", Date, nullable=False),
    Column("found_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),  # when the consumers must be told, if the data was wrong
    Column("state", Text, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", Text),
    Column("decision", Text),  # the reason that the staff stated
    CheckConstraint("num_nonnulls(account_id, service_point_id) = 1", name="subject"),
    CheckConstraint("last_day >= first_day", name="days"),
    CheckConstraint("state in ('open', 'confirmed', 'dismissed')", name="state"),
    CheckConstraint("(state = 'open') = (decided_at is null)", name="decided_at"),
    CheckConstraint("(decided_at is null) = (decided_by is null)", name="decided_by"),
    Index(
        "disclosure_finding_key",
        "import_id",
        "resource",
        "account_id",
        "service_point_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    Index(None, "state", "found_at"),
)

# The disclosures of one account under one arrangement that a confirmed finding affects.
affected_disclosure = Table(
    "affected_disclosure",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("finding_id", Uuid, ForeignKey(disclosure_finding.c.id, ondelete="CASCADE"), nullable=False),
    Column("arrangement_id", Uuid, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("cluster", Text, nullable=False),
    Column("first_day", Date, nullable=False),  # the first and the last day on which it was disclosed
    Column("last_day", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("notice_id", Uuid),  # of the outbox; null if the person has no email address and no mobile number
    Column("told_at", Moment),
    Column("answered_at", Moment),
    Column("corrected_at", Moment),
    CheckConstraint("state in ('unreachable', 'told', 'wanted', 'declined', 'corrected')", name="state"),
    CheckConstraint("(state = 'unreachable') = (told_at is null)", name="told_at"),
    CheckConstraint("(state in ('wanted', 'declined', 'corrected')) = (answered_at is not null)", name="answered_at"),
    CheckConstraint("(state = 'corrected') = (corrected_at is not null)", name="corrected_at"),
    Index(None, "finding_id", "arrangement_id", "account_id", unique=True),
    Index("affected_disclosure_unreachable_ix", "finding_id", postgresql_where=text("state = 'unreachable'")),
    Index("affected_disclosure_wanted_ix", "arrangement_id", postgresql_where=text("state = 'wanted'")),
)
