"""The data that the source `store` reads.

A table of the source `store` has the items of one resource (`tenants.operations.resources`). `detail` is an item as
JSON, with internal ids. If an owner can have several items, `position` is their order, from 0, or `reference` is the
retailer's reference of each.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, MetaData, Table, Text

from tenants.accounts.tables import account, service_point
from tenants.operations.models import Owner
from tenants.parties.tables import customer
from tenants.schema_metadata import Json, Moment, Uuid, tenant

_OWNERS: Final[Mapping[Owner, Table]] = {"customer": customer, "account": account, "service-point": service_point}


def owner_column(table: Table, owner: Owner) -> Column[Any]:
    """Return the column of a table of items with the internal id of their owner."""
    return table.c[f"{_OWNERS[owner].name}_id"]


def column_of(field: str) -> str:
    """Return the name of the column with a field of an item, which is in the form of the standards: issueDate."""
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", field)


def item_table(
    name: str, owner: Owner, key: Literal["position", "reference"] | None, *compared: Column[Any], schema: MetaData
) -> Table:
    """Return the table of a resource whose items belong to `owner`.

    `key` is what tells the items of one owner apart: their `position` if a record of an import has all of them, the
    retailer's `reference` of each if a record has one of them. None: there is only one. `compared` are the fields that
    the filters and the order of the resource compare, each in the column of `column_of`.
    """
    keys: dict[str | None, tuple[Column[Any], ...]] = {
        "position": (Column("position", Integer, primary_key=True, autoincrement=False),),
        "reference": (Column("reference", Text, primary_key=True),),
    }
    owners = _OWNERS[owner]
    return Table(
        name,
        schema,
        Column(f"{owners.name}_id", Uuid, ForeignKey(owners.c.id, ondelete="CASCADE"), primary_key=True),
        *keys.get(key, ()),
        *compared,
        Column("detail", Json, nullable=False),
        Column("updated_at", Moment, nullable=False),
    )


payment_schedule = item_table("payment_schedule", "account", "position", schema=tenant)
concession = item_table("concession", "account", "position", schema=tenant)
balance = item_table("balance", "account", None, schema=tenant)
der_record = item_table("der_record", "service-point", None, schema=tenant)

# An account can have tens of thousands of these. The index has all that decides which of them are on a page.
invoice = item_table("invoice", "account", "reference", Column("issue_date", Date, nullable=False), schema=tenant)
Index(None, invoice.c.account_id, invoice.c.issue_date, invoice.c.reference)
billing_transaction = item_table(
    "billing_transaction",
    "account",
    "reference",
    Column("execution_date_time", Moment, nullable=False),  # the moment; `detail` has the offset that was delivered
    schema=tenant,
)
Index(
    None, billing_transaction.c.account_id, billing_transaction.c.execution_date_time, billing_transaction.c.reference
)
