"""Loading into a tenant: in bulk, by reference, again and again, without what names nothing."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from ops.demonstration.generator import generate
from tenants.accounts.tables import account, holding, service_point, supply
from tenants.imports.files import Limits
from tenants.imports.lines_reader import read_lines
from tenants.imports.records import AccountRecord, HoldingRecord, LoginRecord, RepresentationRecord
from tenants.imports.report import Place, Report
from tenants.imports.service import import_records, read
from tenants.imports.sourced import Sourced
from tenants.parties.tables import customer, login, representation

TABLES = (account, service_point, supply, customer, holding, login, representation)


class Importer:
    """Imports into a tenant of its own, and counts what is there."""

    def __init__(self, database: Any, clock: Any, tenant: Any) -> None:
        self.database, self.now, self.namespace = database, clock.now(), tenant.namespace

    async def load(self, records: Iterable[Sourced], **options: Any) -> Report:
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


def sourced(*records: Any) -> list[Sourced]:
    return [Sourced(Place("test", number), record) for number, record in enumerate(records, start=1)]


async def test_everything_of_a_holder_and_again(importer: Importer) -> None:
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


async def test_a_later_record_changes_the_earlier_one(importer: Importer) -> None:
    records = [record for record in generate("one") if isinstance(record.record, AccountRecord)]
    points = [record for record in generate("one") if not isinstance(record.record, HoldingRecord)]
    await importer.load(points)
    changed = msgspec.structs.replace(records[0].record.account, displayName="Beach house", plans=[])
    await importer.load(sourced(AccountRecord(account=changed)))
    [(name, summary)] = await importer.rows(
        select(account.c.display_name, account.c.summary).where(account.c.reference == changed.accountId)
    )
    assert (name, summary) == ("Beach house", [])
    assert (await importer.counts())["supply"] == 29


async def test_what_names_nothing_is_reported_and_not_loaded(importer: Importer) -> None:
    whole = [each.record for each in generate("one")]
    lonely = next(each for each in whole if isinstance(each, AccountRecord))
    report = await importer.load(
        sourced(
            lonely,
            HoldingRecord(customer="nobody", account="nothing", role="holder", valid_from=importer.now.date()),
            RepresentationRecord(login="nobody", customer="nobody", role="self"),
            LoginRecord(identifier=" Ann@People.TEST ", email="ann@people.test", name="Ann Li", family_name="Li"),
        )
    )
    assert [(problem.place.line, problem.reason.partition(" '")[0]) for problem in report.problems] == [
        (1, "names the service point"),
        (2, "names the customer"),
        (3, "names the login"),
    ]
    assert report.loaded == {"login": 1}
    assert await importer.rows(select(login.c.identifier)) == [("ann@people.test",)]


async def test_a_batch_may_name_what_an_earlier_one_brought(importer: Importer) -> None:
    progress: list[int] = []
    records = [each for number in range(6) for each in generate(f"many-{number}")]
    report = await importer.load(records, progress=progress.append)
    assert report.problems == []
    assert progress == [500, 130]


async def test_a_failing_batch_leaves_nothing_of_itself(importer: Importer) -> None:
    good = next(generate("one"))
    bad = msgspec.structs.replace(good.record, reference="x\x00y")
    with pytest.raises(DBAPIError, match="0x00"):
        await importer.load([good, Sourced(Place("test", 2), bad)])
    assert (await importer.counts())["customer"] == 0


async def test_the_limit_of_records(importer: Importer) -> None:
    report = await importer.load(generate("one"), limits=Limits(records=7))
    assert sum(report.loaded.values()) <= 7
    assert report.problems[-1].reason == "the file has more than 7 records; the rest is not read"


async def test_our_own_format_goes_round(importer: Importer, tmp_path: Path) -> None:
    path = tmp_path / "holder.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(each.record) + b"\n" for each in generate("one")))
    report = Report()
    again = [each.record for each in read_lines(path, report)]
    assert again == [each.record for each in generate("one")]
    await importer.load(read(path, "lines", report))
    assert (await importer.counts())["account"] == 30
