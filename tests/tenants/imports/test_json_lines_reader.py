"""Reading JSON Lines: good records are yielded, bad ones reported by line and path."""

import codecs
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tenants.imports.files import MEBIBYTE, FileLimits
from tenants.imports.json_lines_reader import read_json_lines
from tenants.imports.report import Report

LOGIN = b'{"kind":"login","reference":"p","identifier":"a","name":"A B","familyName":"B","email":"a@people.test"}\n'
HOLDING = b'{"kind":"holding","customer":"c","account":"a","role":"holder","validFrom":"2023-02-01"}\n'
CLOSED = b'{"kind":"account","account":{"accountId":"A-%d","openStatus":"CLOSED","plans":[]}}\n'


def found(path: Path, limits: FileLimits | None = None) -> tuple[list[int], list[str]]:
    """The lines of the good records, and what was reported without the file's name."""
    report = Report()
    good = [place.line for place, _ in read_json_lines(path, report, limits)]
    assert report.problem_count == len(report.problems)
    return good, [str(problem).partition(":")[2] for problem in report.problems]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"not json\n", "$: not JSON"),
        (b'{"kind":"login"\n', "$: not JSON"),
        (b'{"kind":"login","identifier":"\xff"}\n', "$: not UTF-8 at byte 31"),
        (b'{"kind":"login","identifier":"a\\u0000"}\n', "$: contains the character U+0000"),
        (b'{"kind":"login","identifier":"a\\ud800"}\n', "$: not JSON"),
        (b'{"kind":"what"}\n', "$.kind: Invalid value 'what'"),
        (b"[]\n", "$: Expected `object`, got `array`"),
        (
            b'{"kind":"login","reference":"p","identifier":"a","name":"A","familyName":"B"}\n',
            "one of `email` and `mobile` is mandatory",
        ),
        (LOGIN.replace(b"a@people.test", b"nowhere"), "$.email: not of the form: RFC 5322 addr-spec"),
        (LOGIN.replace(b'"name"', b'"nome"'), "unknown field `nome`"),
        (CLOSED.replace(b"CLOSED", b"SHUT") % 1, "$.account.openStatus: Invalid enum value 'SHUT'"),
        (HOLDING.replace(b"02-01", b"02-29"), "$.validFrom: Invalid RFC3339 encoded date"),
        (HOLDING.replace(b"}", b',"validTo":"2023-01-31"}'), "`validTo` is before `validFrom`"),
        (b"[" * 100_000 + b"\n", "$: "),
    ],
)
def test_a_bad_line_is_reported_and_the_others_are_read(tmp_path: Path, line: bytes, problem: str) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes(LOGIN + line + b"\n" + LOGIN)
    good, problems = found(path)
    assert good == [1, 4]
    [reported] = problems
    assert reported.startswith("2: ")
    assert problem in reported


RATE: dict[str, Any] = {"displayName": "Rate", "rates": [{"unitPrice": "0.30"}]}
CONTRACT: dict[str, Any] = {
    "pricingModel": "SINGLE_RATE",
    "isFixed": True,
    "paymentOption": ["BPAY"],
    "tariffPeriod": [],
}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        (
            "tariffPeriod",
            {
                "displayName": "All year",
                "startDate": "01-01",
                "endDate": "12-31",
                "rateBlockUType": "singleRate",
                "singleRate": RATE,
                "demandCharges": [],
            },
        ),
        (
            "controlledLoad",
            {"displayName": "Load", "rateBlockUType": "singleRate", "singleRate": RATE, "timeOfUseRates": []},
        ),
        (
            "discounts",
            {
                "displayName": "Early",
                "type": "OTHER",
                "methodUType": "percentOfBill",
                "percentOfBill": {"rate": "0.1"},
                "fixedAmount": {"amount": "1.00"},
            },
        ),
        (
            "solarFeedInTariff",
            {
                "displayName": "Solar",
                "scheme": "OTHER",
                "payerType": "RETAILER",
                "tariffUType": "singleTariff",
                "singleTariff": {"rates": RATE["rates"]},
                "timeVaryingTariffs": [],
            },
        ),
    ],
)
def test_a_plan_with_two_members_of_a_union_is_refused_with_its_path(
    tmp_path: Path, member: str, value: dict[str, Any]
) -> None:
    detail = {"fuelType": "ELECTRICITY", "electricityContract": {**CONTRACT, member: [value]}}
    plans = [{"servicePointIds": [], "planDetail": detail}]
    account = {"kind": "account", "account": {"accountId": "A", "openStatus": "CLOSED", "plans": plans}}
    path = tmp_path / "file.jsonl"
    path.write_bytes(json.dumps(account).encode() + b"\n" + LOGIN)
    good, [problem] = found(path)
    assert good == [2]
    where = f"1: $.account.plans[0].planDetail.electricityContract.{member}[0]."
    assert problem.startswith(where), problem
    assert problem.endswith("exclude each other"), problem


