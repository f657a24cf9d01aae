"""The credentials with which the source `upstream` authenticates at the retailer's own server."""

from sqlalchemy import CheckConstraint, Column, LargeBinary, Table, Text

from tenants.schema_metadata import Moment, tenant

upstream_credential = Table(
    "upstream_credential",
    tenant,
    Column("kind", Text, primary_key=True),
    Column("presented", Text, nullable=False),  # shown to the server: the client id, or the certificate in PEM
    Column("sealed", LargeBinary, nullable=False),  # the client secret or private key, encrypted with the data key
    Column("changed_at", Moment, nullable=False),
    CheckConstraint("kind in ('client-secret', 'client-certificate')", name="kind"),
)
