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


INVOICE = {
    "accountId": "account-1",
    "balanceAtIssue": "",
    "invoiceNumber": "252608040",
    "invoiceAmount": "209.40",
    "issueDate": "2026-05-03T04:05:46.689Z",
    "dueDate": "2026-06-12T00:00:00.000Z",
    "paymentStatus": "PAID",
    "servicePoints": [dsb.NMI, "99999999999", dsb.POINT],
    "payOnTimeDiscount": {"discountAmount": "6.30", "date": "2025-09-25T00:00:00.000Z"},
    "electricity": {
        "totalUsageCharges": "146.26",
        "totalGenerationCredits": "0.00",
        "totalOnceOffCharges": "0.00",
        "totalOnceOffDiscounts": "0.00",
    },
}
DSB_PERIOD = {"startDate": "2026-04-05T00:00:00.000Z", "endDate": "2026-04-09T23:57:17.248Z"}
EXECUTED = {"accountId": "account-1", "executionDateTime": "2026-05-03T04:05:46.689Z"}


def a_charge(kind: str, **members: Any) -> dict[str, Any]:
    return {**EXECUTED, "transactionUType": kind, kind: {"amount": "1.00", "description": "One", **members}}


def read_bills(path: Path, **beside: Any) -> tuple[list[Any], set[tuple[str, str]], Report]:
    """Return the records of bills, the fixes of the account's data with their paths, and the report."""
    account = dsb.account(1, []) | beside
    records, report = read(path, dsb.text([dsb.customer(1, account)]))
    fixes = {(fix.location.path.rpartition("accounts[0].")[2], fix.reason) for fix in report.fixes}
    return [record for record in records if isinstance(record, ResourceRecord)][1:], fixes, report


def test_invoices_are_read_with_their_fixes(path: Path) -> None:
    invoices = [INVOICE | {"period": DSB_PERIOD}, INVOICE | {"invoiceNumber": "2", "balanceAtIssue": "0.50"}]
    records, fixes, report = read_bills(path, invoices=invoices)
    assert report.problems == []
    assert [(record.reference, record.owner) for record in records] == [("0", "account-1"), ("1", "account-1")]
    first, second = (record.invoice for record in records)
    assert [str(day) for day in (first.issueDate, first.dueDate, first.payOnTimeDiscount.date)] == [
        "2026-05-03",
        "2026-06-12",
        "2025-09-25",
    ]
    assert (str(first.period.startDate), str(first.period.endDate)) == ("2026-04-05", "2026-04-09")
    assert str(second.period.startDate) == str(second.period.endDate) == "2026-05-03"
    assert (first.balanceAtIssue, second.balanceAtIssue) == ("209.40", "0.50")
    assert first.servicePoints == [ServicePointId(dsb.POINT)] * 2
    assert fixes >= {
        ("invoices[0].issueDate", "date-time replaced by its date"),
        ("invoices[1].payOnTimeDiscount.date", "date-time replaced by its date"),
        ("invoices[0].period.endDate", "date-time replaced by its date"),
        ("invoices", "empty balance at issue replaced by the amount of the invoice"),
        ("invoices", "missing period replaced by the day of issue"),
        ("invoices[0].servicePoints", "NMI replaced by the service point id (1)"),
        ("invoices[0].servicePoints", "removed the NMI of an unknown service point (1)"),
    }


def test_transactions_are_read_with_their_fixes(path: Path) -> None:
    transactions = [
        a_charge("otherCharges", startDate="2026-01-01T00:00:00.000Z", servicePointId=dsb.NMI),
        a_charge("onceOff", servicePointId="99999999999"),
        a_charge("onceOff", servicePointId=dsb.POINT),
        {**EXECUTED, "transactionUType": "payment", "payment": {"amount": "5.00", "method": "BPAY"}},
    ]
    records, fixes, report = read_bills(path, transactions=transactions)
    assert report.problems == []
    assert [record.reference for record in records] == ["0", "1", "2", "3"]
    other, unknown, known, payment = (record.transaction for record in records)
    assert str(other.otherCharges.startDate) == "2026-01-01"
    assert other.otherCharges.servicePointId == known.onceOff.servicePointId == ServicePointId(dsb.POINT)
    assert unknown.onceOff.servicePointId is None
    assert payment.executionDateTime.isoformat() == "2026-05-03T04:05:46.689000+00:00"
    assert fixes >= {
        ("transactions[0].otherCharges.startDate", "date-time replaced by its date"),
        ("transactions[0].otherCharges.servicePointId", "NMI replaced by the service point id (1)"),
        ("transactions[1].onceOff.servicePointId", "removed the NMI of an unknown service point (1)"),
    }
    assert not [path for path, _ in fixes if path.startswith("transactions[2]")]


def test_a_bad_bill_is_reported_with_its_path_and_costs_no_other(path: Path) -> None:
    invoices = [5, INVOICE | {"paymentStatus": "CANCELLED"}, INVOICE, INVOICE | {"accountId": "account-2"}]
    transactions = [a_charge("onceOff", amount="1"), a_charge("usage"), a_charge("onceOff")]
    records, _, report = read_bills(path, invoices=invoices, transactions=transactions)
    assert [(type(record).__name__, record.reference) for record in records] == [
        ("InvoiceRecord", "2"),
        ("TransactionRecord", "2"),
    ]
    assert [problem.location.path.rpartition("accounts[0].")[2] for problem in report.problems] == [
        "invoices[0]",
        "invoices[1].paymentStatus",
        "invoices[3]",
        "transactions[0].onceOff.amount",
        "transactions[1].usage",
    ]


@pytest.mark.parametrize("odd", [None, 5, {}, [None], [[]], [{"servicePoints": [[], 5]}], [{"usage": 5}]])
def test_malformed_bills_are_reported(path: Path, odd: Any) -> None:
    records, _, report = read_bills(path, invoices=odd, transactions=odd)
    assert records == []
    assert report.problem_count == 2


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
