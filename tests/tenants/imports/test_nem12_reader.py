"""NEM12 files: gzip, byte order marks, other encodings, size limits, and what the report contains."""

import codecs
import gzip
from pathlib import Path

import pytest

from tenants.imports.files import FileLimits, FilePosition
from tenants.imports.nem12_reader import read_nem12_file
from tenants.imports.report import Report
from tests.support.nem12 import END, HEADER, datastream, day

LINES = [HEADER, datastream(), day([1] * 48), day([1] * 47), day([1] * 48), "", END, ""]
CONTENT = "\r\n".join(LINES).encode()
PROBLEM = "reads.csv:4: $: expected 48 values before the quality flag, found 47"


def found(tmp_path: Path, content: bytes, limits: FileLimits | None = None) -> tuple[list[int], list[str], list[str]]:
    """The lines of the days, the problems and the fixes."""
    path = tmp_path / "reads.csv"
    path.write_bytes(content)
    report = Report()
    days = [read.line for read in read_nem12_file(path, report, limits)]
    return days, [str(problem) for problem in report.problems], [str(fix) for fix in report.fixes]


@pytest.mark.parametrize(
    "content", [CONTENT, gzip.compress(CONTENT), codecs.BOM_UTF8 + CONTENT, CONTENT.replace(b"\r", b"")]
)
def test_days_are_read_and_the_rest_is_in_the_report(tmp_path: Path, content: bytes) -> None:
    assert found(tmp_path, content) == ([3, 5], [PROBLEM], ["reads.csv:6: $: empty line"])


@pytest.mark.parametrize("content", [CONTENT, gzip.compress(CONTENT)])
def test_the_position_is_that_in_the_file_also_if_it_is_compressed(tmp_path: Path, content: bytes) -> None:
    path, position = tmp_path / "reads.csv", FilePosition()
    path.write_bytes(content)
    days = read_nem12_file(path, Report(), position=position)
    assert position.bytes_read == 0
    next(days)
    assert 0 < position.bytes_read <= len(content)
    assert len(list(days)) == 1
    assert position.bytes_read == len(content)


def test_a_file_in_utf_16_is_not_read(tmp_path: Path) -> None:
    days, problems, fixes = found(tmp_path, CONTENT.decode().encode("utf-16"))
    assert (days, fixes) == ([], [])
    assert problems == ["reads.csv:1: $: the file is UTF-16 or UTF-32, and must be UTF-8; nothing is read"]


def test_a_file_is_read_up_to_its_maximum_size(tmp_path: Path) -> None:
    """The day whose 400 records may be in the rest of the file is read: its quality flag is not V."""
    begin = len("\r\n".join(LINES[:3])) + 2
    days, problems, fixes = found(tmp_path, CONTENT, FileLimits(file_bytes=begin))
    assert days == [3]
    assert problems == [f"reads.csv:4: $: the file is longer than {begin} bytes; the rest is not read"]
    assert fixes == ["reads.csv:3: $: the file ends without a 900 record; it may be incomplete"]


def test_a_truncated_gzip_file_is_read_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    _, problems, _ = found(tmp_path, gzip.compress(CONTENT)[:-12])
    assert "the file cannot be read from here on" in problems[-1]


def test_days_after_a_line_that_is_too_long_are_not_guessed(tmp_path: Path) -> None:
    """The long line may have had a 200 record in it."""
    lines = [HEADER, datastream(), day([1] * 48), "x" * 2000, day([1] * 48), datastream(), day([1] * 48), END, ""]
    days, problems, _ = found(tmp_path, "\n".join(lines).encode(), FileLimits(record_bytes=1000))
    assert days == [3, 7]
    assert problems == [
        "reads.csv:4: $: the line is longer than 1000 bytes",
        "reads.csv:5: $: the 300 record is not read: line 4 cannot be read and may have been a 200 record",
    ]