@pytest.mark.parametrize("mobile", ["+61491570006", "+61400000001", "+6421123456", "+12025550123"])
def test_a_mobile_number_is_accepted(tmp_path: Path, mobile: str) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes(LOGIN.replace(b'"email":"a@people.test"', f'"mobile":"{mobile}"'.encode()))
    assert found(path) == ([1], [])


@pytest.mark.parametrize(
    "mobile",
    [
        "+6141234567",  # too short
        "+614123456789",  # too long
        "+610412345678",  # with the digit that is dialled only within the country
        "+61000000000",
        "+61299998888",  # a landline in Sydney
        "+611800123456",  # free of charge for the caller
        "+999123456789",  # no country
        "+80012345678",  # no country
    ],
)
def test_a_number_that_cannot_be_a_mobile_number_is_refused_with_its_path(tmp_path: Path, mobile: str) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes(LOGIN + LOGIN.replace(b"}", f',"mobile":"{mobile}"}}'.encode()))
    assert found(path) == ([1], ["2: $.mobile: `mobile` cannot be a mobile number of its country"])


def test_a_gzip_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl.gz"
    path.write_bytes(gzip.compress(LOGIN * 3))
    assert found(path) == ([1, 2, 3], [])


def test_a_truncated_last_line_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes(LOGIN + LOGIN[:-20])
    good, problems = found(path)
    assert good == [1]
    assert problems[0].startswith("2: $: not JSON")


def test_a_truncated_archive_is_read_as_far_as_possible(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl.gz"
    whole = gzip.compress(b"".join(CLOSED % number for number in range(20_000)))
    path.write_bytes(whole[: len(whole) // 2])
    good, problems = found(path)
    assert len(good) > 1_000
    assert "the file cannot be read from here on" in problems[-1]


def test_a_file_that_begins_like_gzip_but_is_not_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl.gz"
    path.write_bytes(b"\x1f\x8bnothing of the kind")
    good, problems = found(path)
    assert good == []
    assert problems[0].startswith("1: $: the file cannot be read from here on")


@pytest.mark.parametrize("data", [b"", b"\n \n"])
def test_an_empty_file_is_read_without_a_problem(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes(data)
    assert found(path) == ([], [])


def test_a_line_or_file_above_the_size_limit_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes(LOGIN + b" " * 500 + b"\n" + LOGIN + LOGIN * 10)
    good, problems = found(path, FileLimits(file_bytes=1000, record_bytes=200))
    assert good[:2] == [1, 3]
    assert problems[0] == "2: $: the line is longer than 200 bytes"
    assert "the file is longer than 1000 bytes; the rest is not read" in problems[1]
    assert len(good) < 12


@pytest.mark.parametrize("compressed", [False, True])
def test_lines_after_a_byte_order_mark_are_read(tmp_path: Path, *, compressed: bool) -> None:
    path = tmp_path / "file.jsonl"
    content = (codecs.BOM_UTF8 + LOGIN) * 2  # two files one after another
    content += codecs.BOM_UTF8 * 2 + LOGIN  # a second program added a mark to a file that had one
    path.write_bytes(gzip.compress(content) if compressed else content)
    assert found(path) == ([1, 2, 3], [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_another_encoding_is_reported_once_and_nothing_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes((LOGIN * 20).decode().encode(encoding))
    problem = "1: $: the file is UTF-16 or UTF-32, and must be UTF-8; nothing is read"
    assert found(path) == ([], [problem])


@pytest.mark.parametrize("end", [b"", b"\n" + LOGIN])
def test_a_very_long_compressed_line_is_read_only_up_to_the_limit(
    tmp_path: Path, end: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.jsonl.gz"
    path.write_bytes(gzip.compress(LOGIN + b" " * 64 * MEBIBYTE + end))
    sizes: list[int] = []
    original = gzip.GzipFile.readline

    def readline(file: gzip.GzipFile, size: int | None = -1) -> bytes:
        line = original(file, size)
        sizes.append(len(line))
        return line

    monkeypatch.setattr(gzip.GzipFile, "readline", readline)
    good, problems = found(path, FileLimits(file_bytes=MEBIBYTE, record_bytes=1000))
    assert good == [1]
    assert problems == [f"2: $: the file is longer than {MEBIBYTE} bytes; the rest is not read"]
    assert sum(sizes) <= MEBIBYTE + 1001
