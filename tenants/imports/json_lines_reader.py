"""Read the import format of this product: JSON Lines, one record on each line (docs/import.md)."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tenants.cds.resource_ids import read_id
from tenants.imports.files import FileLimits, FilePosition, file_lines
from tenants.imports.located_record import LocatedRecord
from tenants.imports.records import ANY_RECORD
from tenants.imports.report import Report

_decoder = msgspec.json.Decoder(ANY_RECORD, dec_hook=read_id)


def read_json_lines(
    path: Path, report: Report, limits: FileLimits | None = None, position: FilePosition | None = None
) -> Iterator[LocatedRecord]:
    """Yield the valid records of a file and report the invalid ones. Empty lines are ignored.

    `position` follows the reading.
    """
    for location, line in file_lines(path, report, limits or FileLimits(), position):
        text = line.strip()
        if not text:
            continue
        if b"\\u0000" in text:
            report.add_problem(location, "contains the character U+0000")
            continue
        try:
            text.decode("utf-8")
            record = _decoder.decode(text)
        except UnicodeDecodeError as error:
            report.add_problem(location, f"not UTF-8 at byte {error.start + 1} of the line")
        except msgspec.ValidationError as error:
            report.add_invalid_record(location, error)
        except (msgspec.DecodeError, RecursionError) as error:
            report.add_problem(location, f"not JSON: {error}")
        else:
            yield LocatedRecord(location, record)
