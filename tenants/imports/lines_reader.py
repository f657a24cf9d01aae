"""Reading our own import format: JSON Lines, one record a line (docs/import.md)."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tenants.imports.files import FileLimits, lines
from tenants.imports.records import Record
from tenants.imports.report import Report
from tenants.imports.sourced import Sourced

_decoder = msgspec.json.Decoder(Record)


def read_lines(path: Path, report: Report, limits: FileLimits | None = None) -> Iterator[Sourced]:
    """Yield the good records of a file; report the bad ones. An empty line is nothing."""
    for place, line in lines(path, report, limits or FileLimits()):
        text = line.strip()
        if not text:
            continue
        if b"\\u0000" in text:
            report.problem(place, "contains the character U+0000")
            continue
        try:
            text.decode("utf-8")
            record = _decoder.decode(text)
        except UnicodeDecodeError as error:
            report.problem(place, f"not UTF-8 at byte {error.start + 1} of the line")
        except msgspec.ValidationError as error:
            report.invalid(place, error)
        except (msgspec.DecodeError, RecursionError) as error:
            report.problem(place, f"not JSON: {error}")
        else:
            yield Sourced(place, record)
