"""The SQL of meter reads: writing them in bulk, reading one page of them, and deleting old ones."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from asyncpg import Record
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    LargeBinary,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    column,
    delete,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.types import TypeEngine

from haas.database import Statement, Transaction
from tenants.accounts.tables import service_point
from tenants.schema_metadata import Json
from tenants.usage.stored_reads import RemovedReads, StoredRead
from tenants.usage.tables import usage_month, usage_read

_KEY: Final = [usage_read.c.service_point_id, usage_read.c.read_start_date, usage_read.c.register_suffix]
_ALL: Final = 2**62
"""The number of records of a page without an end."""
_DELETED_AT_ONCE: Final = 50_000
_FOUR_DAYS: Final = timedelta(days=4)
"""From the 28th day of any month to the next month."""


class ReadWindow(NamedTuple):
    """The days from `first` to `last` of which the reads of a service point are asked for.

    A read of several days can begin before them and end after them, but must be within `control_first` to
    `control_last`. The windows of one service point have no day in common.
    """

    service_point_id: UUID
    first: date
    last: date
    control_first: date
    control_last: date


class ReadPage(NamedTuple):
    """One page of reads, and the number of reads in all pages."""

    rows: Sequence[Record]
    total_records: int


def _unnested(name: str, columns: dict[str, TypeEngine[Any]]) -> FromClause:
    """Return rows of which each column is passed as an array with the name of the column."""
    arrays = [bindparam(each, type_=ARRAY(kind)) for each, kind in columns.items()]
    return func.unnest(*arrays).table_valued(*map(_column, columns.items())).render_derived(name=name)


def _column(item: tuple[str, TypeEngine[Any]]) -> Column[Any]:
    return column(item[0], item[1])  # type: ignore[return-value]


_given = _unnested(
    "given",
    {
        "service_point_id": Uuid(),
        "read_start_date": Date(),
        "register_suffix": Text(),
        "read_end_date": Date(),
        "register_id": Text(),
        "meter_id": Text(),
        "controlled_load": Boolean(),
        "unit": Text(),
        "scale": Integer(),
        "total": BigInteger(),
        "interval_minutes": Integer(),
        "packed": LargeBinary(),
        "qualities": Text(),
        "version": DateTime(timezone=True),
    },
)
_new = insert(usage_read).from_select(
    [each.name for each in usage_read.c],
    select(
        *(cast(_given.c[each.name], Json) if each.name == "qualities" else _given.c[each.name] for each in usage_read.c)
    ),
)
_CHANGED: Final = [each for each in usage_read.c if each.name not in {key.name for key in _KEY}]
# A row that was updated has an xmax, which is the id of the transaction that has locked it.
_written = (
    _new.on_conflict_do_update(
        index_elements=_KEY,
        set_={each.name: _new.excluded[each.name] for each in _CHANGED},
        where=or_(
            usage_read.c.version < _new.excluded.version,
            and_(
                usage_read.c.version == _new.excluded.version,
                tuple_(*_CHANGED).is_distinct_from(tuple_(*(_new.excluded[each.name] for each in _CHANGED))),
            ),
        ),
    )
    .returning(*_KEY[:2], literal_column("xmax = 0", Boolean).label("is_new"))
    .cte("written")
)


def _by_month(reads: FromClause, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Return the numbers of reads by service point and month, in their order, so that transactions cannot deadlock."""
    start = reads.c.read_start_date
    month = (start - (cast(func.extract("day", start), Integer) - literal_column("1"))).label("month")
    grouped = select(reads.c.service_point_id, month, func.count().label("reads")).where(*conditions)
    return grouped.group_by(reads.c.service_point_id, month).order_by(reads.c.service_point_id, month)


_added = insert(usage_month).from_select([each.name for each in usage_month.c], _by_month(_written, _written.c.is_new))
_UPSERT: Final = Statement(
    select(func.count())
    .select_from(_written)
    .add_cte(
        _added.on_conflict_do_update(
            index_elements=[usage_month.c.service_point_id, usage_month.c.month],
            set_={"reads": usage_month.c.reads + _added.excluded.reads},
        ).cte("added")
    )
)


async def save_reads(tx: Transaction, reads: Sequence[StoredRead]) -> int:
    """Store reads, each unless a later version of it is stored; return how many were added or changed.

    Of two versions with the same time, the one that is stored later applies. `reads` must have each key once, and their
    service points must exist. They are written in the order of their keys, so that two transactions cannot deadlock.
    """
    if not reads:
        return 0
    columns = zip(*sorted(reads, key=lambda read: read.key), strict=True)
    return int(await tx.scalar(_UPSERT, **dict(zip(StoredRead._fields, columns, strict=True))))


