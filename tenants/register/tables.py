"""Statuses and accreditation numbers as the CDR Register last gave them. In the control schema."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Table, Text

from tenants.registry.tables import register_environment
from tenants.schema import Moment, control

# What the Register last said of data recipients and their software products; what its answer leaves out stays.
register_status = Table(
    "register_status",
    control,
    Column("register_environment_id", Text, ForeignKey(register_environment.c.id), primary_key=True),
    # recipient and accreditation by legal entity id, product by software product id
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("status", Text, nullable=False),  # of an accreditation: its number
    Column("status_at", Moment, nullable=False),
    CheckConstraint("kind in ('recipient', 'product', 'accreditation')", name="kind"),
)
