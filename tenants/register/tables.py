"""The table of statuses and accreditation numbers of the CDR Register. It is in the control schema."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Table, Text

from tenants.registry.tables import register_environment
from tenants.schema_metadata import Moment, control

# The last statuses of data recipients and software products. A row is kept when the Register no longer lists it.
register_status = Table(
    "register_status",
    control,
    Column("register_environment_id", Text, ForeignKey(register_environment.c.id), primary_key=True),
    # The id of a recipient or accreditation is the legal entity id; that of a product is the software product id.
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("status", Text, nullable=False),  # for an accreditation: its number
    Column("status_at", Moment, nullable=False),
    CheckConstraint("kind in ('recipient', 'product', 'accreditation')", name="kind"),
)
