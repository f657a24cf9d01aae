"""Logins, customers, and which login acts for which customer. The relation is many-to-many."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Table, Text, text

from tenants.schema import Json, Moment, Uuid, tenant

login = Table(
    "login",
    tenant,
    Column("id", Uuid, primary_key=True),  # derives from the reference (tenants/imports/internal_ids.py)
    Column("reference", Text, nullable=False, unique=True),  # the retailer's own stable id of the person
    Column("identifier", Text, nullable=False, unique=True),  # as `parties.models.canonical_identifier` writes it
    Column("email", Text),
    Column("mobile", Text),
    Column("channel", Text),  # by which the person prefers to be told things; null where they have not said
    Column("language", Text),  # BCP 47; null where the person has not said
    Column("name", Text, nullable=False),
    Column("given_name", Text),
    Column("family_name", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    CheckConstraint("channel in ('email', 'sms', 'post')", name="channel"),
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

# Whom a login may act for, from when until when. The same login may act for a customer again after an end.
representation = Table(
    "representation",
    tenant,
    Column("login_id", Uuid, ForeignKey(login.c.id, ondelete="CASCADE"), primary_key=True),
    Column("customer_id", Uuid, ForeignKey(customer.c.id, ondelete="CASCADE"), primary_key=True),
    Column("valid_from", Date, primary_key=True),  # -infinity where no beginning is known
    Column("valid_to", Date),  # the last day; null is open
    Column("role", Text, nullable=False),
    # What the representative may do for the customer, in the retailer's words; null is everything that is asked here.
    Column("scope", Text),
    CheckConstraint("role in ('self', 'nominated-representative', 'attorney', 'guardian')", name="role"),
    CheckConstraint("valid_to >= valid_from", name="period"),
    Index(None, "customer_id"),
    # A login is `self` for one customer at a time.
    Index(
        "representation_open_self_key",
        "login_id",
        unique=True,
        postgresql_where=text("role = 'self' and valid_to is null"),
    ),
)
