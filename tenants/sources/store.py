"""The source `store`, which reads the tenant's own schema; and the SQL of the credentials of the source `upstream`."""

import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from asyncpg import Record
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Select,
    Table,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.types import JSON

from haas.database import Database, Namespace, Statement, Transaction
from tenants.accounts.tables import account, service_point
from tenants.cds.field_types import Payload
from tenants.cds.pagination import Page
from tenants.cds.resource_ids import read_id
from tenants.operations.models import Order, Owner, Resource
from tenants.operations.resources import ACCOUNT_DETAIL, ACCOUNTS, BALANCE, CONCESSIONS, CUSTOMER, PAYMENT_SCHEDULES
from tenants.parties.tables import customer
from tenants.sources.contract import ReadingTime, ResourceQuery
from tenants.sources.item_stream import ItemStream
from tenants.sources.tables import (
    balance,
    column_of,
    concession,
    owner_column,
    payment_schedule,
    upstream_credential,
)

logger = logging.getLogger(__name__)

_OWNERS: Final[Mapping[Owner, Table]] = {"customer": customer, "account": account, "service-point": service_point}

SqlValue = ColumnElement[Any]
ItemReader = Callable[[Record], Payload]


class InvalidItem(NamedTuple):
    """A stored item that does not follow the standards."""

    resource: Resource
    reference: str
    """The retailer's reference of the customer, account or service point that it belongs to."""
    problem: str


class StoredResource:
    """The table in which the store has the items of a resource, and the statements that read them.

    An item is left out, and the log says so, if it does not follow the standards any more. An import checks each item,
    but an earlier release, whose checks were less strict, may have stored it.
    """

    def __init__(
        self, resource: Resource, owner: Column[Any], columns: Mapping[str, SqlValue], item: SqlValue | None = None
    ) -> None:
        """Take the column with the internal id of the owner, and the expressions that make up an item.

        `columns` has an expression for each field of an item. If the JSON expression `item` is given, it contains the
        whole item, and `columns` has only the fields of the resource's filters and order. Items that are equal in the
        fields of the order are ordered by the primary key of the table.
        """
        self.owner = owner
        self.table = owner.table
        self._resource = resource
        conditions = [owner == func.any(bindparam("owners", type_=ARRAY(Uuid)))]
        for by in resource.filters:
            wanted = bindparam(by.parameter, type_=columns[by.field].type)
            conditions.append(or_(wanted.is_(None), by.compare(columns[by.field], wanted)))
        selected = [item] if item is not None else columns.values()
        items: Select[Any] = (
            select(*map(_as_read, selected))
            .where(*conditions)
            .order_by(*(_in_order(columns[by.field], by) for by in resource.order), *self.table.primary_key)
            .limit(bindparam("size", type_=BigInteger))
            .offset(bindparam("offset", type_=BigInteger))
        )
        self._items = Statement(items.add_columns(func.count().over().label("total")))
        self._items_alone = Statement(items)
        self._count = Statement(select(func.count()).select_from(self.table).where(*conditions))
        owners = _OWNERS[resource.belongs_to]
        every = select(*map(_as_read, selected), owners.c.reference.label("reference")).where(owners.c.id == owner)
        self._every = Statement(every.order_by(owners.c.reference))
        self._item = _item_reader(resource.item, columns) if item is None else _whole_item_reader(resource.item)

    async def read(self, tx: Transaction, query: ResourceQuery) -> Page[Payload]:
        """Return the items that fulfil the query. See `CustomerDataSource.read`.

        The total number of records includes items that are left out.
        """
        values, page = _values(query)
        rows = await tx.rows(self._items, **values, **page)
        if page["offset"] and not rows:
            return Page([], await tx.scalar(self._count, **values))
        items = [item for row in rows for item in self._valid(row)]
        return Page(items, rows[0]["total"] if rows else 0)

    async def invalid_items(self, tx: Transaction) -> AsyncGenerator[InvalidItem, None]:
        """Yield every stored item that is left out, in the order of the references."""
        async with aclosing(tx.cursor(self._every)) as rows:
            async for row in rows:
                try:
                    self._item(row)
                except msgspec.ValidationError as error:
                    yield InvalidItem(self._resource, row["reference"], str(error))

    def _valid(self, row: Record) -> Iterator[Payload]:
        """Yield the item of a row, unless it must be left out."""
        try:
            yield self._item(row)
        except msgspec.ValidationError as error:
            logger.warning("sources.invalid_item", extra={"resource": self._resource.name, "problem": str(error)})

    async def stream(self, database: Database, namespace: Namespace, query: ResourceQuery) -> ItemStream:
        """Return the items as a stream. It uses a connection for long work (`long`) until it is closed."""
        rows = self._rows(database, namespace, query)
        try:
            total_records = await anext(rows)
        except BaseException:
            await rows.aclose()
            raise
        return await ItemStream.open(total_records, rows)

    async def _rows(self, database: Database, namespace: Namespace, query: ResourceQuery) -> AsyncGenerator[Any, None]:
        """Yield the total number of records, and then each item of the page."""
        values, page = _values(query)
        async with database.transaction(namespace, "long") as tx:
            await tx.use_one_snapshot()  # otherwise an import could change the number between the two queries
            yield await tx.scalar(self._count, **values)
            async with aclosing(tx.cursor(self._items_alone, **values, **page)) as rows:
                async for row in rows:
                    for item in self._valid(row):
                        yield item


