"""Import a stream of records into a tenant, batch by batch."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Literal
from uuid import uuid4

from haas.database import Database, Namespace
from tenants.imports.dsb_reader import read_dsb
from tenants.imports.files import FileLimits, FilePosition
from tenants.imports.json_lines_reader import read_json_lines
from tenants.imports.loader import load_batch
from tenants.imports.located_record import LocatedRecord
from tenants.imports.report import Report
from tenants.imports.snapshot import Snapshot

BATCH_SIZE = 500
ImportFormat = Literal["lines", "dsb"]


def read_records(
    path: Path,
    file_format: ImportFormat,
    report: Report,
    *,
    holder: int = 0,
    limits: FileLimits | None = None,
    position: FilePosition | None = None,
) -> Iterator[LocatedRecord]:
    """Return the records of a file. `holder` is the number of a holder (from 0) in a file of the format `dsb`.

    `position` follows the reading.
    """
    if file_format == "dsb":
        return read_dsb(path, holder, report, limits, position)
    return read_json_lines(path, report, limits, position)


async def import_records(
    database: Database,
    namespace: Namespace,
    records: Iterable[LocatedRecord],
    report: Report,
    *,
    now: datetime,
    limits: FileLimits | None = None,
    snapshot: bool = False,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Load `records`, each batch in one transaction, and add to `report` what was loaded.

    A batch is loaded completely or, if the database fails, not at all. The batches before it remain loaded. `progress`
    is called with the number of records of each batch. Importing the same records again changes nothing.

    With `snapshot`, the logins, holdings and representations that are not among the records are ended afterwards
    (`tenants.imports.snapshot`). Nothing is ended if the file could not be read completely.
    """
    seen, import_id = Snapshot(), uuid4()
    not_loaded = 0
    maximum = (limits or FileLimits()).records
    remaining = iter(records)
    count = 0
    while batch := list(islice(remaining, min(BATCH_SIZE, maximum - count + 1))):
        if count + len(batch) > maximum:
            report.add_problem(batch[-1].location, f"the file has more than {maximum} records; the rest is not read")
            batch = batch[: maximum - count]
            remaining = iter(())
        count += len(batch)
        if batch:
            if snapshot:
                seen.add(batch)
            problems = report.problem_count
            async with database.transaction(namespace, "long") as tx:
                loaded = await load_batch(tx, batch, report, now, import_id)
            report.loaded.update(loaded)
            not_loaded += report.problem_count - problems
            if progress is not None:
                progress(len(batch))
    if snapshot and report.problem_count > not_loaded:
        report.add_problem(report.problems[-1].location, "the snapshot was not read completely; nothing is ended")
    elif snapshot:
        async with database.transaction(namespace, "long") as tx:
            report.loaded.update(await seen.end_missing(tx, now))