_compared: Final = [each for each in _CHANGED if each.name != "version"]
_CHANGED_READS: Final = Statement(
    select(usage_read.c.service_point_id, func.min(usage_read.c.read_start_date), func.max(usage_read.c.read_end_date))
    .join(_given, and_(*(usage_read.c[key.name] == _given.c[key.name] for key in _KEY)))
    .where(
        usage_read.c.version <= _given.c.version,
        tuple_(*_compared).is_distinct_from(
            tuple_(*(cast(_given.c[each.name], each.type) for each in _compared)),
        ),
    )
    .group_by(usage_read.c.service_point_id)
)


_keys = _unnested(
    "keys",
    {
        "service_point_id": Uuid(),
        "read_start_date": Date(),
        "register_suffix": Text(),
        "version": DateTime(timezone=True),
    },
)
_REPLACED: Final = Statement(
    select(*_KEY)
    .join(_keys, and_(*(usage_read.c[key.name] == _keys.c[key.name] for key in _KEY)))
    .where(usage_read.c.version <= _keys.c.version)
)


async def changed_reads(tx: Transaction, reads: Sequence[StoredRead]) -> list[tuple[UUID, date, date]]:
    """Return the days of the stored reads that `save_reads` would replace by other values, by service point.

    A later version with the same values, or a read that is not stored, is no change.
    """
    if not reads:
        return []
    by_key = {read.key: read for read in reads}
    # Most reads of an import are new. Their values need not be sent twice.
    keys = [(*read.key, read.version) for read in reads]
    columns = dict(zip((*(key.name for key in _KEY), "version"), zip(*keys, strict=True), strict=True))
    replaced = [by_key[tuple(row)] for row in await tx.rows(_REPLACED, **columns)]
    if not replaced:
        return []
    columns = dict(zip(StoredRead._fields, zip(*replaced, strict=True), strict=True))
    return [(point, first, last) for point, first, last in await tx.rows(_CHANGED_READS, **columns)]


class _Conditions(NamedTuple):
    """The conditions under which a read belongs to a window.

    A read belongs to it if it overlaps its days and is within its control.
    """

    of_the_point: ColumnElement[bool]
    begins_inside: ColumnElement[bool]
    begins_before: ColumnElement[bool]
    ends_in_control: ColumnElement[bool]


def _conditions(window: FromClause) -> _Conditions:
    start, end = usage_read.c.read_start_date, usage_read.c.read_end_date
    return _Conditions(
        of_the_point=usage_read.c.service_point_id == window.c.service_point_id,
        begins_inside=start.between(window.c.first, window.c.last),
        begins_before=and_(start >= window.c.control_first, start < window.c.first, end >= window.c.first),
        ends_in_control=end <= window.c.control_last,
    )


_window = _unnested(
    "asked",
    {
        "service_point_id": Uuid(),
        "first": Date(),
        "last": Date(),
        "control_first": Date(),
        "control_last": Date(),
        "whole_from": Date(),
        "whole_until": Date(),
    },
)
_several_days: Final = usage_read.c.read_end_date > usage_read.c.read_start_date
_asked: Final = _conditions(_window)