def _values(query: ResourceQuery) -> tuple[dict[str, Any], dict[str, int | None]]:
    """Return the values that select the items, and those that select a page of them."""
    size, offset = (None, 0) if query.page is None else (query.page.size, query.page.offset)
    return {"owners": query.owners, **query.filters}, {"size": size, "offset": offset}


def _item_reader(item: type[Payload], columns: Mapping[str, SqlValue]) -> ItemReader:
    """Return the function that makes an item from a row with its fields."""
    types = {field.name: field.type for field in msgspec.structs.fields(item)}
    fields = [(name, _field_reader(types[name], value)) for name, value in columns.items()]

    def read(row: Record) -> Payload:
        return item(
            **{
                name: value if convert is None or value is None else convert(value)
                for (name, convert), value in zip(fields, row, strict=False)  # the last column is the total
            }
        )

    return read


def _field_reader(kind: Any, value: SqlValue) -> Callable[[Any], Any] | None:
    """Return the function that makes a field from a value of the database. None: the value is used unchanged."""
    if isinstance(value.type, JSON):
        return msgspec.json.Decoder(kind, dec_hook=read_id).decode
    return (lambda internal: kind(str(internal))) if isinstance(value.type, Uuid) else None


def _whole_item_reader(item: type[Payload]) -> ItemReader:
    """Return the function that makes an item from a row with the item as JSON."""
    decode = msgspec.json.Decoder(item, dec_hook=read_id).decode
    return lambda row: decode(row[0])


def _as_read(value: SqlValue) -> SqlValue:
    """Return a JSON expression as text, so that it is decoded only once, directly into its type."""
    return cast(value, Text) if isinstance(value.type, JSON) else value


def _in_order(value: SqlValue, by: Order) -> ColumnElement[Any]:
    """Return the expression by which items are ordered. Items without the field come last in both directions."""
    return value.desc().nulls_last() if by.descending else value.asc()


def _detail_of(kind: str) -> SqlValue:
    return case((customer.c.kind == literal_column(f"'{kind}'"), customer.c.detail))


def in_own_table(resource: Resource, table: Table) -> StoredResource:
    """Describe a resource with a table of its own, whose rows have whole items in `detail` (`item_table`)."""
    columns = {field: table.c[column_of(field)] for field in resource.compared_fields}
    return StoredResource(resource, owner_column(table, resource.belongs_to), columns, table.c.detail)


_ACCOUNT: Final = {
    "accountId": account.c.id,
    "accountNumber": account.c.account_number,
    "displayName": account.c.display_name,
    "openStatus": account.c.open_status,
    "creationDate": account.c.creation_date,
}
STORED: Final[dict[Resource, StoredResource]] = {
    CUSTOMER: StoredResource(
        CUSTOMER,
        customer.c.id,
        {
            "customerUType": customer.c.kind,
            "person": _detail_of("person"),
            "organisation": _detail_of("organisation"),
        },
    ),
    ACCOUNTS: StoredResource(ACCOUNTS, account.c.id, {**_ACCOUNT, "plans": account.c.summary}),
    ACCOUNT_DETAIL: StoredResource(ACCOUNT_DETAIL, account.c.id, {**_ACCOUNT, "plans": account.c.detail}),
    PAYMENT_SCHEDULES: in_own_table(PAYMENT_SCHEDULES, payment_schedule),
    CONCESSIONS: in_own_table(CONCESSIONS, concession),
    BALANCE: in_own_table(BALANCE, balance),
}
"""How the store reads each resource that it has."""

_CREDENTIAL = Statement(
    select(upstream_credential.c.presented, upstream_credential.c.sealed, upstream_credential.c.changed_at).where(
        upstream_credential.c.kind == bindparam("kind")
    )
)


class StoreSource:
    """Reads the resources from the tenant's schema, which imports fill."""

    def __init__(self, tx: Transaction, database: Database) -> None:
        """Read in the transaction in which the request was checked. Streams have a transaction of their own."""
        self._tx = tx
        self._database = database

    def reads(self, resource: Resource) -> ReadingTime:
        """Return "inside", since the transaction uses the same schema; but "after" for a resource that is streamed.

        A transaction that is open while a response is sent must not hold a connection that other calls need.
        """
        return "after" if resource.streamed else "inside"

    async def read(self, query: ResourceQuery) -> Page[Payload] | ItemStream:
        """Return the items that fulfil the query. See `CustomerDataSource.read`."""
        stored = STORED[query.resource]
        if query.resource.streamed:
            return await stored.stream(self._database, self._tx.namespace, query)
        return await stored.read(self._tx, query)


async def save_upstream_credential(tx: Transaction, kind: str, presented: str, sealed: bytes, now: datetime) -> None:
    """Store an encrypted credential, replacing a stored one of the same kind."""
    values = {"presented": presented, "sealed": sealed, "changed_at": now}
    new = insert(upstream_credential).values(kind=kind, **values)
    await tx.execute(new.on_conflict_do_update(index_elements=[upstream_credential.c.kind], set_=values))


async def load_upstream_credential(tx: Transaction, kind: str) -> Record | None:
    """Return the row of a credential, or None."""
    return await tx.row(_CREDENTIAL, kind=kind)


async def delete_upstream_credential(tx: Transaction, kind: str) -> None:
    """Delete a credential."""
    await tx.execute(delete(upstream_credential).where(upstream_credential.c.kind == kind))
