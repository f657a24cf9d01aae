"""The source `store`, which reads the tenant's own schema."""

import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final, NamedTuple

import msgspec
from asyncpg import Record
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Select,
    Subquery,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.types import JSON

from haas.database import Database, Namespace, Statement, Transaction
from tenants.accounts.tables import account, service_point
from tenants.cds.field_types import Payload
from tenants.cds.pagination import Page
from tenants.cds.resource_ids import read_id
from tenants.operations.models import NAMED_OWNERS, Order, Owner, Resource
from tenants.operations.resources import (
    ACCOUNT_DETAIL,
    ACCOUNTS,
    BALANCE,
    BILLING,
    CONCESSIONS,
    CUSTOMER,
    DER,
    INVOICES,
    PAYMENT_SCHEDULES,
    SERVICE_POINT_DETAIL,
    SERVICE_POINTS,
    USAGE,
)
from tenants.parties.tables import customer
from tenants.sources.contract import ReadingTime, ResourceQuery
from tenants.sources.item_stream import ItemStream
from tenants.sources.stored_usage import read_usage
from tenants.sources.tables import (
    balance,
    billing_transaction,
    column_of,
    concession,
    der_record,
    invoice,
    owner_column,
    payment_schedule,
)

logger = logging.getLogger(__name__)

_OWNERS: Final[Mapping[Owner, Table]] = {"customer": customer, "account": account, "service-point": service_point}
_FIRST_IN_ORDER: Final[Mapping[Owner, Sequence[Column[Any]]]] = {
    "service-point": (service_point.c.national_metering_id,)
}
"""What items are ordered by before the order of their resource, by the kind of their owner (`Resource.order`)."""

