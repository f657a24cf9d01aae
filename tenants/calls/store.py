"""The SQL of counted calls, of rows for single calls, and of the disclosure ledger."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import ARRAY, Table, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import Insert, insert

from haas.database import Statement, Transaction
from tenants.calls.counter import TenantCalls
from tenants.calls.models import CallRecord, DisclosureDay
from tenants.calls.tables import call, call_batch, call_peak, call_rollup, call_second, disclosure_day


def _rows_of_arrays(table: Table) -> Insert:
    """Return an INSERT of any number of rows, in their order. Its parameters are an array for each column."""
    arrays = (bindparam(column.name, type_=ARRAY(column.type)) for column in table.c)
    given = func.unnest(*arrays).table_valued(*table.c.keys()).render_derived(name="given")
    return insert(table).from_select(table.c.keys(), select(given))


def _adding(table: Table) -> Statement:
    """Return a statement that adds to the sums of a table, which are the columns outside its primary key."""
    new = _rows_of_arrays(table)
    sums = {column.name: column + new.excluded[column.name] for column in table.c if not column.primary_key}
    return Statement(new.on_conflict_do_update(constraint=table.primary_key, set_=sums))


_ADD_ROLLUP: Final = _adding(call_rollup)
_ADD_SECOND: Final = _adding(call_second)
_INSERT_BATCH = insert(call_batch).values({column.name: bindparam(column.name) for column in call_batch.c})
_ADD_BATCH: Final = Statement(
    _INSERT_BATCH.on_conflict_do_update(
        constraint=call_batch.primary_key,
        set_={name: _INSERT_BATCH.excluded[name] for name in ("number", "written_at")},
        where=call_batch.c.number < _INSERT_BATCH.excluded.number,
    ).returning(call_batch.c.number)
)
_HALF_HOUR: Final = timedelta(minutes=30)
_HALF_HOUR_ORIGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)
_CALL_COLUMNS: Final = tuple(call.c.keys())
_INSERT_DISCLOSURE = insert(disclosure_day)
_ADD_DISCLOSURE = _INSERT_DISCLOSURE.on_conflict_do_update(
    index_elements=["arrangement_id", "account_id", "cluster", "day"],
    set_={
        "calls": disclosure_day.c.calls + _INSERT_DISCLOSURE.excluded.calls,
        "last_at": func.greatest(disclosure_day.c.last_at, _INSERT_DISCLOSURE.excluded.last_at),
    },
)


async def add(tx: Transaction, calls: TenantCalls) -> None:
    """Add a tenant's counted calls to the stored sums. Rows are sorted, so that two processes cannot deadlock."""
    if not calls.rollup:
        return
    rollup = [{**key._asdict(), **msgspec.structs.asdict(sums)} for key, sums in sorted(calls.rollup.items())]
    await tx.rows(_ADD_ROLLUP, **_arrays(call_rollup, rollup))
    seconds: dict[datetime, dict[str, int]] = defaultdict(lambda: {"authenticated": 0, "unauthenticated": 0})
    for (second, authenticated), count in calls.seconds.items():
        seconds[second]["authenticated" if authenticated else "unauthenticated"] += count
    counted = [{"second": second, **counts} for second, counts in sorted(seconds.items())]
    await tx.rows(_ADD_SECOND, **_arrays(call_second, counted))


async def add_batch(tx: Transaction, process: UUID, number: int, now: datetime) -> bool:
    """Store that this transaction has written a batch of a process. Return False if the batch was committed before.

    If another transaction with the same batch has not ended yet, this waits for its end. Call it after `add`: a
    transaction that uses the tables in another order than that of their creation can deadlock with DROP SCHEMA.
    """
    return await tx.row(_ADD_BATCH, process=process, number=number, written_at=now) is not None


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


