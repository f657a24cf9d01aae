"""Opening import files: plain or gzip, up to a size, as far as they can be read."""

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import NamedTuple

from tenants.imports.report import Place, Report

MEBIBYTE = 1024 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_READ_ERRORS = (EOFError, zlib.error, OSError)


class FileLimits(NamedTuple):
    """How much one import takes: bytes are those after decompression."""

    file_bytes: int = 1024 * MEBIBYTE
    record_bytes: int = 4 * MEBIBYTE
    records: int = 2_000_000


def lines(path: Path, report: Report, limits: FileLimits) -> Iterator[tuple[Place, bytes]]:
    """Yield the lines of a file; report a line that is too long, and the point from which the file cannot be read."""
    number = total = 0
    try:
        with _opened(path) as file:
            while line := file.readline(limits.record_bytes + 1):
                number += 1
                place = Place(path.name, number)
                total += len(line)
                if total > limits.file_bytes:
                    report.problem(place, f"the file is longer than {limits.file_bytes} bytes; the rest is not read")
                    return
                if len(line) > limits.record_bytes:
                    report.problem(place, f"the line is longer than {limits.record_bytes} bytes")
                    while line and not line.endswith(b"\n"):
                        line = file.readline(limits.record_bytes)
                        total += len(line)
                    continue
                yield place, line
    except _READ_ERRORS as error:
        report.problem(Place(path.name, number + 1), f"the file cannot be read from here on: {error}")


def content(path: Path, report: Report, limits: FileLimits) -> bytes:
    """Return a file as far as it can be read, and report where that ends early."""
    data = bytearray()
    try:
        with _opened(path) as file:
            while chunk := file.read1(MEBIBYTE):
                data += chunk
                if len(data) > limits.file_bytes:
                    line = data.count(b"\n") + 1
                    report.problem(
                        Place(path.name, line),
                        f"the file is longer than {limits.file_bytes} bytes; the rest is not read",
                    )
                    break
    except _READ_ERRORS as error:
        report.problem(Place(path.name, data.count(b"\n") + 1), f"the file cannot be read from here on: {error}")
    return bytes(data)


def _opened(path: Path) -> BufferedIOBase:
    file = path.open("rb")
    if file.peek(len(_GZIP_MAGIC))[: len(_GZIP_MAGIC)] == _GZIP_MAGIC:
        file.close()  # a GzipFile closes only a file that it has opened itself
        return gzip.GzipFile(path)
    return file
