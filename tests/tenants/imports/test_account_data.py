"""Records of the data behind accounts, which are made from the declared resources."""

from typing import Any

import pytest
from sqlalchemy import select

from tenants.accounts.tables import account
from tenants.imports.records import RESOURCE_RECORDS
from tenants.operations.resources import IMPORTED
from tenants.sources.store import STORED
from tenants.sources.tables import balance, payment_schedule
from tests.support.import_files import FileImporter, an_account

MANUAL = {"paymentScheduleUType": "manualPayment", "manualPayment": {"billFrequency": "P3M"}}
TOKENISED = {
    "paymentScheduleUType": "directDebit",
    "directDebit": {"isTokenised": True, "paymentFrequency": "P1M", "calculationType": "BALANCE"},
}


def schedules(reference: str, *items: Any) -> dict[str, Any]:
    return {"kind": "payment-schedules", "account": reference, "paymentSchedules": items}


async def stored(files: FileImporter) -> list[tuple[str, Any]]:
    """Return the reference and each payment schedule of every account."""
    query = select(account.c.reference, payment_schedule.c.detail).join(account)
    async with files.database.transaction(files.namespace) as tx:
        rows = await tx.execute(query.order_by(account.c.reference, payment_schedule.c.position))
        return [(reference, detail) for reference, detail in rows]


def test_every_imported_resource_has_a_record_type_and_a_table_of_its_own() -> None:
    assert set(RESOURCE_RECORDS) == set(IMPORTED)
    assert len({STORED[resource].table for resource in IMPORTED}) == len(IMPORTED)
    for resource in IMPORTED:
        assert ("position" in STORED[resource].table.c) == resource.imported_as_list
        assert ("reference" in STORED[resource].table.c) == resource.imported_one_by_one


async def test_the_items_of_a_record_replace_those_of_its_account(files: FileImporter) -> None:
    assert await files.load(an_account("A-1"), an_account("A-2"), schedules("A-1", MANUAL, TOKENISED)) == []
    assert await stored(files) == [("A-1", MANUAL), ("A-1", TOKENISED)]
    await files.load(schedules("A-1", TOKENISED), schedules("A-2", MANUAL))
    assert await stored(files) == [("A-1", TOKENISED), ("A-2", MANUAL)]
    await files.load(an_account("A-1"), an_account("A-2"), snapshot=True)
    assert await stored(files) == [("A-1", TOKENISED), ("A-2", MANUAL)]
    await files.load(schedules("A-1"))
    assert await stored(files) == [("A-2", MANUAL)]


async def test_the_last_record_of_an_account_decides(files: FileImporter) -> None:
    await files.load(an_account("A-1"), schedules("A-1", MANUAL, MANUAL), schedules("A-1", TOKENISED))
    assert await stored(files) == [("A-1", TOKENISED)]


async def test_a_record_of_an_unknown_account_is_reported(files: FileImporter) -> None:
    problems = await files.load(an_account("A-1"), schedules("A-2", MANUAL), schedules("A-1", MANUAL))
    assert problems == ["first.jsonl:2: $: refers to the account 'A-2', which is not loaded"]
    assert await stored(files) == [("A-1", MANUAL)]


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (
            schedules("A-1", {"paymentScheduleUType": "cash"}),
            "$.paymentSchedules[0].paymentScheduleUType: Invalid enum",
        ),
        (
            schedules("A-1", MANUAL, {**MANUAL, "amount": "5"}),
            "$.paymentSchedules[1].amount: not of the form: AmountString",
        ),
        (schedules("A-1") | {"more": 1}, "$: Object contains unknown field `more`"),
        ({"kind": "payment-schedules", "account": "A-1"}, "$: Object missing required field `paymentSchedules`"),
    ],
)
async def test_a_record_against_the_standards_is_reported(files: FileImporter, record: Any, problem: str) -> None:
    [reported] = await files.load(an_account("A-1"), record)
    assert reported.startswith(f"first.jsonl:2: {problem}")


async def test_a_balance_names_its_account_itself(files: FileImporter) -> None:
    def amount(reference: str, value: str) -> dict[str, Any]:
        return {"kind": "balance", "balance": {"accountId": reference, "balance": value}}

    assert await files.load(an_account("A-1"), an_account("A-2"), amount("A-1", "1.00"), amount("A-2", "-5.25")) == []
    assert await files.load(amount("A-1", "7.50"), amount("A-3", "1.00"), amount("A-1", "8"), file="second.jsonl") == [
        "second.jsonl:3: $.balance.balance: not of the form: AmountString",
        "second.jsonl:2: $: refers to the account 'A-3', which is not loaded",
    ]
    query = select(account.c.reference, account.c.id, balance.c.detail).join(account).order_by(account.c.reference)
    async with files.database.transaction(files.namespace) as tx:
        rows = list(await tx.execute(query))
    assert [(reference, detail) for reference, _, detail in rows] == [
        (reference, {"accountId": str(internal), "balance": value})
        for (reference, internal, _), value in zip(rows, ("7.50", "-5.25"), strict=True)
    ]
