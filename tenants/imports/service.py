"""Importing a stream of records into a tenant, batch by batch."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Literal

from haas.database import Database, Namespace
from tenants.imports.dsb_reader import read_dsb
from tenants.imports.files import FileLimits
from tenants.imports.lines_reader import read_lines
from tenants.imports.loader import load_batch
from tenants.imports.report import Report
from tenants.imports.sourced import Sourced

BATCH = 500
Format = Literal["lines", "dsb"]


def read(
    path: Path, form: Format, report: Report, *, holder: int = 0, limits: FileLimits | None = None
) -> Iterator[Sourced]:
    """Return the records of a file in one of the formats; `holder` chooses one in the generator's file."""
    return read_dsb(path, holder, report, limits) if form == "dsb" else read_lines(path, report, limits)


async def import_records(
    database: Database,
    namespace: Namespace,
    records: Iterable[Sourced],
    report: Report,
    *,
    now: datetime,
    limits: FileLimits | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Load `records`, one transaction for each batch, and say in `report` what was loaded.

    A batch is loaded whole or, when the database fails, not at all; the batches before it stand. `progress` is told how
    many records each batch had. Importing the same records again changes nothing.
    """
    maximum = (limits or FileLimits()).records
    remaining = iter(records)
    count = 0
    while batch := list(islice(remaining, min(BATCH, maximum - count + 1))):
        if count + len(batch) > maximum:
            report.problem(batch[-1].place, f"the file has more than {maximum} records; the rest is not read")
            batch = batch[: maximum - count]
            remaining = iter(())
        count += len(batch)
        if batch:
            async with database.transaction(namespace, long=True) as tx:
                loaded = await load_batch(tx, batch, report, now)
            report.loaded.update(loaded)
            if progress is not None:
                progress(len(batch))
