"""Measures what the record of a call costs, replays a log of a million calls, and computes the metrics of a year.

Run as `python -m ops.bench.call_records [--calls 1000000]`.

The log is made up: operations, tiers, statuses, errors and latencies vary, and the calls are spread over two hours.
Several processes count them, each with a counter and a flusher of its own, and are restarted meanwhile. Then every
stored sum is compared with one that is computed from the log in another way. Last, a tenant gets a year of calls, and
the time of Get Metrics is measured.
"""

import asyncio
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import click
import msgspec
from sqlalchemy import func, insert, literal_column, select, union_all, update

from haas.clock import SystemClock
from haas.database import Database, Namespace, Transaction
from haas.jose import new_key
from haas.progress import ConsoleProgress
from ops.bench.command import machine_description
from ops.bench.report import markdown
from ops.demonstration import create_many
from ops.demonstration.setup import sandbox_register
from ops.deployment import Deployment
from ops.deployment_settings import DeploymentSettings
from ops.migrations.bootstrap import bootstrap
from ops.migrations.cluster import create_deployment
from ops.smoke.foreground import folder_kept_on_failure
from ops.stack.servers import servers
from tenants.calls import CalledTenant, CallRecord, Flusher, store
from tenants.calls.counter import CallCounter
from tenants.calls.tables import call, call_peak, call_quarter_hour, call_rollup, call_second
from tenants.cds.tiers import SECONDARY_THRESHOLD_MILLISECONDS, THRESHOLD_MILLISECONDS
from tenants.clients.tables import client
from tenants.metrics import service, version_5
from tenants.operations.endpoints import ENDPOINTS
from tenants.registry.models import Tenant
from tenants.registry.names import control_namespace

TARGET_OF_A_CALL: Final = 20.0
"""Microseconds of processor time for the record of a call and its count."""
TARGET_OF_METRICS: Final = 0.3
"""Seconds for the figures and the payload of Get Metrics, with a year of calls."""
_STATUSES: Final = (200,) * 20 + (401, 404, 422, 429, 503)
_PROCESSES: Final = 4
_RESTARTS: Final = 10
_CALLS_OF_A_FLUSH: Final = 4_000
_QUARTER_HOUR: Final = 900
_DIMENSIONS: Final = ("tier", "status", "authenticated")
_SUMS: Final = tuple(
    column.name for column in call_quarter_hour.c if column.name in call_rollup.c and not column.primary_key
)
_SEVENS: Final[tuple[Any, ...]] = tuple(literal_column("7") for _ in _SUMS)


class Replay(msgspec.Struct, frozen=True):
    """How long a replay took: all of it, and its writes."""

    calls: int
    seconds: float
    seconds_of_writes: float


def made_up_log(calls: int, tenant: CalledTenant, starts: datetime, seconds: int = 2_400) -> Iterator[CallRecord]:
    """Yield calls in the order of their time, the same ones each time."""
    values = random.Random(calls)  # noqa: S311 - not for security
    for number in range(calls):
        endpoint = values.choice(ENDPOINTS)
        tier = endpoint.tier(customer_present=values.random() < 0.5)  # noqa: PLR2004 - half of them
        status = values.choice(_STATUSES)
        secondary = values.randrange(6_000_000) if "econdary" in tier else None
        yield CallRecord(
            tenant=tenant,
            at=starts + timedelta(seconds=seconds * number / calls),
            operation=endpoint.operation,
            tier=tier,
            status=status,
            latency=int(values.lognormvariate(11, 1.5)),
            interaction_id=str(UUID(int=values.getrandbits(128), version=4)),
            authenticated=endpoint.transport == "secure",
            error="" if status < 400 else f"urn:{status}",  # noqa: PLR2004
            throttled=status == 429,  # noqa: PLR2004
            token_issued=values.random() < 0.01,  # noqa: PLR2004
            secondary_latency=secondary,
            secondary_calls=0 if secondary is None else values.randrange(1, 4),
            secondary_errors=0 if secondary is None else values.randrange(2),
            secondary_rejections=0 if secondary is None else values.randrange(2),
        )


