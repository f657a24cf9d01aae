"""Logins, customers, and which login acts for which customer. The relation is many-to-many."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text

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
