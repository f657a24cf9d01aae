"""The SQL of counted calls, of rows for single calls, and of the disclosure ledger."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Table,
    bindparam,
    cast,
    column,
    delete,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import OID, Insert, insert

from haas.database import Statement, Transaction
from tenants.accounts.models import RULE_OF_REFUSAL
from tenants.calls.counter import TenantCalls
from tenants.calls.models import CallRecord, DisclosedPeriod, DisclosureDay, RefusalFigure, RefusedDay
from tenants.calls.tables import (
    call,
    call_batch,
    call_peak,
    call_quarter_hour,
    call_rollup,
    call_second,
    disclosure_day,
    refused_day,
)
from tenants.operations.endpoints import ENDPOINTS


def _rows_of_arrays(table: Table) -> Insert:
    """Return an INSERT of any number of rows, in their order. Its parameters are an array for each column."""
    arrays = (bindparam(f"{table.name}_{column.name}", type_=ARRAY(column.type)) for column in table.c)
    given = func.unnest(*arrays).table_valued(*table.c.keys()).render_derived(name="given")
    return insert(table).from_select(table.c.keys(), select(given))


def _adding(table: Table) -> Insert:
    """Return an INSERT that adds to the sums of a table, which are the columns outside its primary key."""
    new = _rows_of_arrays(table)
    sums = {column.name: column + new.excluded[column.name] for column in table.c if not column.primary_key}
    return new.on_conflict_do_update(constraint=table.primary_key, set_=sums)


def _adding_days(table: Table, *key: str) -> Insert:
    """Return an INSERT that adds to the calls of the days with the same `key`."""
    new = _rows_of_arrays(table)
    last_at = func.greatest(table.c.last_at, new.excluded.last_at)
    added = {"calls": table.c.calls + new.excluded.calls, "last_at": last_at}
    return new.on_conflict_do_update(index_elements=key, set_=added)


def _adding_batch() -> Statement:
    """Return the statement of `add_batch`: one statement takes half of the processor time of one for each table.

    PostgreSQL locks the tables in the order of the statement, which is that of their creation: a transaction that uses
    them in another order can deadlock with DROP SCHEMA. It reads the schema's id after it has locked them.
    """
    new = insert(call_batch).values({column.name: bindparam(column.name) for column in call_batch.c})
    batch = (
        new.on_conflict_do_update(
            constraint=call_batch.primary_key,
            set_={name: new.excluded[name] for name in ("number", "written_at")},
            where=call_batch.c.number < new.excluded.number,
        )
        .returning(call_batch.c.number)
        .cte("batch")
    )
    added = (
        _rows_of_arrays(call).cte("calls"),
        _adding(call_rollup).cte("rollup"),
        _adding(call_second).cte("seconds"),
        _adding_days(disclosure_day, "arrangement_id", "account_id", "cluster", "day").cte("disclosures"),
        batch,
    )
    is_own = column("nspname") == bindparam("schema")
    schema_id = select(column("oid", OID)).select_from(text("pg_catalog.pg_namespace")).where(is_own)
    return Statement(
        select(
            select(batch.c.number).scalar_subquery().label("number"), schema_id.scalar_subquery().label("schema_id")
        ).add_cte(*added)
    )


_ADD_BATCH: Final = _adding_batch()
_ADD_REFUSALS: Final = Statement(_adding_days(refused_day, "day", "request", "reason", "arrangement_id"))
_QUARTER_HOUR: Final = timedelta(minutes=15)
_ORIGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)
_KEPT_OF_A_CALL: Final = tuple(column.name for column in call.c if column.name != "id")


async def add_batch(tx: Transaction, calls: TenantCalls, process: UUID, number: int, now: datetime) -> int | None:
    """Add a tenant's counted calls to the stored sums and to the disclosure ledger, and a row for each single call.

    They are the batch with this number of a process. Return the object id of the schema; a schema that is created again
    gets another one. Return None if the batch was committed before: the caller must roll back. If another transaction
    with the same batch has not ended yet, this waits for its end.

    Rows of sums are sorted, so that two processes cannot deadlock.
    """
    rollup = [
        {**key._asdict(), **msgspec.structs.asdict(sums), "minute": _moment(key.minute)}
        for key, sums in sorted(calls.rollup.items())
    ]
    seconds: dict[int, dict[str, int]] = defaultdict(lambda: {"authenticated": 0, "unauthenticated": 0})
    for (second, authenticated), count in calls.seconds.items():
        seconds[second]["authenticated" if authenticated else "unauthenticated"] += count
    disclosures = sorted(
        ({"id": uuid4(), **msgspec.structs.asdict(day)} for day in calls.disclosures.days()),
        key=lambda row: (row["arrangement_id"], row["account_id"] or UUID(int=0), row["cluster"], row["day"]),
    )
    written = await tx.row(
        _ADD_BATCH,
        **_arrays(call, [_call_row(each) for each in calls.rows]),
        **_arrays(call_rollup, rollup),
        **_arrays(call_second, [{"second": _moment(each), **counts} for each, counts in sorted(seconds.items())]),
        **_arrays(disclosure_day, disclosures),
        process=process,
        number=number,
        written_at=now,
        schema=tx.namespace.schema,
    )
    if written is None or written["number"] is None:
        return None
    schema_id: int = written["schema_id"]
    return schema_id


async def delete_batches(tx: Transaction, before: datetime) -> int:
    """Delete the numbers of batches of processes that have written none since `before`; return how many."""
    return int((await tx.execute(delete(call_batch).where(call_batch.c.written_at < before))).rowcount)


async def schema_id(tx: Transaction) -> int:
    """Return the object id of the schema of this transaction. A schema that is created again gets another one.

    Raise LookupError if there is no such schema.
    """
    found: int | None = await tx.driver.fetchval("SELECT oid FROM pg_namespace WHERE nspname = $1", tx.namespace.schema)
    if found is None:
        raise LookupError(f"there is no schema {tx.namespace.schema}")
    return found


async def aggregate_minutes(tx: Transaction, before: datetime) -> int:
    """Move the sums of minutes older than `before` into those of quarter hours; return the number of rows changed.

    A row that arrives later is moved by the next call. Both happen in one statement, so nothing is counted twice.
    """
    kept = [column.name for column in call_quarter_hour.c if column.name != "starts_at"]
    sums = [column.name for column in call_quarter_hour.c if not column.primary_key]
    deleted = delete(call_rollup).where(call_rollup.c.minute < before).returning(*call_rollup.c).cte("deleted")
    quarter_hour = func.date_bin(_QUARTER_HOUR, deleted.c.minute, _ORIGIN).label("starts_at")
    groups = [deleted.c[name] for name in kept if name not in sums]
    summed: dict[str, ColumnElement[Any]] = {name: func.sum(deleted.c[name]) for name in sums if name != "data_calls"}
    of_data = deleted.c.operation.in_(_data_operations())
    summed["data_calls"] = func.coalesce(func.sum(deleted.c.calls).filter(of_data), literal_column("0"))
    added = insert(call_quarter_hour).from_select(
        ["starts_at", *kept],
        select(quarter_hour, *groups, *(summed[name] for name in sums)).group_by(quarter_hour, *groups),
    )
    totals = {name: call_quarter_hour.c[name] + added.excluded[name] for name in sums}
    constraint = call_quarter_hour.primary_key
    return int((await tx.execute(added.on_conflict_do_update(constraint=constraint, set_=totals))).rowcount)


async def aggregate_seconds(tx: Transaction, before: datetime) -> int:
    """Replace counts of seconds older than `before` by peaks of quarter hours; return the number of rows changed."""
    deleted = delete(call_second).where(call_second.c.second < before).returning(*call_second.c).cte("deleted")
    quarter_hour = func.date_bin(_QUARTER_HOUR, deleted.c.second, _ORIGIN).label("starts_at")
    peaks = insert(call_peak).from_select(
        ["starts_at", "aggregate", "authenticated", "unauthenticated"],
        select(
            quarter_hour,
            func.max(deleted.c.authenticated + deleted.c.unauthenticated),
            func.max(deleted.c.authenticated),
            func.max(deleted.c.unauthenticated),
        ).group_by(quarter_hour),
    )
    highest = {
        name: func.greatest(call_peak.c[name], peaks.excluded[name])
        for name in ("aggregate", "authenticated", "unauthenticated")
    }
    result = await tx.execute(peaks.on_conflict_do_update(index_elements=["starts_at"], set_=highest))
    return int(result.rowcount)


async def delete_counts(tx: Transaction, before: datetime) -> int:
    """Delete the counts and peaks of quarter hours that begin before `before`; return how many."""
    deleted = 0
    for table in (call_quarter_hour, call_peak):
        deleted += int((await tx.execute(delete(table).where(table.c.starts_at < before))).rowcount)
    return deleted


async def data_calls_between(tx: Transaction, begins: datetime, ends: datetime) -> int:
    """Return the number of calls for consumers' data from `begins` until before `ends`, also of those refused."""
    of_data = call_rollup.c.operation.in_(_data_operations())
    minutes = select(func.coalesce(func.sum(call_rollup.c.calls), literal_column("0"))).where(
        call_rollup.c.minute >= begins, call_rollup.c.minute < ends, of_data
    )
    quarter_hours = select(func.coalesce(func.sum(call_quarter_hour.c.data_calls), literal_column("0"))).where(
        call_quarter_hour.c.starts_at >= begins, call_quarter_hour.c.starts_at < ends
    )
    counted = select(minutes.scalar_subquery() + quarter_hours.scalar_subquery())
    return int((await tx.execute(counted)).scalar_one())


