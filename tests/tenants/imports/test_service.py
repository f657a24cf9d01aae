"""Loading records into a tenant: in batches, by reference, repeatedly."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from ops.demonstration.generator import generate
from tenants.accounts.models import HoldingRole
from tenants.accounts.tables import account, disclosure_option, holding, service_point, supply
from tenants.cds.resource_ids import AccountId
from tenants.imports.files import FileLimits
from tenants.imports.json_lines_reader import read_json_lines
from tenants.imports.located_record import LocatedRecord
from tenants.imports.records import (
    AccountRecord,
    CustomerRecord,
    HoldingRecord,
    ImportedOption,
    LoginRecord,
    RepresentationRecord,
)
from tenants.imports.report import FileLocation, Report
from tenants.imports.service import import_records, read_records
from tenants.parties.tables import customer, login, representation
from tenants.payloads.customer_detail_v2 import CommonCustomerDetailV2, CommonPersonDetailV2
from tenants.payloads.energy_account_detail_v4 import EnergyAccountDetailV4
from tests.support.import_files import file_content

TABLES = (account, service_point, supply, customer, holding, login, representation)


A_PERSON = CustomerRecord(
    reference="C-1",
    customer=CommonCustomerDetailV2(
        customerUType="person",
        person=CommonPersonDetailV2(
            lastName="Li", middleNames=[], phoneNumbers=[], emailAddresses=[], physicalAddresses=[]
        ),
    ),
)


class ClosedAccount(NamedTuple):
    """A closed account, which needs only its reference."""

    reference: str

    def record(self, option: ImportedOption | None = None) -> AccountRecord:
        closed = EnergyAccountDetailV4(accountId=AccountId(self.reference), openStatus="CLOSED", plans=[])
        return AccountRecord(account=closed, disclosure_option=option)


class Importer:
    """Imports into a tenant of its own, and counts what is there."""

    def __init__(self, database: Any, clock: Any, tenant: Any) -> None:
        self.database, self.now, self.namespace = database, clock.now(), tenant.namespace

    async def load(self, records: Iterable[LocatedRecord], **options: Any) -> Report:
        report = Report()
        await import_records(self.database, self.namespace, records, report, now=self.now, **options)
        return report

    async def counts(self) -> dict[str, int]:
        async with self.database.transaction(self.namespace) as tx:
            return {
                table.name: (await tx.execute(select(func.count()).select_from(table))).scalar_one() for table in TABLES
            }

    async def rows(self, statement: Any) -> list[Any]:
        async with self.database.transaction(self.namespace) as tx:
            return list(await tx.execute(statement))


@pytest.fixture
def importer(database: Any, clock: Any, tenant: Any) -> Importer:
    return Importer(database, clock, tenant)


def a_login(reference: str, identifier: str, email: str = "ann@people.test", **members: Any) -> LoginRecord:
    return LoginRecord(
        reference=reference, identifier=identifier, email=email, name="Ann Li", family_name="Li", **members
    )


def sourced(*records: Any) -> list[LocatedRecord]:
    return [LocatedRecord(FileLocation("test", number), record) for number, record in enumerate(records, start=1)]


async def test_loading_a_holder_twice_gives_the_same_rows(importer: Importer) -> None:
    report = await importer.load(generate("one"))
    first = await importer.counts()
    assert first == {
        "account": 30,
        "service_point": 30,
        "supply": 30,
        "customer": 15,
        "holding": 30,
        "login": 0,
        "representation": 0,
    }
    assert report.loaded == {"account": 30, "service_point": 30, "customer": 15, "holding": 30}
    assert report.problems == []
    await importer.load(generate("one"))
    assert await importer.counts() == first


async def test_a_later_record_replaces_the_earlier_one(importer: Importer) -> None:
    records = [record for record in generate("one") if isinstance(record.record, AccountRecord)]
    points = [record for record in generate("one") if not isinstance(record.record, HoldingRecord)]
    await importer.load(points)
    changed = msgspec.structs.replace(records[0].record.account, displayName="Beach house", plans=[])
    await importer.load(sourced(AccountRecord(account=changed)))
    [(name, summary)] = await importer.rows(
        select(account.c.display_name, account.c.summary).where(account.c.reference == changed.accountId.value)
    )
    assert (name, summary) == ("Beach house", [])
    assert (await importer.counts())["supply"] == 29


async def test_a_record_that_refers_to_an_unknown_record_is_reported_and_not_loaded(importer: Importer) -> None:
    whole = [each.record for each in generate("one")]
    lonely = next(each for each in whole if isinstance(each, AccountRecord))
    report = await importer.load(
        sourced(
            lonely,
            HoldingRecord(customer="nobody", account="nothing", role="holder", valid_from=importer.now.date()),
            RepresentationRecord(login="nobody", customer="nobody", role="self"),
            a_login("P-1", " Ann@People.TEST "),
        )
    )
    assert [(problem.location.line, problem.reason.partition(" '")[0]) for problem in report.problems] == [
        (1, "refers to the service point"),
        (2, "refers to the customer"),
        (3, "refers to the login"),
    ]
    assert report.loaded == {"login": 1}
    assert await importer.rows(select(login.c.identifier)) == [("ann@people.test",)]


async def test_an_import_sets_a_disclosure_option_once_and_does_not_change_it(importer: Importer) -> None:
    """An account holder or the retailer may have changed it since, so an import does not change a stored option."""
    bare, stopped = ClosedAccount("A-1"), ClosedAccount("A-2")
    report = await importer.load(sourced(bare.record(), stopped.record("no-disclosure")))
    assert report.problems == []
    options = select(account.c.reference, disclosure_option.c.option, disclosure_option.c.set_by).join(
        account, account.c.id == disclosure_option.c.account_id
    )
    first = [("A-2", "no-disclosure", "import")]
    assert await importer.rows(options) == first
    assert (await importer.load(sourced(stopped.record(), stopped.record("no-disclosure")))).problems == []
    report = await importer.load(sourced(stopped.record("pre-approval")))
    assert [problem.reason for problem in report.problems] == [
        "the disclosure option is already 'no-disclosure'; an import cannot change it"
    ]
    assert report.loaded == {"account": 1}
    assert await importer.rows(options) == first
    await importer.load(sourced(bare.record("pre-approval")))
    assert sorted(await importer.rows(options)) == [("A-1", "pre-approval", "import"), *first]


async def test_the_second_disclosure_option_for_an_account_in_a_batch_is_reported(importer: Importer) -> None:
    both = ClosedAccount("A-1")
    report = await importer.load(sourced(both.record("no-disclosure"), both.record("pre-approval")))
    assert [problem.location.line for problem in report.problems] == [2]
    assert await importer.rows(select(disclosure_option.c.option)) == [("no-disclosure",)]


async def test_a_holding_period_replaces_only_the_periods_that_it_overlaps(importer: Importer) -> None:
    await importer.load(sourced(A_PERSON, ClosedAccount("A-1").record()))

    def held(first: str, last: str | None = None, role: HoldingRole = "holder") -> HoldingRecord:
        return HoldingRecord(
            customer="C-1",
            account="A-1",
            role=role,
            valid_from=date.fromisoformat(first),
            valid_to=None if last is None else date.fromisoformat(last),
        )

    async def periods() -> list[tuple[str, str | None, str]]:
        query = select(holding.c.valid_from, holding.c.valid_to, holding.c.role).order_by(holding.c.valid_from)
        return [(str(first), last and str(last), role) for first, last, role in await importer.rows(query)]

    await importer.load(sourced(held("2015-01-01", "2016-01-01"), held("2020-01-01")))
    assert await periods() == [("2015-01-01", "2016-01-01", "holder"), ("2020-01-01", None, "holder")]
    await importer.load(sourced(held("2020-01-01", role="joint-holder")))
    assert await periods() == [("2015-01-01", "2016-01-01", "holder"), ("2020-01-01", None, "joint-holder")]
    await importer.load(sourced(held("2021-01-01", "2022-01-01")))
    assert await periods() == [("2015-01-01", "2016-01-01", "holder"), ("2021-01-01", "2022-01-01", "holder")]
    await importer.load(sourced(held("2022-01-02"), held("2016-01-01", "2016-06-01"), held("2022-02-01")))
    assert await periods() == [
        ("2016-01-01", "2016-06-01", "holder"),
        ("2021-01-01", "2022-01-01", "holder"),
        ("2022-02-01", None, "holder"),
    ]


async def test_a_login_can_be_self_for_only_one_customer(importer: Importer) -> None:
    another = msgspec.structs.replace(A_PERSON, reference="C-2")
    person = a_login("P-1", "ann@people.test")
    acts = [RepresentationRecord(login="P-1", customer=name, role="self") for name in ("C-1", "C-2")]
    report = await importer.load(sourced(A_PERSON, another, person, *acts))
    assert [str(problem) for problem in report.problems] == [
        "test:5: $: the login 'P-1' is already `self` for another customer"
    ]
    assert (await importer.load(sourced(acts[0]))).problems == []
    assert len((await importer.load(sourced(acts[1]))).problems) == 1
    customers = await importer.rows(select(customer.c.reference).join(representation))
    assert customers == [("C-1",)]


async def test_a_batch_may_refer_to_records_of_an_earlier_one(importer: Importer) -> None:
    progress: list[int] = []
    records = [each for number in range(6) for each in generate(f"many-{number}")]
    report = await importer.load(records, progress=progress.append)
    assert report.problems == []
    assert progress == [500, 130]


async def test_a_batch_that_fails_is_rolled_back(importer: Importer) -> None:
    good = next(generate("one"))
    bad = msgspec.structs.replace(good.record, reference="x\x00y")
    with pytest.raises(DBAPIError, match="0x00"):
        await importer.load([good, LocatedRecord(FileLocation("test", 2), bad)])
    assert (await importer.counts())["customer"] == 0


async def test_records_above_the_limit_are_not_read(importer: Importer) -> None:
    report = await importer.load(generate("one"), limits=FileLimits(records=7))
    assert sum(report.loaded.values()) <= 7
    assert report.problems[-1].reason == "the file has more than 7 records; the rest is not read"


async def test_generated_records_are_the_same_after_writing_and_reading(importer: Importer, tmp_path: Path) -> None:
    path = tmp_path / "holder.jsonl"
    path.write_bytes(file_content(generate("one")))
    report = Report()
    again = [each.record for each in read_json_lines(path, report)]
    assert again == [each.record for each in generate("one")]
    await importer.load(read_records(path, "lines", report))
    assert (await importer.counts())["account"] == 30