def _number_of(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    counted = select(func.count()).select_from(usage_read).where(_asked.of_the_point, *conditions)
    return counted.correlate(_window).scalar_subquery()


_start: Final = usage_read.c.read_start_date
_of_whole_months: Final = (
    select(func.coalesce(func.sum(usage_month.c.reads), literal_column("0")))
    .where(
        usage_month.c.service_point_id == _window.c.service_point_id,
        usage_month.c.month >= _window.c.whole_from,
        usage_month.c.month < _window.c.whole_until,
    )
    .correlate(_window)
    .scalar_subquery()
)
# The days before and after the whole months are counted in the primary key alone. The partial index corrects this by
# the few reads of several days.
_correction: Final = (
    select(
        func.count().filter(_asked.begins_before, _asked.ends_in_control)
        - func.count().filter(_asked.begins_inside, ~_asked.ends_in_control)
    )
    .select_from(usage_read)
    .where(_asked.of_the_point, _several_days, _start <= _window.c.last)
    .correlate(_window)
    .scalar_subquery()
)
_counted = (
    select(
        *_window.c,
        service_point.c.national_metering_id.label("nmi"),
        (
            _of_whole_months
            + _number_of(_start >= _window.c.first, _start < _window.c.whole_from)
            + _number_of(_start >= _window.c.whole_until, _start <= _window.c.last)
            + _correction
        ).label("number"),
    )
    .join(service_point, service_point.c.id == _window.c.service_point_id)
    .cte("counted")
)
# A window is later in the list than the windows of smaller NMIs, and than the newer windows of the same service point.
_in_order: Final = (_counted.c.nmi, _counted.c.service_point_id, _counted.c.first.desc())
_placed = select(
    _counted, (func.sum(_counted.c.number).over(order_by=_in_order) - _counted.c.number).label("before")
).cte("placed")
_offset: Final = bindparam("offset", type_=BigInteger)
_end: Final = bindparam("end", type_=BigInteger)
_placed_conditions: Final = _conditions(_placed)
_READ_COLUMNS: Final = [
    case((bindparam("with_values", type_=Boolean), usage_read.c.packed)).label("packed")
    if each.name == "packed"
    else each
    for each in usage_read.c
    if each.name != "version"
]


def _reads(*conditions: ColumnElement[bool]) -> Select[Any]:
    return (
        select(*_READ_COLUMNS)
        .where(_placed_conditions.of_the_point, _placed_conditions.ends_in_control, *conditions)
        .correlate(_placed)
    )


_of_window = union_all(
    _reads(_placed_conditions.begins_inside), _reads(_several_days, _placed_conditions.begins_before)
).subquery("of_window")
_of_page = (
    select(_of_window)
    .order_by(_of_window.c.read_start_date.desc(), _of_window.c.register_suffix)
    .limit(func.least(_placed.c.before + _placed.c.number, _end) - func.greatest(_placed.c.before, _offset))
    .offset(func.greatest(_offset - _placed.c.before, literal_column("0")))
    .correlate(_placed)
    .lateral("of_page")
)
_page = (
    select(_placed.c.nmi, *_of_page.c)
    .select_from(_placed.join(_of_page, true()))
    .where(_placed.c.before < _end, _placed.c.before + _placed.c.number > _offset)
    .subquery("page")
)
_total = select(func.coalesce(func.sum(_counted.c.number), literal_column("0")).label("total_records")).subquery()
_READ_PAGE: Final = Statement(
    select(
        cast(_total.c.total_records, BigInteger).label("total_records"),
        *(each for each in _page.c if each.name != "nmi"),
    )
    .select_from(_total.outerjoin(_page, true()))
    .order_by(_page.c.nmi, _page.c.service_point_id, _page.c.read_start_date.desc(), _page.c.register_suffix)
)


async def read_page(
    tx: Transaction, windows: Sequence[ReadWindow], *, offset: int, size: int | None, with_values: bool
) -> ReadPage:
    """Return the reads of one page, in the order of C-I1: NMI, newest day first, register suffix.

    One query counts the reads of each window and reads only the windows that the page touches. `size` None: all reads
    after `offset`. A row has the columns of the table without `version`. Without `with_values`, `packed` is null.
    """
    if not windows:
        return ReadPage([], 0)
    columns: dict[str, Any] = dict(zip(ReadWindow._fields, zip(*windows, strict=True), strict=True))
    whole = [_whole_months(window.first, window.last) for window in windows]
    columns |= {"whole_from": [first for first, _ in whole], "whole_until": [until for _, until in whole]}
    end = _ALL if size is None else offset + size
    rows = await tx.rows(_READ_PAGE, **columns, offset=offset, end=end, with_values=with_values)
    total = rows[0]["total_records"]
    return ReadPage([] if rows[0]["service_point_id"] is None else rows, total)


def _whole_months(first: date, last: date) -> tuple[date, date]:
    """Return the first days of the first whole month of a period, and of its last month, which is not taken as whole.

    Without a whole month, both are the first day of the period.
    """
    until = last.replace(day=1)
    if until <= first:
        return first, first
    return (first if first.day == 1 else (first.replace(day=28) + _FOUR_DAYS).replace(day=1)), until


async def delete_reads_before(tx: Transaction, day: date) -> int:
    """Delete reads that end before a day, at most 50,000; return their number.

    Each service point is looked up in the primary key, so no index of the days is needed.
    """
    old = (
        select(*_KEY)
        .where(usage_read.c.service_point_id == service_point.c.id, usage_read.c.read_start_date < day)
        .where(usage_read.c.read_end_date < day)
        .correlate(service_point)
        .limit(_DELETED_AT_ONCE)
        .lateral("old")
    )
    keys = select(*old.c).select_from(service_point.join(old, true())).limit(_DELETED_AT_ONCE)
    return await _delete(tx, tuple_(*_KEY).in_(keys))


async def remove_reads(tx: Transaction, removed: RemovedReads) -> int:
    """Delete reads, and return their number."""
    conditions = [
        usage_read.c.service_point_id == removed.service_point_id,
        usage_read.c.read_start_date.between(removed.first, removed.last),
    ]
    if removed.register_suffix is not None:
        conditions.append(usage_read.c.register_suffix == removed.register_suffix)
    return await _delete(tx, and_(*conditions))


async def _delete(tx: Transaction, which: ColumnElement[bool]) -> int:
    """Delete reads, and subtract them from the numbers of their months. Return how many were deleted."""
    deleted = delete(usage_read).where(which).returning(*_KEY[:2]).cte("deleted")
    gone = _by_month(deleted).subquery("gone")
    key = [usage_month.c.service_point_id == gone.c.service_point_id, usage_month.c.month == gone.c.month]
    subtracted = update(usage_month).where(*key).values(reads=usage_month.c.reads - gone.c.reads).cte("subtracted")
    result = await tx.execute(select(func.count()).select_from(deleted).add_cte(subtracted))
    await tx.execute(delete(usage_month).where(usage_month.c.reads == literal_column("0")))
    return int(result.scalar_one())