async def aggregate_seconds(tx: Transaction, before: datetime) -> int:
    """Replace per-second counts older than `before` by half-hour peaks; return the number of half hours changed."""
    deleted = delete(call_second).where(call_second.c.second < before).returning(*call_second.c).cte("deleted")
    half_hour = func.date_bin(_HALF_HOUR, deleted.c.second, _HALF_HOUR_ORIGIN)
    peaks = insert(call_peak).from_select(
        ["half_hour", "aggregate", "authenticated", "unauthenticated"],
        select(
            half_hour.label("half_hour"),
            func.max(deleted.c.authenticated + deleted.c.unauthenticated),
            func.max(deleted.c.authenticated),
            func.max(deleted.c.unauthenticated),
        ).group_by("half_hour"),
    )
    highest = {
        name: func.greatest(call_peak.c[name], peaks.excluded[name])
        for name in ("aggregate", "authenticated", "unauthenticated")
    }
    result = await tx.execute(peaks.on_conflict_do_update(index_elements=["half_hour"], set_=highest))
    return int(result.rowcount)


async def copy_calls(tx: Transaction, calls: Iterable[CallRecord]) -> None:
    """Insert a row for each call with COPY."""
    await tx.driver.copy_records_to_table(
        call.name,
        schema_name=tx.namespace.schema,
        columns=_CALL_COLUMNS,
        records=[tuple(_call_row(each)[name] for name in _CALL_COLUMNS) for each in calls],
    )


async def calls_of_interaction(tx: Transaction, interaction_id: UUID) -> list[dict[str, Any]]:
    """Return the calls with this interaction id, in the order of time."""
    found = await tx.execute(select(call).where(call.c.interaction_id == interaction_id).order_by(call.c.at))
    return [dict(row) for row in found.mappings()]


async def delete_single_calls(tx: Transaction, before: datetime) -> int:
    """Delete the rows of calls before `before`; return their number."""
    return int((await tx.execute(delete(call).where(call.c.at < before))).rowcount)


async def add_disclosures(tx: Transaction, days: Sequence[DisclosureDay]) -> None:
    """Add entries to the disclosure ledger. Rows are sorted, so that two processes cannot deadlock."""
    if not days:
        return
    rows = sorted(
        (msgspec.structs.asdict(day) for day in days),
        key=lambda row: (row["arrangement_id"], row["account_id"] or UUID(int=0), row["cluster"], row["day"]),
    )
    await tx.execute(_ADD_DISCLOSURE, [{"id": uuid4(), **row} for row in rows])


async def disclosures(tx: Transaction, arrangement_id: UUID) -> list[DisclosureDay]:
    """Return the disclosure ledger of an arrangement, ordered by day."""
    found = await tx.execute(
        select(*(column for column in disclosure_day.c if column.name != "id"))
        .where(disclosure_day.c.arrangement_id == arrangement_id)
        .order_by(disclosure_day.c.day, disclosure_day.c.cluster, disclosure_day.c.account_id)
    )
    return [DisclosureDay(**row) for row in found.mappings()]


async def mark_corrected(tx: Transaction, arrangement_id: UUID, cluster: str, since: date, now: datetime) -> int:
    """Mark the entries of a cluster since a day as corrected; return the number of entries."""
    result = await tx.execute(
        update(disclosure_day)
        .where(
            disclosure_day.c.arrangement_id == arrangement_id,
            disclosure_day.c.cluster == cluster,
            disclosure_day.c.day >= since,
            disclosure_day.c.corrected_at.is_(None),
        )
        .values(corrected_at=now)
    )
    return int(result.rowcount)


def _arrays(table: Table, rows: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    return {name: [row[name] for row in rows] for name in (column.name for column in table.c)}


def _call_row(record: CallRecord) -> dict[str, Any]:
    return {
        "at": record.at,
        "id": uuid4(),
        "interaction_id": UUID(record.interaction_id),
        "operation": record.operation,
        "tier": record.tier,
        "authenticated": record.authenticated,
        "status": record.status,
        "error": record.error,
        "throttled": record.throttled,
        "latency": record.latency,
        "secondary_latency": record.secondary_latency,
        "client_id": record.client_id,
        "arrangement_id": record.arrangement_id,
    }
