"""The credentials with which a tenant authenticates at the retailer's own server, and the progress of its feed."""

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

# How far the feed of ended customers was read, for each server that the tenant has used.
upstream_feed = Table(
    "upstream_feed",
    tenant,
    Column("base_uri", Text, primary_key=True),
    Column("cursor", Text),  # the server's position after the last part; null before the first one
    Column("leased_until", Moment),  # a worker reads the feed until this time; null if none does
    Column("read_at", Moment),  # when the last part was read
)
