"""Reading a file of the Data Standards Body: fixes, resolved service points, bad records, damaged files."""

import codecs
import gzip
from pathlib import Path
from typing import Any

import pytest

from tenants.cds.resource_ids import ServicePointId
from tenants.imports.dsb_reader import read_dsb
from tenants.imports.files import FileLimits
from tenants.imports.records import (
    AccountRecord,
    CustomerRecord,
    HoldingRecord,
    Record,
    ResourceRecord,
    ServicePointRecord,
)
from tenants.imports.report import Report
from tests.support import dsb


def read(path: Path, text: str | bytes, holder: int = 0) -> tuple[list[Record], Report]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    report = Report()
    return [record for _, record in read_dsb(path, holder, report)], report


REGULAR = {"paymentFrequency": "P1M", "calculationType": "BALANCE"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dsb.json"


def test_a_customer_is_read_with_accounts_holdings_and_service_points(path: Path) -> None:
    text = dsb.text([dsb.customer(1, dsb.account(1, [dsb.NMI, "99999999999", dsb.POINT]))])
    records, report = read(path, text)
    point, customer, account, holding, balance = records
    assert isinstance(point, ServicePointRecord)
    assert isinstance(customer, CustomerRecord)
    assert isinstance(account, AccountRecord)
    assert isinstance(holding, HoldingRecord)
    assert isinstance(balance, ResourceRecord)
    assert customer.reference == holding.customer == "customer-1"
    assert account.account.plans[0].servicePointIds == [ServicePointId(dsb.POINT)] * 2
    assert str(holding.valid_from) == "2025-02-02"
    assert report.problems == []


def test_each_fix_is_reported_with_its_location(path: Path) -> None:
    _, report = read(path, dsb.text([dsb.customer(1, dsb.account(1, [dsb.NMI, "99999999999"]))]))
    reported = {(fix.location.path.rpartition("customers[0].")[2], fix.reason) for fix in report.fixes}
    plan = "energy.accounts[0].account.plans[0]"
    assert reported >= {
        ("customer.person.emailAddresses[0].address", "mail domain replaced by people.test"),
        ("energy.servicePoints[0].servicePoint.location.simple.state", "state written as its abbreviation"),
        ("energy.accounts[0].account.creationDate", "date-time replaced by its date"),
        (f"{plan}.planDetail.meteringCharges[0].minimumValue", "amount written with two decimal places"),
        (f"{plan}.servicePointIds", "NMI replaced by the service point id (1)"),
        (f"{plan}.servicePointIds", "removed the NMI of an unknown service point (1)"),
    }
    assert report.fix_count == len(report.fixes)


def test_the_data_of_an_account_is_read_with_its_fixes(path: Path) -> None:
    wallet = {"name": "Mine", "type": "EMAIL", "identifier": "li@real.test", "provider": "OTHER", **REGULAR}
    beside = {
        "paymentSchedule": [{"paymentScheduleUType": "digitalWallet", "amount": "5", "digitalWallet": wallet}],
        "concessions": [
            {"type": "VARIABLE", "displayName": "One", "additionalInfo": "a", "startDate": "2026-10-02T09:44:03.123Z"}
        ],
        "balance": "12.5",
    }
    records, report = read(path, dsb.text([dsb.customer(1, dsb.account(1, []) | beside)]))
    schedules, concessions, balance = (record for record in records if isinstance(record, ResourceRecord))
    assert {each.owner for each in (schedules, concessions, balance)} == {"account-1"}
    assert schedules.items[0].digitalWallet.identifier == "li@people.test"
    assert schedules.items[0].amount == "5.00"
    assert str(concessions.items[0].startDate) == "2026-10-02"
    assert balance.items[0].balance == "12.50"
    assert report.problems == []
    place = "energy.accounts[0]"
    reported = {fix.location.path.rpartition("customers[0].")[2] for fix in report.fixes}
    assert reported >= {
        f"{place}.paymentSchedules[0].digitalWallet.identifier",
        f"{place}.concessions[0].startDate",
        f"{place}.balance.balance",
    }


def test_bad_data_of_an_account_loses_nothing_else(path: Path) -> None:
    beside = {"paymentSchedule": {}, "concessions": [{"type": "OTHER"}], "balance": "1.00"}
    records, report = read(path, dsb.text([dsb.customer(1, dsb.account(1, []) | beside)]))
    assert [type(record).__name__ for record in records][-3:] == ["AccountRecord", "HoldingRecord", "BalanceRecord"]
    assert [problem.location.path.rpartition("accounts[0]")[2] for problem in report.problems] == [
        ".paymentSchedules",
        ".concessions[0].type",
    ]


def test_only_the_customers_of_the_named_holder_are_read(path: Path) -> None:
    text = dsb.text([dsb.customer(1)], [dsb.customer(2), dsb.customer(3)])
    for holder, expected in ((0, ["customer-1"]), (1, ["customer-2", "customer-3"])):
        records, report = read(path, text, holder)
        assert report.problems == []
        assert [each.reference for each in records if isinstance(each, CustomerRecord)] == expected


def test_a_bad_account_is_reported_and_the_others_are_read(path: Path) -> None:
    text = dsb.text([dsb.customer(1, dsb.account(1, [], openStatus="SHUT"), dsb.account(2, []))])
    records, report = read(path, text)
    assert [each.reference for each in records if isinstance(each, AccountRecord)] == ["account-2"]
    [problem] = report.problems
    assert problem.location.path.endswith("customers[0].energy.accounts[0].account.openStatus")
    assert problem.reason == "Invalid enum value 'SHUT'"
    assert text.splitlines()[problem.location.line - 1].strip() == "{"


def test_a_bad_customer_is_reported_and_left_out_with_their_accounts(path: Path) -> None:
    bad = dsb.customer(1, dsb.account(1, []))
    del bad["customer"]["person"]["lastName"]
    records, report = read(path, dsb.text([bad, dsb.customer(2, dsb.account(2, []))]))
    assert [each.reference for each in records if isinstance(each, AccountRecord)] == ["account-2"]
    assert [problem.reason for problem in report.problems] == ["Object missing required field `lastName`"]


@pytest.mark.parametrize("odd", [None, 5, "odd", {}, {"customerId": 1}])
def test_a_value_that_is_not_a_customer_is_reported(path: Path, odd: Any) -> None:
    records, report = read(path, dsb.text([odd, dsb.customer(2)]))
    assert len(records) == 2
    assert report.problems[0].reason == "not an object with a customerId"


@pytest.mark.parametrize("odd", [None, 5, {"accounts": 5, "servicePoints": [5]}, {"accounts": [{}, {"account": 5}]}])
def test_malformed_energy_data_are_ignored(path: Path, odd: Any) -> None:
    records, _ = read(path, dsb.text([dsb.customer(1) | {"energy": odd}]))
    assert [type(each) for each in records] == [CustomerRecord]


@pytest.mark.parametrize("bad", [b"\xff", b"\\u0000", b"\\ud800"])
def test_a_customer_with_invalid_characters_is_reported(path: Path, bad: bytes) -> None:
    whole = dsb.text([dsb.customer(1), dsb.customer(2)]).encode()
    records, report = read(path, whole.replace(b'"Ann"', b'"A' + bad + b'n"', 1))
    assert [each.reference for each in records if isinstance(each, CustomerRecord)] == ["customer-2"]
    assert report.problems[0].reason.startswith("not UTF-8")


def test_a_truncated_file_is_read_up_to_the_truncation(path: Path) -> None:
    whole = dsb.text([dsb.customer(number) for number in range(4)])
    records, report = read(path, whole[: whole.index("customer-3")])
    assert [each.reference for each in records if isinstance(each, CustomerRecord)] == [
        "customer-0",
        "customer-1",
        "customer-2",
    ]
    assert report.problems[0].reason.startswith("not JSON from here on")


def test_a_truncated_archive_is_read_up_to_the_truncation(path: Path) -> None:
    whole = gzip.compress(dsb.text([dsb.customer(number) for number in range(400)]).encode())
    records, report = read(path, whole[: len(whole) // 2])
    assert records
    assert [problem.reason.partition(" from here")[0] for problem in report.problems] == [
        "the file cannot be read",
        "not JSON",
    ]


def test_a_holder_that_is_not_in_the_file_is_reported(path: Path) -> None:
    records, report = read(path, dsb.text([dsb.customer(1)], []), holder=1)
    assert records == []
    assert [str(problem) for problem in report.problems] == [
        "dsb.json:1: $.holders[1]: the file has no customers of this holder"
    ]


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "{}", '{"holders": null}', '{"holders": [{"holder": {}}]}'])
def test_a_file_of_another_kind_gives_no_records_and_one_problem(path: Path, text: str) -> None:
    records, report = read(path, text)
    assert records == []
    assert report.problem_count == 1


@pytest.mark.parametrize("compressed", [False, True])
def test_a_byte_order_mark_is_ignored(path: Path, *, compressed: bool) -> None:
    content = codecs.BOM_UTF8 * 2 + dsb.text([dsb.customer(1)]).encode()  # two programs have added a mark
    records, report = read(path, gzip.compress(content) if compressed else content)
    assert len(records) == 2
    assert report.problems == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_another_encoding_is_reported_once_and_nothing_is_read(path: Path, encoding: str) -> None:
    records, report = read(path, dsb.text([dsb.customer(1), dsb.customer(2)]).encode(encoding))
    assert records == []
    assert [str(problem) for problem in report.problems] == [
        "dsb.json:1: $: the file is UTF-16 or UTF-32, and must be UTF-8; nothing is read"
    ]


def test_the_limit_of_a_file_counts_bytes_after_decompression(path: Path) -> None:
    content = dsb.text([dsb.customer(number) for number in range(400)]).encode()
    path.write_bytes(gzip.compress(content))
    assert path.stat().st_size < 20_000 < len(content)
    report = Report()
    records = list(read_dsb(path, 0, report, FileLimits(file_bytes=20_000)))
    assert 0 < len(records) < 400
    assert report.problems[0].reason == "the file is longer than 20000 bytes; the rest is not read"
