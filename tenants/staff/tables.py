"""The table of staff members. `issuer` and `subject` of the OpenID provider identify a person."""

from sqlalchemy import ARRAY, Column, Table, Text, UniqueConstraint

from tenants.schema_metadata import Moment, Uuid, tenant

staff = Table(
    "staff",
    tenant,
    Column("id", Uuid, primary_key=True),
    Column("issuer", Text, nullable=False),  # the `iss` and `sub` of the OpenID provider
    Column("subject", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("roles", ARRAY(Text), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),  # the last sign-in
    Column("disabled_at", Moment),
    UniqueConstraint("issuer", "subject"),
)
