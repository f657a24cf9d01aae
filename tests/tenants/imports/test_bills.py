"""Records of invoices and billing transactions, one record for each."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from tenants.accounts.internal_ids import service_point_id
from tenants.registry.models import Tenant
from tenants.sources.tables import billing_transaction, invoice
from tests.support.import_files import FileImporter, a_transaction, an_account, an_invoice
from tests.support.rows import count, execute

NMI, OTHER_NMI = "41030000011", "41030000029"
MOMENT = "2026-01-31T09:30:00+10:00"
USAGE = {
    "timeOfUseType": "ALL_DAY",
    "startDate": "2026-01-01T00:00:00+10:00",
    "endDate": "2026-02-01T00:00:00+10:00",
    "usage": -12.5,
    "amount": "-0.75",
    "calculationFactors": [{"value": 1.0523, "type": "DLF"}, {"value": 1, "type": "MLF"}],
    "adjustments": [{"amount": "0.10", "description": "Rounding"}],
}


def a_point(reference: str, nmi: str) -> dict[str, Any]:
    point = {
        "servicePointId": reference,
        "nationalMeteringId": nmi,
        "servicePointClassification": "SMALL",
        "servicePointStatus": "ACTIVE",
        "jurisdictionCode": "NEM",
        "validFromDate": "2020-01-01",
        "lastUpdateDateTime": "2026-01-01T00:00:00Z",
        "distributionLossFactor": {"code": "A", "description": "B", "lossValue": "1.0"},
        "relatedParticipants": [],
        "location": {
            "addressUType": "simple",
            "simple": {"addressLine1": "1 A St", "city": "B", "state": "VIC", "postcode": "3000"},
        },
    }
    return {"kind": "service-point", "servicePoint": point}


def supplied_account(reference: str, *points: str) -> dict[str, Any]:
    account = an_account(reference)
    account["account"]["plans"] = [
        {"servicePointIds": points, "planOverview": {"displayName": "Plan", "startDate": "2020-01-01"}}
    ]
    return account


async def details(files: FileImporter, tenant: Tenant, table: Any) -> dict[str, Any]:
    """Return the stored items of the only account, by their references."""
    return dict(await execute(files.database, tenant, select(table.c.reference, table.c.detail)))


async def test_an_invoice_that_is_cancelled_and_reissued_is_stored_once(files: FileImporter, tenant: Tenant) -> None:
    """C-B3, C-D17: the standards have no status for a cancelled invoice, so the retailer removes it."""
    first = an_invoice("A-1", "1", "2026-01-31", invoiceNumber="1001")
    assert await files.load(an_account("A-1"), first, an_invoice("A-1", "2")) == []
    reissued = an_invoice("A-1", "1b", "2026-02-02", invoiceNumber="1001-B")
    cancelled = {"kind": "remove-invoice", "account": "A-1", "reference": "1"}
    assert await files.load(cancelled, reissued) == []
    stored = await details(files, tenant, invoice)
    assert {reference: each["invoiceNumber"] for reference, each in stored.items()} == {"2": "No. 2", "1b": "1001-B"}
    corrected = an_invoice("A-1", "1b", "2026-02-02", paymentStatus="PAID", invoiceNumber="1001-B")
    assert await files.load(corrected) == []
    assert (await details(files, tenant, invoice))["1b"]["paymentStatus"] == "PAID"
    assert await count(files.database, tenant, invoice) == 2


async def test_a_moment_is_stored_as_an_instant_and_kept_as_it_was_delivered(
    files: FileImporter, tenant: Tenant
) -> None:
    """C-B8: with the offset of the retailer."""
    moments = {"1": "2026-01-31T09:30:00+10:00", "2": "2026-01-30T23:30:00Z", "3": "2026-01-31T10:30:00.500+11:00"}
    records = [a_transaction("A-1", reference, moment) for reference, moment in moments.items()]
    assert await files.load(an_account("A-1"), *records) == []
    columns = billing_transaction.c
    stored = await execute(
        files.database, tenant, select(columns.reference, columns.execution_date_time).order_by(columns.reference)
    )
    instant = datetime(2026, 1, 30, 23, 30, tzinfo=UTC)
    assert [tuple(row) for row in stored] == [
        ("1", instant),
        ("2", instant),
        ("3", instant.replace(microsecond=500_000)),
    ]
    delivered = {
        key: each["executionDateTime"] for key, each in (await details(files, tenant, billing_transaction)).items()
    }
    assert delivered == {"1": moments["1"], "2": moments["2"], "3": "2026-01-31T10:30:00.500000+11:00"}


async def test_what_a_large_customer_needs_is_kept(files: FileImporter, tenant: Tenant) -> None:
    """C-B2, C-D22: factors and adjustments are not folded into the amount, and numbers keep their form."""
    demand = {name: value for name, value in USAGE.items() if name != "usage"} | {"rate": 7, "measureUnit": "KW"}
    other = {name: USAGE[name] for name in ("amount", "calculationFactors", "adjustments")} | {"description": "Network"}
    given = {"usage": USAGE, "demand": demand, "otherCharges": other}
    records = [
        a_transaction("A-1", kind, MOMENT, transactionUType=kind, **{kind: charge}) for kind, charge in given.items()
    ]
    assert await files.load(an_account("A-1"), *records) == []
    stored = await details(files, tenant, billing_transaction)
    assert {kind: each[kind] for kind, each in stored.items()} == given


async def test_the_service_points_of_bills_are_internal_ids_and_follow_a_corrected_nmi(
    files: FileImporter, tenant: Tenant
) -> None:
    """C-I5: the same service point as in the plans of the account."""
    bill = an_invoice("A-1", "1", servicePoints=["SP-1"])
    usage = a_transaction("A-1", "1", MOMENT, transactionUType="usage", usage={**USAGE, "servicePointId": "SP-1"})
    assert await files.load(a_point("SP-1", NMI), supplied_account("A-1", "SP-1"), bill, usage) == []
    for nmi in (NMI, OTHER_NMI):
        assert await files.load(a_point("SP-1", nmi)) == []
        expected = str(service_point_id(nmi))
        assert (await details(files, tenant, invoice))["1"]["servicePoints"] == [expected]
        assert (await details(files, tenant, billing_transaction))["1"]["usage"]["servicePointId"] == expected


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (an_invoice("A-1", "1", servicePoints=["SP-9"]), "$: refers to the service point 'SP-9', which is not loaded"),
        (an_invoice("A-9", "1"), "$: refers to the account 'A-9', which is not loaded"),
        (an_invoice("A-1", "1", balanceAtIssue="1"), "$.invoice.balanceAtIssue: not of the form: AmountString"),
        (an_invoice("A-1", "1", issueDate="2026-02-30"), "$.invoice.issueDate: Invalid RFC3339 encoded date"),
        (an_invoice("A-1", "x" * 201), "$.reference: Expected `str` of length <= 200"),
        (
            a_transaction("A-1", "1", MOMENT, transactionUType="demand", usage=USAGE),
            "$.transaction.demand: `demand` is mandatory here",
        ),
        (
            a_transaction("A-1", "1", "9999-12-31T23:59:59-10:00"),
            "$.transaction.executionDateTime: `executionDateTime` is not in the years 1 to 9999 of UTC",
        ),
        (
            a_transaction("A-1", "1", MOMENT, transactionUType="usage", usage={**USAGE, "usage": 1e300}),
            "$.transaction.usage.usage: Expected `float` <= 1000000000000000.0",
        ),
        ({"kind": "remove-transaction", "account": "A-1"}, "$: Object missing required field `reference`"),
    ],
)
async def test_a_record_that_cannot_be_stored_is_reported_and_costs_no_other(
    files: FileImporter, tenant: Tenant, record: dict[str, Any], problem: str
) -> None:
    [reported] = await files.load(an_account("A-1"), record, an_invoice("A-1", "other"))
    assert reported == f"first.jsonl:2: {problem}"
    assert await count(files.database, tenant, invoice) == 1


async def test_thousands_of_transactions_of_one_account_can_be_imported_again(
    files: FileImporter, tenant: Tenant
) -> None:
    records = [a_transaction("A-1", str(number), MOMENT) for number in range(3_000)]
    content = b"\n".join(map(msgspec.json.encode, [an_account("A-1"), *records]))
    for _ in range(2):
        problems, loaded = await files.report(content, file="first.jsonl", snapshot=False)
        assert (problems, loaded["billing_transaction"]) == ([], 3_000)
    assert await count(files.database, tenant, billing_transaction) == 3_000