async def replay(
    log: Iterable[CallRecord], database: Database, control: Namespace, *, processes: int, restarts: int
) -> Replay:
    """Count the calls of a log in several processes, of which one is restarted from time to time."""

    def process() -> tuple[CallCounter, Flusher]:
        counter = CallCounter()
        return counter, Flusher(database, control, SystemClock(), counter)

    running = [process() for _ in range(processes)]
    started, writing, number = time.perf_counter(), 0.0, 0
    flush_after = _CALLS_OF_A_FLUSH if not isinstance(log, list) else max(len(log) // restarts, 1)
    for number, record in enumerate(log, 1):
        running[number % processes][0].count(record)
        if number % flush_after == 0:
            began = time.perf_counter()
            await asyncio.gather(*(_write(flusher) for _, flusher in running))
            writing += time.perf_counter() - began
            running[number // flush_after % processes] = process()
    began = time.perf_counter()
    await asyncio.gather(*(_write(flusher) for _, flusher in running))
    ended = time.perf_counter()
    return Replay(number, ended - started, writing + ended - began)


async def _write(flusher: Flusher) -> None:
    """Write all calls that were counted. A large batch can wait so long for the rows of another one that it fails."""
    while flusher.unwritten:
        await flusher.flush()


class Expected(msgspec.Struct, frozen=True):
    """What must be stored after a log was replayed."""

    calls: int
    sums: dict[tuple[Any, ...], Counter[str]]
    """The sums by quarter hour and dimensions."""
    peaks: dict[int, list[int]]


def expected(log: Iterable[CallRecord]) -> Expected:
    """Return what must be stored after a log was replayed."""
    sums: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    seconds: Counter[tuple[int, bool]] = Counter()
    calls = 0
    for record in log:
        calls += 1
        second = int(record.at.timestamp())
        key = (second // _QUARTER_HOUR * _QUARTER_HOUR, *(getattr(record, name) for name in _DIMENSIONS))
        sums[key].update(_sums_of(record))
        seconds[second, record.authenticated] += 1
    peaks: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for second in {each for each, _ in seconds}:
        own, public = seconds[second, True], seconds[second, False]
        highest = peaks[second // _QUARTER_HOUR * _QUARTER_HOUR]
        highest[:] = [max(pair) for pair in zip(highest, (own + public, own, public), strict=True)]
    return Expected(calls, dict(sums), dict(peaks))


async def differences(tx: Transaction, wanted: Expected) -> list[str]:
    """Return how the stored sums, peaks and rows differ from what must be stored."""
    stored: dict[Any, Any] = {**await _stored_sums(tx), **await _stored_peaks(tx)}
    known: dict[Any, Any] = {**wanted.sums, **wanted.peaks}
    wrong = [
        f"{key}: {stored.get(key)}, not {known.get(key)}"
        for key in stored.keys() | known.keys()
        if stored.get(key) != known.get(key)
    ]
    rows = (await tx.execute(select(func.count()).select_from(call))).scalar_one()
    return wrong if rows == wanted.calls else [*wrong, f"{rows} rows are stored for {wanted.calls} calls"]


def _sums_of(record: CallRecord) -> dict[str, int]:
    secondary = record.secondary_latency
    in_time = record.latency <= THRESHOLD_MILLISECONDS.get(record.tier, -1) * 1_000  # type: ignore[arg-type]
    there = secondary is not None and secondary <= SECONDARY_THRESHOLD_MILLISECONDS.get(record.tier, 0) * 1_000  # type: ignore[arg-type]
    return {
        "calls": 1,
        "within_limit": int(in_time and not record.throttled),
        "latency_total": record.latency,
        "throttled": int(record.throttled),
        "tokens_issued": int(record.token_issued),
        "secondary_requests": int(secondary is not None),
        "secondary_within_limit": int(there),
        "secondary_latency_total": secondary or 0,
        "secondary_calls": record.secondary_calls,
        "secondary_errors": record.secondary_errors,
        "secondary_rejections": record.secondary_rejections,
    }


async def _stored_sums(tx: Transaction) -> dict[tuple[Any, ...], Counter[str]]:
    names = (*_DIMENSIONS, *_SUMS)
    both = union_all(
        select(call_rollup.c.minute.label("at"), *(call_rollup.c[name] for name in names)),
        select(call_quarter_hour.c.starts_at.label("at"), *(call_quarter_hour.c[name] for name in names)),
    ).subquery()
    quarter = func.floor(func.extract("epoch", both.c.at) / _QUARTER_HOUR) * _QUARTER_HOUR
    groups = (quarter.label("quarter"), *(both.c[name] for name in _DIMENSIONS))
    query = select(*groups, *(func.sum(both.c[name]) for name in _SUMS)).group_by(*groups)
    return {
        (int(row[0]), *row[1:4]): Counter(dict(zip(_SUMS, map(int, row[4:]), strict=True)))
        for row in await tx.execute(query)
    }


async def _stored_peaks(tx: Transaction) -> dict[int, list[int]]:
    names = ("aggregate", "authenticated", "unauthenticated")
    seconds = call_second.c
    both = union_all(
        select(
            seconds.second.label("at"),
            (seconds.authenticated + seconds.unauthenticated).label("aggregate"),
            seconds.authenticated,
            seconds.unauthenticated,
        ),
        select(call_peak.c.starts_at.label("at"), *(call_peak.c[name] for name in names)),
    ).subquery()
    quarter = (func.floor(func.extract("epoch", both.c.at) / _QUARTER_HOUR) * _QUARTER_HOUR).label("quarter")
    query = select(quarter, *(func.max(both.c[name]) for name in names)).group_by(quarter)
    return {int(row[0]): list(row[1:]) for row in await tx.execute(query)}


def cost_of_a_call(records: Sequence[CallRecord]) -> float:
    """Return the microseconds of processor time that it takes to make a record and to count it."""
    counter = CallCounter(maximum_rows=len(records))
    values = [msgspec.structs.asdict(record) for record in records]
    started = time.process_time()
    for each in values:
        counter.count(CallRecord(**each))
    return (time.process_time() - started) / len(records) * 1_000_000


async def add_a_year(tx: Transaction, now: datetime) -> int:
    """Add the sums and peaks of each quarter hour of a year, for every tier and some statuses. Return the rows."""
    starts = func.generate_series(now - timedelta(days=365), now, timedelta(minutes=15)).column_valued("at")
    number = 0
    for tier in THRESHOLD_MILLISECONDS:
        for status in (200, 404, 422):
            values = [starts, *(literal_column(text) for text in (f"'{tier}'", str(status), "true", "7")), *_SEVENS]
            names = ["starts_at", *_DIMENSIONS, "data_calls", *_SUMS]
            added = insert(call_quarter_hour).from_select(names, select(*values))
            number += int((await tx.execute(added)).rowcount)
    peaks = select(starts, *(literal_column("5") for _ in range(3)))
    names = ["starts_at", "aggregate", "authenticated", "unauthenticated"]
    await tx.execute(insert(call_peak).from_select(names, peaks))
    long_ago = now - timedelta(days=400)
    await tx.execute(update(client).where(client.c.client_id == "cdr-register").values(created_at=long_ago))
    return number


async def time_of_metrics(database: Database, tenant: Tenant, now: datetime) -> tuple[float, float]:
    """Return the seconds that Get Metrics takes without the HTTP part, and its processor time here and in PostgreSQL.

    They are the least of ten calls, because other programs on the machine only add to them.
    """
    least, processor = float("inf"), float("inf")
    for _ in range(10):
        async with database.transaction(tenant.namespace) as tx:
            server = await tx.driver.fetchval("SELECT pg_backend_pid()")
            began = time.perf_counter(), time.process_time() + _processor_time(server)
            found = await service.figures(tx, tenant, "ALL", now)
            msgspec.json.encode(version_5.payload(found))
            least = min(least, time.perf_counter() - began[0])
            processor = min(processor, time.process_time() + _processor_time(server) - began[1])
    return least, processor


def _processor_time(process: int) -> float:
    """Return the processor time of a process of this machine, in seconds, in steps of a hundredth (proc(5))."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _measure(folder: Path, calls: int) -> bool:
    async with servers(folder) as running:
        databases = await create_deployment(running.superuser_url, "haas")
        settings = DeploymentSettings(
            environment="sandbox",
            domain="haas.localhost",
            public_port=8443,
            database_url=databases.app_url,
            owner_database_url=databases.owner_url,
            operator_database_url=databases.operator_url,
            redis_url=running.redis_url,
            smtp_url="smtp://127.0.0.1:1",
            sms_url="https://sms.cdr-sandbox.localhost",
            master_key=new_key(),
            certificates=folder / "certificates",
        )
        await bootstrap(settings)
        async with Deployment.open(settings) as deployment:
            await deployment.administration.put_register_environment(sandbox_register(settings), actor="bench")
            (tenant,) = await create_many(deployment, 1, prefix="replayed", progress=ConsoleProgress())
            database, own = Database.open(settings.database_urls), CalledTenant(tenant.namespace, tenant.id)
            try:
                return await _report(database, control_namespace(settings), own, tenant, calls)
            finally:
                await database.close()


async def _report(database: Database, control: Namespace, own: CalledTenant, tenant: Tenant, calls: int) -> bool:
    starts = datetime(2026, 11, 26, 13, tzinfo=UTC)
    now = starts + timedelta(days=1, hours=1)

    def log() -> Iterator[CallRecord]:
        return made_up_log(calls, own, starts, 7_200)

    first = list(made_up_log(min(calls, 200_000), own, starts, 7_200))
    cost = min(cost_of_a_call(first) for _ in range(3))
    replayed = await replay(log(), database, control, processes=_PROCESSES, restarts=_RESTARTS)
    wanted = expected(log())
    async with database.transaction(tenant.namespace, "long") as tx:
        before = await differences(tx, wanted)
        await store.aggregate_minutes(tx, now)
        await store.aggregate_seconds(tx, now)
        after = await differences(tx, wanted)
        await tx.execute(call_quarter_hour.delete())
        await tx.execute(call_peak.delete())
        rows = await add_a_year(tx, now.replace(minute=0))
    # As autovacuum does with a table that has many new rows
    async with database.transaction(tenant.namespace, "long") as tx:
        await tx.driver.execute(f"ANALYZE {tenant.namespace.schema}.{call_quarter_hour.name}")
    seconds, processor = await time_of_metrics(database, tenant, now)
    table = (
        ("what", "measured", "target"),
        ("record of a call and count, processor time", f"{cost:.1f} µs", f"{TARGET_OF_A_CALL:.0f} µs"),
        ("calls replayed", f"{replayed.calls:,}", ""),
        ("writing them, for each call", f"{replayed.seconds_of_writes / calls * 1_000_000:.1f} µs", ""),
        ("differences from the log, before and after the roll-up", f"{len(before)} and {len(after)}", "0"),
        (f"Get Metrics with {rows:,} rows of a year", f"{seconds * 1000:.0f} ms", "300 ms"),
        ("Get Metrics, processor time here and in PostgreSQL", f"{processor * 1000:.0f} ms", ""),
    )
    click.echo("\n".join(markdown(table)))
    for difference in (*before, *after)[:10]:
        click.echo(difference)
    return cost <= TARGET_OF_A_CALL and seconds <= TARGET_OF_METRICS and not before and not after


@click.command()
@click.option("--calls", type=click.IntRange(1_000), default=1_000_000, show_default=True)
def main(calls: int) -> None:
    """Replay a log of calls, and fail if a figure is wrong or a target is missed."""
    click.echo(machine_description())
    with folder_kept_on_failure("haas-call-records-") as folder:
        if not asyncio.run(_measure(folder, calls)):
            raise SystemExit("a figure is wrong, or a target was missed")


if __name__ == "__main__":
    main()
