"""Logins, customers, and which login may act for which customer (many-to-many)."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Table, Text, text

from tenants.schema_metadata import Json, Moment, Uuid, tenant

login = Table(
    "login",
    tenant,
    Column("id", Uuid, primary_key=True),  # derived from the reference (tenants/accounts/internal_ids.py)
    Column("reference", Text, nullable=False, unique=True),  # the stable id that the retailer uses for the person
    Column("identifier", Text, nullable=False),  # in the form that `parties.models.canonical_identifier` returns
    Column("source", Text),  # the file and the line of the import record; null if the login was not imported
    Column("email", Text),
    Column("mobile", Text),
    Column("channel", Text),  # a `PreferredChannel`; null if not known
    Column("language", Text),  # the person's language (BCP 47); null if not known
    Column("name", Text, nullable=False),
    Column("given_name", Text),
    Column("family_name", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    CheckConstraint("channel in ('email', 'sms', 'post')", name="channel"),
    # A disabled login keeps its identifier. The retailer may give the identifier to another person.
    Index("login_identifier_key", "identifier", unique=True, postgresql_where=text("disabled_at is null")),
)

customer = Table(
    "customer",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),  # the id that the retailer uses for the customer
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("detail", Json, nullable=False),  # CommonPersonDetailV2 or CommonOrganisationDetailV2, as JSON
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("kind in ('person', 'organisation')", name="kind"),
)

# The periods in which a login may act for a customer. There can be several for one login and one customer.
representation = Table(
    "representation",
    tenant,
    Column("login_id", Uuid, ForeignKey(login.c.id, ondelete="CASCADE"), primary_key=True),
    Column("customer_id", Uuid, ForeignKey(customer.c.id, ondelete="CASCADE"), primary_key=True),
    Column("valid_from", Date, primary_key=True),  # -infinity if not known
    Column("valid_to", Date),  # the last day; null if no end is known
    Column("role", Text, nullable=False),
    # What the representative may do for the customer: `share` or `see`. Null means everything, any other text nothing.
    Column("scope", Text),
    CheckConstraint(
        "role in ('self', 'nominated-representative', 'attorney', 'guardian', 'administrator')", name="role"
    ),
    CheckConstraint("valid_to >= valid_from", name="period"),
    Index(None, "customer_id"),
    # A login has the role `self` for at most one customer at a time.
    Index(
        "representation_open_self_key",
        "login_id",
        unique=True,
        postgresql_where=text("role = 'self' and valid_to is null"),
    ),
)