def _data_operations() -> list[str]:
    return [each.operation for each in ENDPOINTS if each.scope is not None and not each.scope.startswith("admin:")]


async def calls_of_interaction(tx: Transaction, interaction_id: UUID) -> list[dict[str, Any]]:
    """Return the calls with this interaction id, in the order of time."""
    found = await tx.execute(select(call).where(call.c.interaction_id == interaction_id).order_by(call.c.at))
    return [dict(row) for row in found.mappings()]


async def delete_single_calls(tx: Transaction, before: datetime) -> int:
    """Delete the rows of calls before `before`; return their number."""
    return int((await tx.execute(delete(call).where(call.c.at < before))).rowcount)


async def add_refusals(tx: Transaction, days: Iterable[RefusedDay]) -> None:
    """Add entries with different keys to the counts of refused requests.

    Rows are sorted, so that two processes cannot deadlock.
    """
    rows = sorted(
        ({"id": uuid4(), "rule": RULE_OF_REFUSAL[day.reason], **msgspec.structs.asdict(day)} for day in days),
        key=lambda row: (row["day"], row["request"], row["reason"], row["arrangement_id"] or UUID(int=0)),
    )
    if rows:
        await tx.rows(_ADD_REFUSALS, **_arrays(refused_day, rows))


async def refusal_figures(tx: Transaction, first: date, last: date) -> list[RefusalFigure]:
    """Return the refusals of a period, both days included, by rule and reason (CDR Rules 9.4)."""
    by = (refused_day.c.rule, refused_day.c.reason, refused_day.c.request)
    found = await tx.execute(
        select(
            *by,
            cast(func.sum(refused_day.c.calls), BigInteger).label("calls"),
            func.count(refused_day.c.arrangement_id.distinct()).label("arrangements"),
        )
        .where(refused_day.c.day.between(first, last))
        .group_by(*by)
        .order_by(*by)
    )
    return [RefusalFigure(**row) for row in found.mappings()]


