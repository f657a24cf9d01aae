"""Who a retailer's customers are, who signs in for them, and which accounts they hold: all many-to-many, all dated."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Table, Text

from tenants.energy.tables import account
from tenants.schema import Json, Moment, Uuid, tenant

login = Table(
    "login",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("identifier", Text, nullable=False, unique=True),  # as `parties.models.canonical_identifier` writes it
    Column("email", Text),
    Column("mobile", Text),
    Column("name", Text, nullable=False),
    Column("given_name", Text),
    Column("family_name", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("disabled_at", Moment),
)

customer = Table(
    "customer",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),  # the retailer's own id
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("detail", Json, nullable=False),  # CommonPersonDetailV2 or CommonOrganisationDetailV2, as JSON
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("kind in ('person', 'organisation')", name="kind"),
)

# Whom a login may act for.
representation = Table(
    "representation",
    tenant,
    Column("login_id", Uuid, ForeignKey(login.c.id, ondelete="CASCADE"), primary_key=True),
    Column("customer_id", Uuid, ForeignKey(customer.c.id, ondelete="CASCADE"), primary_key=True),
    Column("role", Text, nullable=False),
    CheckConstraint("role in ('self', 'nominated-representative')", name="role"),
    Index(None, "customer_id"),
)

holding = Table(
    "holding",
    tenant,
    Column("customer_id", Uuid, ForeignKey(customer.c.id, ondelete="CASCADE"), primary_key=True),
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE"), primary_key=True),
    Column("role", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    CheckConstraint("role in ('holder', 'joint-holder', 'secondary-user')", name="role"),
    Index(None, "account_id"),
)
