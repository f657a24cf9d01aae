"""Open import files, plain or compressed with gzip, up to a maximum size, and read them as far as they can be read."""

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import NamedTuple

from tenants.imports.report import FileLocation, Report

MEBIBYTE = 1024 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_READ_ERRORS = (EOFError, zlib.error, OSError)


class FileLimits(NamedTuple):
    """The maximum size of one import. Bytes are counted after decompression."""

    file_bytes: int = 1024 * MEBIBYTE
    record_bytes: int = 4 * MEBIBYTE
    records: int = 2_000_000


def file_lines(path: Path, report: Report, limits: FileLimits) -> Iterator[tuple[FileLocation, bytes]]:
    """Yield the lines of a file; report lines that are too long, and the line from which the file cannot be read."""
    number = total = 0
    try:
        with _opened(path) as file:
            while line := file.readline(limits.record_bytes + 1):
                number += 1
                location = FileLocation(path.name, number)
                total += len(line)
                if total > limits.file_bytes:
                    report.add_problem(
                        location, f"the file is longer than {limits.file_bytes} bytes; the rest is not read"
                    )
                    return
                if len(line) > limits.record_bytes:
                    report.add_problem(location, f"the line is longer than {limits.record_bytes} bytes")
                    while line and not line.endswith(b"\n"):
                        line = file.readline(limits.record_bytes)
                        total += len(line)
                    continue
                yield location, line
    except _READ_ERRORS as error:
        report.add_problem(FileLocation(path.name, number + 1), f"the file cannot be read from here on: {error}")


def file_content(path: Path, report: Report, limits: FileLimits) -> bytes:
    """Return the content of a file as far as it can be read; report the line at which reading stopped early."""
    data = bytearray()
    try:
        with _opened(path) as file:
            while chunk := file.read1(MEBIBYTE):
                data += chunk
                if len(data) > limits.file_bytes:
                    line = data.count(b"\n") + 1
                    report.add_problem(
                        FileLocation(path.name, line),
                        f"the file is longer than {limits.file_bytes} bytes; the rest is not read",
                    )
                    break
    except _READ_ERRORS as error:
        report.add_problem(
            FileLocation(path.name, data.count(b"\n") + 1), f"the file cannot be read from here on: {error}"
        )
    return bytes(data)


def _opened(path: Path) -> BufferedIOBase:
    file = path.open("rb")
    if file.peek(len(_GZIP_MAGIC))[: len(_GZIP_MAGIC)] == _GZIP_MAGIC:
        file.close()  # a GzipFile closes only a file that it has opened itself
        return gzip.GzipFile(path)
    return file
