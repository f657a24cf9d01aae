"""Resources that exist only in tests: one for each thing that a declaration can say and no served resource says yet.

`BILL` has what Get Invoices needs, `READING` belongs to a service point, `NOTE` to a customer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import pytest
from sqlalchemy import Column, Date, MetaData, Table
from sqlalchemy.schema import CreateTable

from haas.database import Database
from haas.settings import Settings
from tenants.cds.field_types import DateString, Payload
from tenants.cds.resource_ids import AccountId, ServicePointId, read_id
from tenants.imports.records import record_type, removal_type
from tenants.operations.filters import date_period
from tenants.operations.models import Order, Resource
from tenants.provisioning.owner import owner_transaction
from tenants.registry.models import Tenant
from tenants.schema_metadata import tenant as schema
from tenants.sources.store import STORED, in_own_table
from tenants.sources.tables import item_table


class Bill(Payload):
    accountId: AccountId  # noqa: N815 - the form of the standards
    number: str
    issueDate: DateString  # noqa: N815
    servicePoints: list[ServicePointId]  # noqa: N815


class BillList(Payload):
    bills: list[Bill]


class Reading(Payload):
    servicePointId: ServicePointId  # noqa: N815
    value: str


class ReadingList(Payload):
    readings: list[Reading]


class Note(Payload):
    text: str


BILL: Final = Resource(
    name="bill",
    item=Bill,
    belongs_to="account",
    many=True,
    imported_one_by_one=True,
    list_name="bills",
    filters=date_period("issueDate", months=24),
    order=(Order("issueDate", descending=True),),
)
READING: Final = Resource(name="readings", item=Reading, belongs_to="service-point", many=True, list_name="readings")
NOTE: Final = Resource(name="note", item=Note, belongs_to="customer")
DECLARED: Final = (BILL, READING, NOTE)

_tables: Final = MetaData(schema=schema.schema, naming_convention=schema.naming_convention)
for _referenced in ("account", "customer", "service_point"):
    schema.tables[f"{schema.schema}.{_referenced}"].to_metadata(_tables)
BILLS: Final = item_table(
    "test_bill", "account", "reference", Column("issue_date", Date, nullable=False), schema=_tables
)
READINGS: Final = item_table("test_reading", "service-point", "position", schema=_tables)
NOTES: Final = item_table("test_note", "customer", None, schema=_tables)
_OF: Final[dict[Resource, Table]] = {BILL: BILLS, READING: READINGS, NOTE: NOTES}
RECORDS: Final[dict[str, Any]] = {
    **{resource.name: record_type(resource) for resource in DECLARED},
    **{f"remove-{resource.name}": removal_type(resource) for resource in DECLARED},
}


async def add_tables(owner: Database, settings: Settings, tenant: Tenant) -> None:
    """Create the tables of the resources in the schema of a tenant."""
    async with owner_transaction(owner, settings, tenant.namespace) as tx:
        for table in _OF.values():
            await tx.execute(CreateTable(table))


@contextmanager
def stored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the store read the resources, and an import write them, until the block ends."""
    with monkeypatch.context() as patch:
        for resource, table in _OF.items():
            patch.setitem(STORED, resource, in_own_table(resource, table))
        yield


def record(**members: Any) -> Any:
    """Return a record of an import, read from the members that its line has."""
    return msgspec.convert(members, RECORDS[members["kind"]], dec_hook=read_id)
