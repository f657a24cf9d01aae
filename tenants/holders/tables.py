"""Which notices about the sharing of an account a holder wants (CDR Rules 4A.14(3))."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text

from tenants.accounts.tables import account
from tenants.parties.tables import customer
from tenants.schema_metadata import Moment, Uuid, tenant

# Without a row, the holder gets all notices. This is not a column of `holding`, which an import replaces.
notice_choice = Table(
    "notice_choice",
    tenant,
    Column("customer_id", Uuid, ForeignKey(customer.c.id, ondelete="CASCADE"), primary_key=True),
    Column("account_id", Uuid, ForeignKey(account.c.id, ondelete="CASCADE"), primary_key=True),
    Column("choice", Text, nullable=False),
    Column("since", Moment, nullable=False),
    CheckConstraint("choice in ('all', 'given-and-amended', 'none')", name="choice"),
    Index(None, "account_id"),
)
