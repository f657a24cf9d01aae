"""Read a NEM12 file, plain or compressed with gzip, up to a maximum size (`tenants/usage/nem12.py`)."""

from collections.abc import Iterator
from pathlib import Path

from tenants.imports.files import FileLimits, FilePosition, file_lines
from tenants.imports.report import FileLocation, Report
from tenants.usage.nem12 import FormatDeviation, ReadDay, RefusedRecord, read_nem12


def read_nem12_file(
    path: Path, report: Report, limits: FileLimits | None = None, position: FilePosition | None = None
) -> Iterator[ReadDay]:
    """Yield the days of a file. Report each refused record as a problem, and each deviation of the format as a fix.

    Several versions of the same day are all yielded (`tenants.usage.versions.latest_versions`). `position` follows the
    reading.
    """
    lines = ((location.line, line) for location, line in file_lines(path, report, limits or FileLimits(), position))
    for entry in read_nem12(lines):
        match entry:
            case ReadDay():
                yield entry
            case RefusedRecord(line, reason):
                report.add_problem(FileLocation(path.name, line), reason)
            case FormatDeviation(line, description):
                report.add_fix(FileLocation(path.name, line), description)
