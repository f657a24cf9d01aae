"""Imports of resources with every owner, as a whole and item by item, and their removal."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select

from ops.deployment import Deployment
from tenants.accounts.internal_ids import internal_id, service_point_id
from tenants.accounts.tables import account, service_point
from tenants.cds.resource_ids import read_id
from tenants.imports.records import ANY_RECORD
from tenants.operations.models import Owner, Resource
from tenants.operations.resources import BALANCE, BILLING, CONCESSIONS, DER, IMPORTED, INVOICES, PAYMENT_SCHEDULES
from tenants.registry.models import Tenant
from tenants.sources.store import STORED
from tests.support import declared
from tests.support.declared import BILLS, NOTES, READINGS, record
from tests.support.import_files import FileImporter, Member, a_customer, an_account
from tests.support.rows import count
from tests.support.service_points import NO_DER, detail_of
from tests.tenants.imports.test_service import Importer, importer, sourced
from tests.tenants.imports.test_service_points import a_point

__all__ = ["importer"]
FIRST, SECOND = "41030000011", "41030000029"
ONE = {
    PAYMENT_SCHEDULES: {
        "account": "A-1",
        "paymentSchedules": [{"paymentScheduleUType": "manualPayment", "manualPayment": {"billFrequency": "P3M"}}],
    },
    CONCESSIONS: {
        "account": "A-1",
        "concessions": [{"type": "VARIABLE", "displayName": "Rebate", "additionalInfo": "In summer"}],
    },
    BALANCE: {"balance": {"accountId": "A-1", "balance": "1.00"}},
    INVOICES: {
        "reference": "1",
        "invoice": {
            "accountId": "A-1",
            "invoiceNumber": "1001",
            "issueDate": "2026-01-31",
            "balanceAtIssue": "1.00",
            "servicePoints": [],
            "paymentStatus": "PAID",
        },
    },
    BILLING: {
        "reference": "1",
        "transaction": {
            "accountId": "A-1",
            "executionDateTime": "2026-01-31T09:30:00+10:00",
            "transactionUType": "payment",
            "payment": {"amount": "1.00", "method": "BPAY"},
        },
    },
    DER: {"der": {"servicePointId": "SP-1", **NO_DER}},
}
"""A record of each resource that can be imported, without its kind. It is of the account A-1 or service point SP-1."""
OWNERS: dict[Owner, tuple[Member, Member]] = {
    "account": (an_account("A-1"), {"account": "A-1"}),
    "service-point": (
        {"kind": "service-point", "servicePoint": detail_of(FIRST, "SP-1")},
        {"servicePoint": "SP-1"},
    ),
}
"""The record of the owner of these records, and the member by which a removal names this owner."""


@pytest.mark.parametrize("resource", IMPORTED, ids=lambda each: each.name)
async def test_every_imported_resource_can_be_removed_from_its_owner(
    files: FileImporter, tenant: Tenant, resource: Resource
) -> None:
    owner, named = OWNERS[resource.belongs_to]
    given, removed = {"kind": resource.name, **ONE[resource]}, {"kind": f"remove-{resource.name}", **named}
    if resource.imported_one_by_one:
        removed["reference"] = given["reference"]
    table = STORED[resource].table
    assert await files.load(owner, given) == []
    assert await count(files.database, tenant, table) == 1
    for _ in range(2):  # the same file can be imported again
        assert await files.load(removed) == []
        assert await count(files.database, tenant, table) == 0
    assert await files.load(removed, given) == []
    assert await count(files.database, tenant, table) == 1
    assert await files.load(given, removed) == []
    assert await count(files.database, tenant, table) == 0


@pytest.mark.parametrize("resource", IMPORTED, ids=lambda each: each.name)
async def test_a_removal_names_a_known_owner_and_nothing_else(files: FileImporter, resource: Resource) -> None:
    owner, named = OWNERS[resource.belongs_to]
    [member] = named
    removal = {"kind": f"remove-{resource.name}", **({"reference": "1"} if resource.imported_one_by_one else {})}
    what = resource.belongs_to.replace("-", " ")
    assert await files.load(owner, {**removal, member: "other"}) == [
        f"first.jsonl:2: $: refers to the {what} 'other', which is not loaded"
    ]
    assert await files.load(removal) == [f"first.jsonl:1: $: Object missing required field `{member}`"]
    [problem] = await files.load({**removal, **named, "more": 1})
    assert "`more`" in problem


@pytest.fixture
async def with_tables(
    importer: Importer, deployment: Deployment, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Importer]:
    """An importer into a tenant with the tables of the resources of `tests.support.declared`."""
    await declared.add_tables(deployment.owner, deployment.settings, tenant)
    with declared.stored(monkeypatch):
        yield importer


async def problems(importer: Importer, *records: Any) -> list[str]:
    return [str(problem) for problem in (await importer.load(sourced(*records))).problems]


def known(*lines: Member) -> list[Any]:
    return [msgspec.convert(line, ANY_RECORD, dec_hook=read_id) for line in lines]


def bill(reference: str, day: str, *, owner: str = "A-1", points: tuple[str, ...] = ()) -> Any:
    item = {"accountId": owner, "number": f"No. {reference}", "issueDate": day, "servicePoints": points}
    return record(kind="bill", reference=reference, bill=item)


async def bills(importer: Importer) -> list[tuple[str, str, str, str]]:
    """The account and the reference of each stored item, the column with its date, and its number."""
    columns = (account.c.reference, BILLS.c.reference, BILLS.c.issue_date, BILLS.c.detail)
    found = await importer.rows(select(*columns).join_from(BILLS, account, account.c.id == BILLS.c.account_id))
    return sorted((owner, reference, str(day), detail["number"]) for owner, reference, day, detail in found)


async def test_items_are_imported_replaced_and_removed_one_by_one(with_tables: Importer) -> None:
    first, second, other = bill("1", "2026-01-31"), bill("2", "2026-02-28"), bill("1", "2026-03-31", owner="A-2")
    assert await problems(with_tables, *known(an_account("A-1"), an_account("A-2")), first, second, other) == []
    stored = [
        ("A-1", "1", "2026-01-31", "No. 1"),
        ("A-1", "2", "2026-02-28", "No. 2"),
        ("A-2", "1", "2026-03-31", "No. 1"),
    ]
    assert await bills(with_tables) == stored
    report = await with_tables.load(sourced(bill("1", "2026-04-30"), bill("1", "2026-05-31")))
    assert (report.problems, report.loaded) == ([], {"test_bill": 1})
    assert await bills(with_tables) == [("A-1", "1", "2026-05-31", "No. 1"), *stored[1:]]
    report = await with_tables.load(sourced(record(kind="remove-bill", account="A-1", reference="1")))
    assert (report.problems, report.loaded) == ([], {"removal of test_bill": 1})
    assert await bills(with_tables) == stored[1:]


async def test_an_item_and_its_removal_name_a_known_account(with_tables: Importer) -> None:
    removal = record(kind="remove-bill", account="A-3", reference="1")
    assert await problems(with_tables, bill("1", "2026-01-31"), removal, bill("1", "2026-01-31", points=("SP-1",))) == [
        "test:1: $: refers to the account 'A-1', which is not loaded",
        "test:2: $: refers to the account 'A-3', which is not loaded",
        "test:3: $: refers to the account 'A-1', which is not loaded",
    ]
    assert await problems(with_tables, *known(an_account("A-1")), bill("1", "2026-01-31", points=("SP-1",))) == [
        "test:2: $: refers to the service point 'SP-1', which is not loaded"
    ]
    for incomplete in ({"account": "A-1"}, {"reference": "1"}):
        with pytest.raises(msgspec.ValidationError, match="missing required field"):
            record(kind="remove-bill", **incomplete)


def readings(point: str, *values: str, of: str | None = None) -> Any:
    items = [{"servicePointId": of or point, "value": value} for value in values]
    return record(kind="readings", servicePoint=point, readings=items)


async def stored_readings(importer: Importer) -> list[tuple[UUID, str]]:
    """The service point and the value of each stored item, in their order."""
    columns = READINGS.c
    query = select(columns.service_point_id, columns.detail).order_by(columns.service_point_id, columns.position)
    found = await importer.rows(query)
    assert all(detail["servicePointId"] == str(owner) for owner, detail in found)
    return [(owner, detail["value"]) for owner, detail in found]


async def test_a_resource_can_belong_to_a_service_point(with_tables: Importer) -> None:
    point = service_point_id(FIRST)
    assert await problems(with_tables, a_point("SP-1", FIRST), readings("SP-1", "1", "2")) == []
    assert await stored_readings(with_tables) == [(point, "1"), (point, "2")]
    assert await problems(with_tables, readings("SP-1", "3"), readings("SP-2", "4")) == [
        "test:2: $: refers to the service point 'SP-2', which is not loaded"
    ]
    assert await stored_readings(with_tables) == [(point, "3")]
    assert await problems(with_tables, record(kind="remove-readings", servicePoint="SP-1")) == []
    assert await stored_readings(with_tables) == []


def test_the_items_of_a_list_belong_to_the_owner_of_the_record() -> None:
    with pytest.raises(msgspec.ValidationError, match="`servicePointId` of an item is not the 'service_point'"):
        readings("SP-1", "1", of="SP-2")


async def test_the_items_of_a_service_point_move_with_it(with_tables: Importer) -> None:
    await problems(with_tables, a_point("SP-1", FIRST), readings("SP-1", "1"))
    assert await problems(with_tables, a_point("SP-1", SECOND)) == []
    assert await stored_readings(with_tables) == [(service_point_id(SECOND), "1")]


async def test_the_items_that_the_service_point_already_has_are_kept_when_another_moves(with_tables: Importer) -> None:
    await problems(with_tables, a_point("SP-1", FIRST), readings("SP-1", "1"))
    await problems(with_tables, a_point("SP-2", SECOND), readings("SP-2", "2"))
    [(taken,)] = await with_tables.rows(select(service_point.c.id).where(service_point.c.reference == "SP-2"))
    assert await problems(with_tables, a_point("SP-1", SECOND)) == []
    assert await stored_readings(with_tables) == [(taken, "2")]


async def test_a_resource_can_belong_to_a_customer(with_tables: Importer) -> None:
    note = record(kind="note", customer="C-1", note={"text": "one"})
    assert await problems(with_tables, *known(a_customer("C-1")), note) == []
    assert await with_tables.rows(select(NOTES.c.customer_id, NOTES.c.detail)) == [
        (internal_id("customer", "C-1"), {"text": "one"})
    ]
    assert await problems(with_tables, record(kind="note", customer="C-2", note={"text": "two"})) == [
        "test:1: $: refers to the customer 'C-2', which is not loaded"
    ]
    assert await problems(with_tables, record(kind="remove-note", customer="C-1")) == []
    assert await with_tables.rows(select(NOTES)) == []
