"""The data of accounts that the source `store` reads, and the credentials of the source `upstream`.

A table of the source `store` has the items of one resource (`tenants.operations.resources`). `detail` is an item as
JSON, with internal ids. If an account can have several items, `position` is their order, from 0.
"""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, LargeBinary, Table, Text

from tenants.accounts.tables import account
from tenants.schema_metadata import Json, Moment, Uuid, tenant

payment_schedule = Table(
    "payment_schedule",
    tenant,
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("detail", Json, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

concession = Table(
    "concession",
    tenant,
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("detail", Json, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

balance = Table(
    "balance",
    tenant,
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE"), primary_key=True),
    Column("detail", Json, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

# The credentials with which the source `upstream` authenticates at the retailer's own server.

upstream_credential = Table(
    "upstream_credential",
    tenant,
    Column("kind", Text, primary_key=True),
    Column("presented", Text, nullable=False),  # shown to the server: the client id, or the certificate in PEM
    Column("sealed", LargeBinary, nullable=False),  # the client secret or private key, encrypted with the data key
    Column("changed_at", Moment, nullable=False),
    CheckConstraint("kind in ('client-secret', 'client-certificate')", name="kind"),
)
