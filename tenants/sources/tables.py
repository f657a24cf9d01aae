"""The credentials with which the `upstream` source asks the retailer's own server."""

from sqlalchemy import CheckConstraint, Column, LargeBinary, Table, Text

from tenants.schema import Moment, tenant

upstream_credential = Table(
    "upstream_credential",
    tenant,
    Column("kind", Text, primary_key=True),
    Column("presented", Text, nullable=False),  # what the server is shown: the client id, or the certificate in PEM
    Column("sealed", LargeBinary, nullable=False),  # the client secret, or the private key; with the tenant's data key
    Column("changed_at", Moment, nullable=False),
    CheckConstraint("kind in ('client-secret', 'client-certificate')", name="kind"),
)
