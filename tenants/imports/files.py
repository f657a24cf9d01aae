"""Open import files, plain or compressed with gzip, up to a maximum size, and read them as far as they can be read."""

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import NamedTuple

from tenants.imports.report import FileLocation, Report

MEBIBYTE = 1024 * 1024
_MARKS = re.compile(rb"\A(?:\xef\xbb\xbf)+")
_GZIP_MAGIC = b"\x1f\x8b"
_READ_ERRORS = (EOFError, zlib.error, OSError)
_WIDE = "the file is UTF-16 or UTF-32, and must be UTF-8; nothing is read"


class FileLimits(NamedTuple):
    """The maximum size of one import. Bytes are counted after decompression."""

    file_bytes: int = 1024 * MEBIBYTE
    record_bytes: int = 4 * MEBIBYTE
    records: int = 2_000_000


class FilePosition:
    """How many bytes of a file have been read. Of a compressed file these are compressed bytes."""

    def __init__(self) -> None:
        """Start at the beginning of a file that is not open yet."""
        self._file: BufferedIOBase | None = None
        self._last = 0

    @property
    def bytes_read(self) -> int:
        """The number of bytes that were read from the file."""
        return self._last if self._file is None else self._file.tell()

    @contextmanager
    def of(self, file: BufferedIOBase) -> Iterator[None]:
        """Give the position of an open file, and the last position after the block."""
        self._file = file
        try:
            yield
        finally:
            self._file, self._last = None, file.tell()


def file_lines(
    path: Path, report: Report, limits: FileLimits, position: FilePosition | None = None
) -> Iterator[tuple[FileLocation, bytes]]:
    """Yield the lines of a file; report lines that are too long, and the line from which on the file is not readable.

    Byte order marks at the beginning of each line are removed, because a file can be several files joined together.
    `position` follows the reading.
    """
    number = total = 0
    try:
        with _opened(path, position) as file:
            while line := file.readline(limits.record_bytes + 1):
                number += 1
                location = FileLocation(path.name, number)
                if number == 1 and _is_wide(line):
                    report.add_problem(location, _WIDE)
                    return
                total += len(line)
                is_too_long = len(line) > limits.record_bytes
                while is_too_long and total <= limits.file_bytes and line and not line.endswith(b"\n"):
                    line = file.readline(limits.record_bytes)
                    total += len(line)
                if total > limits.file_bytes:
                    report.add_problem(location, _too_long(limits))
                    return
                if is_too_long:
                    report.add_problem(location, f"the line is longer than {limits.record_bytes} bytes")
                else:
                    yield location, _without_marks(line)
    except _READ_ERRORS as error:
        report.add_problem(FileLocation(path.name, number + 1), f"the file cannot be read from here on: {error}")


def file_content(path: Path, report: Report, limits: FileLimits, position: FilePosition | None = None) -> bytes | None:
    """Return the content of a file as far as it can be read; report the line at which reading stopped early.

    Byte order marks at the beginning are removed. Returns None if the file is UTF-16 or UTF-32, which is reported.
    `position` follows the reading.
    """
    data = bytearray()
    try:
        with _opened(path, position) as file:
            while chunk := file.read1(min(MEBIBYTE, limits.file_bytes + 1 - len(data))):
                data += chunk
                if len(data) > limits.file_bytes:
                    report.add_problem(FileLocation(path.name, data.count(b"\n") + 1), _too_long(limits))
                    break
    except _READ_ERRORS as error:
        report.add_problem(
            FileLocation(path.name, data.count(b"\n") + 1), f"the file cannot be read from here on: {error}"
        )
    if _is_wide(data):
        report.add_problem(FileLocation(path.name, 1), _WIDE)
        return None
    return _without_marks(bytes(data))


def _without_marks(text: bytes) -> bytes:
    """Return a text without the byte order marks at its beginning. There are two if two programs have added one."""
    return _MARKS.sub(b"", text)


def _is_wide(data: bytes | bytearray) -> bool:
    """Return whether a file that begins with `data` is UTF-16 or UTF-32. JSON begins with an ASCII character."""
    return data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data[:4]


def _too_long(limits: FileLimits) -> str:
    return f"the file is longer than {limits.file_bytes} bytes; the rest is not read"


@contextmanager
def _opened(path: Path, position: FilePosition | None = None) -> Iterator[BufferedIOBase]:
    """Open a file, and decompress it if it is compressed."""
    with path.open("rb") as file, (position or FilePosition()).of(file):
        if file.peek(len(_GZIP_MAGIC))[: len(_GZIP_MAGIC)] == _GZIP_MAGIC:
            with gzip.GzipFile(fileobj=file) as content:
                yield content
        else:
            yield file
