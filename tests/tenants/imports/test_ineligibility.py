"""Periods without eligibility in an import: for a customer, an account, or a customer for one account."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from tenants.accounts.internal_ids import internal_id
from tenants.accounts.tables import ineligibility
from tests.support.import_files import FileImporter, Member, a_customer, an_account

WHOLE = (a_customer("C-1"), a_customer("C-2"), an_account("A-1"))
CUSTOMER, ACCOUNT = {"customer": "C-1"}, {"account": "A-1"}
Period = tuple[str, str | None]


def ineligible(first: str, /, reason: str = "under-age", **members: Any) -> Member:
    return {"kind": "ineligibility", "reason": reason, "validFrom": first, **members}


def end(last: str, /, reason: str = "under-age", **members: Any) -> Member:
    return {"kind": "end-ineligibility", "reason": reason, "validTo": last, **members}


async def rows(files: FileImporter) -> list[Any]:
    async with files.database.transaction(files.namespace) as tx:
        return list(await tx.execute(select(ineligibility).order_by(ineligibility.c.valid_from)))


async def stored(files: FileImporter) -> list[Period]:
    return [(str(row.valid_from), row.valid_to and str(row.valid_to)) for row in await rows(files)]


@pytest.mark.parametrize("subject", [CUSTOMER, ACCOUNT, {**CUSTOMER, **ACCOUNT}], ids=["customer", "account", "both"])
async def test_a_period_is_stored_for_its_subject(files: FileImporter, subject: Member) -> None:
    for _ in range(2):  # the same file can be imported again
        assert (
            await files.load(*WHOLE, ineligible("2026-01-01", "outside-market", **subject, validTo="2026-06-30")) == []
        )
        [row] = await rows(files)
    assert (row.reason, row.set_by, row.valid_from, row.valid_to) == (
        "outside-market",
        "import",
        date(2026, 1, 1),
        date(2026, 6, 30),
    )
    assert row.customer_id == (internal_id("customer", "C-1") if "customer" in subject else None)
    assert row.account_id == (internal_id("account", "A-1") if "account" in subject else None)


@pytest.mark.parametrize(
    ("records", "periods"),
    [
        ([ineligible("2026-01-01", **CUSTOMER, validTo="2026-06-30")], [("2026-01-01", "2026-06-30")]),
        ([ineligible("2026-03-01", **CUSTOMER)], [("2026-03-01", "2026-12-31")]),
        ([ineligible("2026-01-01", **CUSTOMER, validTo=None)], [("2026-01-01", None)]),
        ([ineligible("2027-02-01", **CUSTOMER)], [("2026-01-01", "2026-12-31"), ("2027-02-01", None)]),
        ([end("2026-03-31", **CUSTOMER)], [("2026-01-01", "2026-03-31")]),
        ([end("2025-12-31", **CUSTOMER)], []),
        ([ineligible("2026-01-01", "other", **CUSTOMER)], [("2026-01-01", "2026-12-31"), ("2026-01-01", None)]),
    ],
    ids=["end earlier", "begin later", "open end", "second period", "ended", "ended before it began", "another reason"],
)
async def test_a_later_record_changes_the_periods_that_it_overlaps(
    files: FileImporter, records: list[Member], periods: list[Period]
) -> None:
    await files.load(*WHOLE, ineligible("2026-01-01", **CUSTOMER, validTo="2026-12-31"))
    before = {row.id for row in await rows(files)}
    assert await files.load(*records) == []
    assert sorted(await stored(files), key=str) == sorted(periods, key=str)
    changed = {row.id for row in await rows(files)}
    assert not periods or periods[0][0] != "2026-01-01" or before <= changed, "a period keeps its id"


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (ineligible("2026-01-01"), "one of `customer` and `account` is mandatory here"),
        (end("2026-01-01"), "one of `customer` and `account` is mandatory here"),
        (ineligible("2026-01-01", "poor", **CUSTOMER), "$.reason: Invalid enum value 'poor'"),
        (ineligible("2026-01-02", **CUSTOMER, validTo="2026-01-01"), "`validTo` is before `validFrom`"),
        (ineligible("2026-01-01", customer="C-9"), "refers to the customer 'C-9', which is not loaded"),
        (ineligible("2026-01-01", **CUSTOMER, account="A-9"), "refers to the account 'A-9', which is not loaded"),
        (end("2026-01-01", **ACCOUNT), "there is no ineligibility to end"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_record_that_is_not_valid_is_reported(files: FileImporter, record: Member, problem: str) -> None:
    [found] = await files.load(*WHOLE, record)
    assert found.startswith("first.jsonl:4: ")
    assert problem in found
    assert await stored(files) == []


async def test_an_import_does_not_change_what_the_staff_has_set(files: FileImporter) -> None:
    await files.load(*WHOLE)
    subject = {"customer_id": internal_id("customer", "C-1"), "account_id": None, "reason": "under-age"}
    by_staff: dict[str, Any] = {**subject, "id": uuid4(), "valid_from": date(2026, 1, 1), "set_by": "staff"}
    async with files.database.transaction(files.namespace) as tx:
        await tx.execute(insert(ineligibility).values(by_staff))
    assert await files.load(
        end("2026-01-31", **CUSTOMER), ineligible("2026-01-01", **CUSTOMER, validTo="2026-01-31")
    ) == [
        "first.jsonl:1: $: there is no ineligibility to end",
        "first.jsonl:2: $: another source has set this period; an import cannot change it",
    ]
    assert await files.load(ineligible("2026-02-01", **CUSTOMER, validTo="2026-02-28")) == []
    ids: list[UUID] = [row.id for row in await rows(files)]
    assert await stored(files) == [("2026-01-01", None), ("2026-02-01", "2026-02-28")]
    assert ids[0] == by_staff["id"]


async def test_a_snapshot_ends_no_ineligibility(files: FileImporter) -> None:
    """A file without the record does not say that data may be shared."""
    other = ineligible("2026-01-01", customer="C-2")
    await files.load(*WHOLE, ineligible("2026-01-01", **CUSTOMER), other)
    assert await files.load(*WHOLE, other, snapshot=True) == []
    assert await stored(files) == [("2026-01-01", None)] * 2