_SIZE: Final = bindparam("size", type_=BigInteger)
_OFFSET: Final = bindparam("offset", type_=BigInteger)
_SECONDS_OF_A_PART: Final = literal_column(str(30 * 24 * 60 * 60), Integer)
"""About a month. A part begins at midnight in UTC, so a day is in one part."""

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
        whole item, and `columns` has only the fields that are compared. For the order, see `Resource.order`. A resource
        with `of_nothing` must have an `item` in a table of its own.
        """
        self.owner = owner
        self.table = owner.table
        self._resource = resource
        self._dated_by = None if resource.dated_by is None else columns[resource.dated_by]
        owners = _OWNERS[resource.belongs_to]
        source, of_owner = _source(resource, owner, owners)
        conditions = [of_owner == func.any(bindparam("owners", type_=ARRAY(Uuid)))]
        for by in resource.filters:
            wanted = bindparam(by.parameter, type_=columns[by.field].type)
            conditions.append(or_(wanted.is_(None), by.compare(columns[by.field], wanted)))
        if self._dated_by is not None:
            is_closed = owner == func.any(bindparam("closed", type_=ARRAY(Uuid)))
            given_from = bindparam("given_from", type_=self._dated_by.type)
            conditions.append(or_(~is_closed, self._dated_by >= given_from))
        selected = [item] if item is not None else columns.values()
        first, key = _FIRST_IN_ORDER.get(resource.belongs_to, ()), self.table.primary_key
        in_order = (*first, *(_in_order(columns[by.field], by) for by in resource.order), of_owner, *key)
        total: SqlValue = func.count().over().label("total")

        def page_of(*values: SqlValue) -> Select[Any]:
            page = select(*values).select_from(source).where(*conditions).order_by(*in_order)
            return page.limit(_SIZE).offset(_OFFSET)

        items: Select[Any]
        if resource.imported_one_by_one:
            # One owner can have thousands of items: only those of the page are read as a whole.
            page, total = _page_of_many(page_of, key, columns[resource.order[0].field], source, conditions)
            is_on_page = and_(*(column == page.c[column.name] for column in key))
            items = select(*map(_as_read, selected)).select_from(source).join(page, is_on_page).order_by(*in_order)
        else:
            of_nothing = [] if resource.of_nothing is None else [of_owner.label("owner")]
            items = page_of(*map(_as_read, selected), *of_nothing)
        self._items = Statement(items.add_columns(total))
        self._items_alone = Statement(items)
        self._count = Statement(select(func.count()).select_from(source).where(*conditions))
        every = select(*map(_as_read, selected), owners.c.reference.label("reference")).where(owners.c.id == owner)
        self._every = Statement(every.order_by(owners.c.reference))
        self._item = _item_reader(resource.item, columns) if item is None else _whole_item_reader(resource)

    async def read(self, tx: Transaction, query: ResourceQuery) -> Page[Payload]:
        """Return the items that fulfil the query. See `DataSource.read`.

        The total number of records includes items that are left out.
        """
        values, page = self._values(query), _page(query)
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

    def _values(self, query: ResourceQuery) -> dict[str, Any]:
        """Return the values that select the items."""
        values = {"owners": query.owners, **query.filters}
        if self._dated_by is None:
            return values
        if query.closed is None:
            return {**values, "closed": [], "given_from": None}
        given_from = query.closed.given_from
        return {
            **values,
            "closed": query.closed.ids,
            "given_from": given_from.date() if isinstance(self._dated_by.type, Date) else given_from,
        }

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
        values, page = self._values(query), _page(query)
        async with database.transaction(namespace, "long") as tx:
            await tx.use_one_snapshot()  # otherwise an import could change the number between the two queries
            yield await tx.scalar(self._count, **values)
            async with aclosing(tx.cursor(self._items_alone, **values, **page)) as rows:
                async for row in rows:
                    for item in self._valid(row):
                        yield item


def _page(query: ResourceQuery) -> dict[str, int | None]:
    """Return the values that select a page of the items."""
    size, offset = (None, 0) if query.page is None else (query.page.size, query.page.offset)
    return {"size": size, "offset": offset}


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


def _whole_item_reader(resource: Resource) -> ItemReader:
    """Return the function that makes an item from a row with the item as JSON, or without it (`of_nothing`)."""
    decode = msgspec.json.Decoder(resource.item, dec_hook=read_id).decode
    of_nothing, owner = resource.of_nothing, NAMED_OWNERS.get(resource.belongs_to)
    if of_nothing is None or owner is None:
        return lambda row: decode(row[0])
    return lambda row: of_nothing(owner.id_type(str(row["owner"]))) if row[0] is None else decode(row[0])


def _source(resource: Resource, owner: Column[Any], owners: Table) -> tuple[FromClause, SqlValue]:
    """Return the tables from which items are read, and the column with the id of the owner, which is never null."""
    table = owner.table
    if resource.of_nothing is not None:
        return owners.outerjoin(table, owners.c.id == owner), owners.c.id
    if table is owners or resource.belongs_to not in _FIRST_IN_ORDER:
        return table, owner
    return table.join(owners, owners.c.id == owner), owner


def _page_of_many(
    page_of: Callable[..., Select[Any]],
    key: Iterable[Column[Any]],
    at: SqlValue,
    source: FromClause,
    conditions: Iterable[ColumnElement[bool]],
) -> tuple[Subquery, SqlValue]:
    """Return the keys of the items of a page, and the number of all items. The newest items, by `at`, come first.

    The items are first counted in each part of the time, for which an index is enough. Only the items of the parts that
    the page touches are then put in order, and their number does not depend on the page.
    """
    part = func.floor(func.date_part(literal_column("'epoch'"), at).op("/")(_SECONDS_OF_A_PART)).label("part")
    dated = select(part).select_from(source).where(*conditions).subquery("dated")
    counted = select(dated.c.part, func.count().label("number")).group_by(dated.c.part).cte("counted")
    upto = cast(func.sum(counted.c.number).over(order_by=counted.c.part.desc()), BigInteger).label("upto")
    running = select(counted.c.part, counted.c.number, upto).cte("running")
    before = running.c.upto - running.c.number
    touched = (
        select(
            func.max(running.c.part).label("newest"),
            func.min(running.c.part).label("oldest"),
            func.min(before).label("before"),
        )
        .where(running.c.upto > _OFFSET, or_(_SIZE.is_(None), before < _OFFSET + _SIZE))
        .cte("touched")
    )
    begin = select(_moment_of(touched.c.oldest, at)).scalar_subquery()
    end = select(_moment_of(touched.c.newest + literal_column("1"), at)).scalar_subquery()
    left_out = select(touched.c.before).scalar_subquery()
    page = page_of(*key).where(at >= begin, at < end).offset(_OFFSET - left_out)
    return page.subquery("page"), select(func.max(running.c.upto)).scalar_subquery().label("total")


def _moment_of(part: SqlValue, at: SqlValue) -> SqlValue:
    """Return when a part of the time begins, in the type of `at`."""
    moment = func.to_timestamp(part * _SECONDS_OF_A_PART)
    return cast(func.timezone(literal_column("'UTC'"), moment), Date) if isinstance(at.type, Date) else moment


def _as_read(value: SqlValue) -> SqlValue:
    """Return a JSON expression as text, so that it is decoded only once, directly into its type."""
    return cast(value, Text) if isinstance(value.type, JSON) else value


def _in_order(value: SqlValue, by: Order) -> ColumnElement[Any]:
    """Return the expression by which items are ordered. Items without the field come last in both directions."""
    return value.desc().nulls_last() if by.descending else value.asc()


def _without(document: Column[Any], members: Iterable[str]) -> SqlValue:
    """Return a JSON object without some of its members."""
    names = ", ".join(sorted(members))
    return document.op("-", return_type=document.type)(literal_column(f"'{{{names}}}'::text[]"))


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
_LISTED_SERVICE_POINT: Final = _without(
    service_point.c.detail, {*SERVICE_POINT_DETAIL.item.__struct_fields__} - {*SERVICE_POINTS.item.__struct_fields__}
)
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
    INVOICES: in_own_table(INVOICES, invoice),
    BILLING: in_own_table(BILLING, billing_transaction),
    SERVICE_POINTS: StoredResource(SERVICE_POINTS, service_point.c.id, {}, _LISTED_SERVICE_POINT),
    SERVICE_POINT_DETAIL: StoredResource(SERVICE_POINT_DETAIL, service_point.c.id, {}, service_point.c.detail),
    DER: in_own_table(DER, der_record),
}
"""How the store reads each resource that it has."""


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

    async def prepare(self, _query: ResourceQuery) -> None:
        """Do nothing: a stream reads all that it needs in its own transaction. See `DataSource.prepare`."""

    async def read(self, query: ResourceQuery) -> Page[Payload] | ItemStream:
        """Return the items that fulfil the query. See `DataSource.read`."""
        if query.resource is USAGE:
            return await read_usage(self._tx, query)
        stored = STORED[query.resource]
        if query.resource.streamed:
            return await stored.stream(self._database, self._tx.namespace, query)
        return await stored.read(self._tx, query)
