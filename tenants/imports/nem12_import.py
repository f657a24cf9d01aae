"""Import the days of a NEM12 file.

The file is read in a thread while the batch before it is written, so that reading and PostgreSQL use two processors.
Each batch is written in a short transaction. What was written before an interruption stays, and a file that is imported
again changes nothing that is already stored.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from haas.database import Database, Namespace
from tenants.accounts.internal_ids import service_point_id
from tenants.accounts.tables import service_point
from tenants.corrections.changes import ChangeFinder
from tenants.imports import store
from tenants.imports.day_checks import day_problem
from tenants.imports.files import MEBIBYTE, FileLimits, FilePosition
from tenants.imports.nem12_reader import read_nem12_file
from tenants.imports.report import CHANGES, FileLocation, Report
from tenants.usage.nem12 import ReadDay
from tenants.usage.store import save_reads
from tenants.usage.stored_reads import StoredRead, stored_day
from tenants.usage.versions import latest_versions

DAYS_AT_ONCE: Final = 1_000
NEM12_LIMITS: Final = FileLimits(file_bytes=64 * 1024 * MEBIBYTE)
"""Memory does not limit the size of a file, because one batch is in memory at once."""


class _Batch(NamedTuple):
    """The days that are written in one transaction, each with its line."""

    lines: list[int]
    reads: list[StoredRead]
    nmis: Mapping[UUID, str]
    replaced: int
    """The number of days of which the file has a later version in the same batch."""


class _Outcome(NamedTuple):
    changed: int
    unchanged: int
    findings: int
    unknown: list[tuple[int, str]]
    """The lines and the NMIs of days whose service point the tenant does not have."""


async def import_nem12(
    database: Database,
    namespace: Namespace,
    path: Path,
    report: Report,
    *,
    now: datetime,
    limits: FileLimits = NEM12_LIMITS,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Store the days of a file, and add to `report` what was stored and what was not.

    A day of a service point that the tenant does not have is reported and not stored. A day is stored unless a later
    version of it is stored. `progress` is called after each batch with the number of bytes of the file that were read.
    """
    position, changes = FilePosition(), ChangeFinder(uuid4(), now)
    batches = _batches(path, report, now, limits, position)
    writing: asyncio.Task[_Outcome] | None = None
    try:
        while batch := await asyncio.to_thread(next, batches, None):
            if writing is not None:
                _add(await writing, path, report)
            report.loaded["earlier version in the same file"] += batch.replaced
            writing = asyncio.create_task(_write(database, namespace, batch, changes))
            if progress is not None:
                progress(position.bytes_read)
        if writing is not None:
            _add(await writing, path, report)
    finally:
        if writing is not None:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
    report.loaded = +report.loaded
    if progress is not None:
        progress(position.bytes_read)


def _batches(path: Path, report: Report, now: datetime, limits: FileLimits, position: FilePosition) -> Iterator[_Batch]:
    """Yield the days of a file in batches. The report gets the days that cannot be stored."""
    days = _possible(read_nem12_file(path, report, limits, position), path, report, now)
    id_of = cache(service_point_id)
    while read := list(islice(days, DAYS_AT_ONCE)):
        latest = latest_versions(read)
        reads = [stored_day(each.day, id_of(each.day.nmi)) for each in latest]
        nmis = {id_of(nmi): nmi for nmi in {each.day.nmi for each in latest}}
        yield _Batch([each.line for each in latest], reads, nmis, len(read) - len(latest))


def _possible(days: Iterator[ReadDay], path: Path, report: Report, now: datetime) -> Iterator[ReadDay]:
    for read in days:
        problem = day_problem(read.day, now)
        if problem is None:
            yield read
        else:
            report.add_problem(FileLocation(path.name, read.line), problem)


async def _write(database: Database, namespace: Namespace, batch: _Batch, changes: ChangeFinder) -> _Outcome:
    """Write a batch in one transaction. The service points cannot be removed until it ends."""
    async with database.transaction(namespace, "long") as tx:
        await store.lock(tx)
        known = await store.existing_ids(tx, service_point, batch.nmis)
        reads = [read for read in batch.reads if read.service_point_id in known]
        findings = await changes.reads(tx, reads)
        changed = await save_reads(tx, reads)
    unknown = [
        (line, batch.nmis[read.service_point_id])
        for line, read in zip(batch.lines, batch.reads, strict=True)
        if read.service_point_id not in known
    ]
    return _Outcome(changed, len(reads) - changed, findings, unknown)


def _add(outcome: _Outcome, path: Path, report: Report) -> None:
    """Add the outcome of a batch to the report. No thread uses the report at this time."""
    report.loaded["day of interval reads"] += outcome.changed
    report.loaded["day of interval reads unchanged"] += outcome.unchanged
    report.loaded[CHANGES] += outcome.findings
    for line, nmi in outcome.unknown:
        report.add_problem(FileLocation(path.name, line), f"the service point with the NMI {nmi} is not loaded")
