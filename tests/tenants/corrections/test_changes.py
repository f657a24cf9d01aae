"""Findings: an import changes data about the past that was disclosed before (K-37; decision 0044)."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import delete, insert

from haas.business_days import end_of_business_days
from tenants.accounts.internal_ids import internal_id, service_point_id
from tenants.calls.tables import disclosure_day
from tenants.corrections import store
from tenants.corrections.changes import BUSINESS_DAYS_TO_TELL
from tenants.corrections.tables import disclosure_finding
from tenants.imports.report import CHANGES
from tenants.registry.models import Tenant
from tests.support.import_files import FileImporter, a_transaction, an_invoice
from tests.support.nem12 import END, HEADER, NMI, datastream, day
from tests.support.rows import execute, run
from tests.support.usage import UsageFiles
from tests.tenants.imports.conftest import files
from tests.tenants.imports.test_bills import a_point, supplied_account

__all__ = ["files"]
BILLS, READS = "energy:billing:read", "energy:electricity.usage:read"
ACCOUNT, POINT = internal_id("account", "A1"), service_point_id(NMI)
MOMENT = "2026-01-31T23:30:00+10:00"
FIRST, LATER, LATEST = "20240202120025", "20240203120025", "20240204120025"
Found = tuple[str, UUID | None, UUID | None, date, date]


class Imports:
    """A tenant with an account and a service point, whose data is imported again and again."""

    def __init__(self, files: FileImporter, tenant: Tenant) -> None:
        self.files, self.tenant, self.database = files, tenant, files.database
        self.reads = UsageFiles(files.database, files.now, tenant, files.folder)

    async def disclose(self, cluster: str, **changes: Any) -> None:
        entry = {"id": uuid4(), "arrangement_id": uuid4(), "account_id": ACCOUNT, "cluster": cluster}
        day = {"day": self.files.now.date(), "calls": 1, "last_at": self.files.now}
        await execute(self.database, self.tenant, insert(disclosure_day).values({**entry, **day, **changes}))

    async def load(self, *records: Any) -> list[Found]:
        """Import records; return the findings, which the report counts, and forget them."""
        content = b"\n".join(map(msgspec.json.encode, records))
        problems, loaded = await self.files.report(content, file="again.jsonl", snapshot=False)
        assert problems == []
        return await self._findings(loaded.get(CHANGES, 0))

    async def load_days(self, *days: str) -> list[Found]:
        report = await self.reads.load(HEADER, datastream(), *days, END)
        assert report.problem_count == 0
        return await self._findings(report.loaded[CHANGES])

    async def _findings(self, reported: int) -> list[Found]:
        found = await run(self.database, self.tenant, store.findings, "open")
        due_at = end_of_business_days(self.files.now, BUSINESS_DAYS_TO_TELL, self.tenant.time_zone)
        assert {(each.found_at, each.due_at, each.decided_at) for each in found} <= {(self.files.now, due_at, None)}
        assert len({each.import_id for each in found}) <= 1
        assert reported == len(found)
        await execute(self.database, self.tenant, delete(disclosure_finding))
        return sorted(
            (each.resource, each.account_id, each.service_point_id, each.first_day, each.last_day) for each in found
        )


@pytest.fixture
async def imports(files: FileImporter, tenant: Tenant) -> Imports:
    assert await files.load(a_point("P1", NMI), supplied_account("A1", "P1"), supplied_account("A2")) == []
    return Imports(files, tenant)


async def test_changed_bills_are_found_only_if_they_were_disclosed_before(imports: Imports) -> None:
    """An equal item, a new one and its payment status are no change; nor is a balance, which is current."""
    bills = [
        an_invoice("A1", "1", "2026-01-05"),
        an_invoice("A1", "2", "2026-03-05"),
        an_invoice("A1", "3", "2026-06-05"),
        a_transaction("A1", "1", MOMENT),
        an_invoice("A2", "1", "2026-01-05"),
    ]
    assert await imports.load(*bills) == []
    changed = [
        an_invoice("A1", "1", "2026-01-05", balanceAtIssue="2.00"),
        an_invoice("A1", "2", "2026-03-07", balanceAtIssue="2.00"),
        {"kind": "remove-transaction", "account": "A1", "reference": "1"},
        an_invoice("A2", "1", "2026-01-05", balanceAtIssue="2.00"),
    ]
    await imports.disclose(READS)
    assert await imports.load(*changed, *bills) == []  # bills were not disclosed
    await imports.disclose(BILLS, day=date(2026, 4, 1))
    paid = [an_invoice("A1", "1", "2026-01-05", paymentStatus="PAID"), an_invoice("A1", "4", "2026-02-05")]
    balance = {"kind": "balance", "balance": {"accountId": "A1", "balance": "9.00"}}
    assert await imports.load(*bills[1:], *paid) == []
    assert await imports.load(balance) == []
    found = await imports.load(*changed, an_invoice("A1", "3", "2026-06-05", balanceAtIssue="2.00"))
    # Invoice 3 was issued after the last disclosure. The others are one finding of the import for each kind of data.
    assert found == [
        ("invoice", ACCOUNT, None, date(2026, 1, 5), date(2026, 3, 5)),
        ("transaction", ACCOUNT, None, date(2026, 1, 31), date(2026, 1, 31)),
    ]
    assert await imports.load(*changed) == []


async def test_replaced_days_of_a_service_point_are_one_finding_of_an_import(
    imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    values, others = [1] * 48, [2] * 48
    assert await imports.load_days(day(values), day(values, date="20240203"), day(values, date="20240209")) == []
    assert await imports.load_days(day(others, updated=LATER)) == []  # never disclosed
    await imports.disclose(BILLS)
    await imports.disclose(READS, account_id=internal_id("account", "A2"))
    assert await imports.load_days(day(values, updated=LATEST)) == []  # other data and another account were disclosed
    await imports.disclose(READS, day=date(2024, 2, 5))
    assert await imports.load_days(day(others, updated=FIRST)) == []  # an earlier version is not stored
    assert await imports.load_days(day(values, updated="20240205120025")) == []  # the same values
    assert await imports.load_days(day(others, date="20240204")) == []  # a new day
    newest = "20240301120025"
    again = [
        day(others, updated=newest),
        day(others, "S14", date="20240203", updated=newest),
        day(others, date="20240209", updated=newest),  # after the last disclosure
    ]
    expected = [("usage", None, POINT, date(2024, 2, 1), date(2024, 2, 3))]
    monkeypatch.setattr("tenants.imports.nem12_import.DAYS_AT_ONCE", 1)
    assert await imports._findings(0) == []
    report = await imports.reads.load(HEADER, datastream(), *again, END)
    assert report.loaded[CHANGES] == 2
    assert await imports._findings(1) == expected
    assert await imports.load_days(*again) == []
    await imports.disclose(READS, day=date(2024, 2, 6))
    quality_alone = day(others, "F14", date="20240203", updated="20240302120025")
    assert await imports.load_days(quality_alone) == [("usage", None, POINT, date(2024, 2, 3), date(2024, 2, 3))]
    read = {
        "servicePointId": "P1",
        "registerSuffix": "E1",
        "readStartDate": "2024-02-03",
        "unitOfMeasure": "KWH",
        "readUType": "intervalRead",
        "intervalRead": {"readIntervalLength": 30, "aggregateValue": 144, "intervalReads": [3] * 48},
    }
    record = {"kind": "usage", "read": read, "updatedAt": "2024-04-01T00:00:00Z"}
    assert await imports.load(record) == [("usage", None, POINT, date(2024, 2, 3), date(2024, 2, 3))]
