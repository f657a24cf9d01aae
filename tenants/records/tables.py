"""Complaints, requests for corrections, and requests for copies of records. The free texts are for the staff only."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Table, Text

from tenants.accounts.tables import account
from tenants.parties.tables import customer
from tenants.schema_metadata import Moment, Uuid, tenant

# CDR complaint data (CDR Rules 1.7, 9.3(1)(f)). The complaint itself stays in the retailer's system.
complaint = Table(
    "complaint",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),  # about sharing of a consumer's data, or about product data
    Column("type", Text, nullable=False),  # one of the retailer's own types
    Column("customer_id", Uuid, ForeignKey(customer.c.id)),  # null: a product complaint, or nobody who is a customer
    Column("reference", Text),  # the id of the complaint in the retailer's system
    Column("received_at", Moment, nullable=False),
    Column("resolved_at", Moment),
    Column("outcome", Text),
    Column("ombudsman_at", Moment),  # when it was referred to the ombudsman (external dispute resolution)
    Column("ombudsman_resolved_at", Moment),
    Column("recorded_by", Text, nullable=False),
    CheckConstraint("kind in ('consumer', 'product')", name="kind"),
    CheckConstraint("resolved_at >= received_at", name="resolved_at"),
    CheckConstraint("(resolved_at is null) = (outcome is null)", name="outcome"),
    CheckConstraint("ombudsman_at >= received_at", name="ombudsman_at"),
    CheckConstraint("ombudsman_resolved_at >= ombudsman_at", name="ombudsman_resolved_at"),
    Index(None, "customer_id"),
    Index(None, "received_at"),
)

# Requests of consumers to correct data (Privacy Safeguard 13, CDR Rules 7.15). What an import has changed after it was
# disclosed is in `corrections.tables.disclosure_finding`.
correction_request = Table(
    "correction_request",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, ForeignKey(customer.c.id), nullable=False),
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="SET NULL")),
    Column("data", Text, nullable=False),  # the kind of data
    Column("channel", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("acknowledged_at", Moment),
    Column("decision", Text),
    Column("reasons", Text),  # why it was refused, or what qualifies the data
    Column("decided_at", Moment),
    Column("told_by", Text),  # the channel by which the consumer was told the decision
    Column("recorded_by", Text, nullable=False),
    CheckConstraint("data in ('customer', 'account', 'billing', 'metering', 'other')", name="data"),
    CheckConstraint("decision in ('corrected', 'qualified', 'refused', 'passed-to-aemo')", name="decision"),
    CheckConstraint("num_nonnulls(decision, decided_at, told_by) in (0, 3)", name="decided"),
    CheckConstraint("decision not in ('qualified', 'refused') or reasons is not null", name="reasons"),
    CheckConstraint("decision <> 'passed-to-aemo' or data = 'metering'", name="metering"),
    CheckConstraint("decided_at >= acknowledged_at and acknowledged_at >= received_at", name="order"),
    CheckConstraint("decided_at is null or acknowledged_at is not null", name="acknowledged_at"),
    Index(None, "customer_id"),
)

# Requests of consumers for copies of records about them (CDR Rules 9.5).
record_request = Table(
    "record_request",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, ForeignKey(customer.c.id), nullable=False),
    Column("channel", Text, nullable=False),  # how the request came
    Column("received_at", Moment, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("delivered_at", Moment),
    Column("delivery_channel", Text),
    Column("delivered_by", Text),
    Column("recorded_by", Text, nullable=False),
    CheckConstraint("num_nonnulls(delivered_at, delivery_channel, delivered_by) in (0, 3)", name="delivered"),
    CheckConstraint("delivered_at >= received_at", name="delivered_at"),
    Index(None, "customer_id"),
)