async def disclosures(tx: Transaction, arrangement_id: UUID) -> list[DisclosureDay]:
    """Return the disclosure ledger of an arrangement, ordered by day."""
    found = await tx.execute(
        select(*(column for column in disclosure_day.c if column.name != "id"))
        .where(disclosure_day.c.arrangement_id == arrangement_id)
        .order_by(disclosure_day.c.day, disclosure_day.c.cluster, disclosure_day.c.account_id)
    )
    return [DisclosureDay(**row) for row in found.mappings()]


async def mark_corrected(tx: Transaction, wrong: DisclosedPeriod, at: datetime) -> int:
    """Mark entries of the ledger as corrected; return their number. `at` is when the right data was disclosed."""
    result = await tx.execute(
        update(disclosure_day)
        .where(
            disclosure_day.c.arrangement_id == wrong.arrangement_id,
            disclosure_day.c.account_id == wrong.account_id,
            disclosure_day.c.cluster == wrong.cluster,
            disclosure_day.c.day.between(wrong.first_day, wrong.last_day),
            disclosure_day.c.corrected_at.is_(None),
        )
        .values(corrected_at=at)
    )
    return int(result.rowcount)


def _arrays(table: Table, rows: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    """Return the parameters of `_rows_of_arrays`."""
    return {f"{table.name}_{name}": [row[name] for row in rows] for name in (column.name for column in table.c)}


def _call_row(record: CallRecord) -> dict[str, object]:
    kept = {name: getattr(record, name) for name in _KEPT_OF_A_CALL}
    return {**kept, "id": uuid4(), "interaction_id": UUID(record.interaction_id)}


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
