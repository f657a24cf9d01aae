"""The id of a service point depends on its NMI alone, and an import never leaves two rows for one."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import insert, select, update

from ops.demonstration.generator import generate
from tenants.accounts.internal_ids import service_point_id
from tenants.accounts.tables import account, service_point, supply
from tenants.cds.resource_ids import ServicePointId
from tenants.imports.records import AccountRecord, ServicePointRecord
from tenants.sources.tables import payment_schedule
from tests.tenants.imports.test_service import Importer, importer, sourced

__all__ = ["importer"]
GENERATED = [each.record for each in generate("one")]
POINTS = [record for record in GENERATED if isinstance(record, ServicePointRecord)]
ACCOUNTS = [record for record in GENERATED if isinstance(record, AccountRecord)]
FIRST, SECOND = "41030000011", "41030000029"


def a_point(reference: str, nmi: str) -> ServicePointRecord:
    point = msgspec.structs.replace(
        POINTS[0].service_point, servicePointId=ServicePointId(reference), nationalMeteringId=nmi
    )
    return ServicePointRecord(service_point=point)


def an_account(*references: str) -> AccountRecord:
    plans = [
        msgspec.structs.replace(ACCOUNTS[0].account.plans[0], servicePointIds=[ServicePointId(each)])
        for each in references
    ]
    return AccountRecord(account=msgspec.structs.replace(ACCOUNTS[0].account, plans=plans))


async def stored(importer: Importer) -> list[tuple[str, str, UUID]]:
    columns = service_point.c
    found = await importer.rows(select(columns.reference, columns.national_metering_id, columns.id, columns.detail))
    assert all(row.detail["servicePointId"] == str(row.id) for row in found)
    return sorted(tuple(row)[:3] for row in found)


async def supplied(importer: Importer) -> list[UUID]:
    """The service points of the only account: those of its periods of supply and those in its plans are the same."""
    [(summary, detail)] = await importer.rows(select(account.c.summary, account.c.detail))
    in_summary, in_detail = (
        [UUID(each) for plan in plans for each in plan["servicePointIds"]] for plans in (summary, detail)
    )
    periods = [row.service_point_id for row in await importer.rows(select(supply.c.service_point_id))]
    assert in_summary == in_detail
    assert sorted(set(in_detail)) == sorted(periods)
    return in_detail


def test_the_check_digit_of_an_nmi_does_not_count() -> None:
    assert service_point_id("4103000001") == service_point_id("41030000011") == service_point_id("4103000001X")
    assert service_point_id("4103000001") != service_point_id("4103000002")
    assert service_point_id("vabc000001") == service_point_id("VABC0000015")


async def test_a_new_reference_changes_no_id(importer: Importer) -> None:
    await importer.load(sourced(a_point("old", FIRST), an_account("old")))
    await importer.load(sourced(a_point("new", FIRST[:10])))
    assert await stored(importer) == [("new", FIRST[:10], service_point_id(FIRST))]
    assert await supplied(importer) == [service_point_id(FIRST)]
    report = await importer.load(sourced(an_account("new")))
    assert report.problems == []
    assert await supplied(importer) == [service_point_id(FIRST)]


@pytest.mark.parametrize("reference", ["SP-1", "SP-2"])
async def test_a_service_point_of_an_earlier_release_is_moved(importer: Importer, reference: str) -> None:
    """Earlier releases derived the id from the retailer's reference, which can have changed since then."""
    await importer.load(sourced(a_point("SP-1", FIRST), an_account("SP-1")))
    old = uuid4()
    await _renumber(importer, service_point_id(FIRST), old)
    await importer.load(sourced(a_point(reference, FIRST)))
    assert await stored(importer) == [(reference, FIRST, service_point_id(FIRST))]
    assert await supplied(importer) == [service_point_id(FIRST)]
    [(detail,)] = await importer.rows(select(payment_schedule.c.detail))
    assert detail == {"note": str(service_point_id(FIRST))}


async def test_a_corrected_nmi_replaces_the_service_point(importer: Importer) -> None:
    await importer.load(sourced(a_point("SP-1", FIRST), an_account("SP-1")))
    await importer.load(sourced(a_point("SP-1", SECOND)))
    assert await stored(importer) == [("SP-1", SECOND, service_point_id(SECOND))]
    assert await supplied(importer) == [service_point_id(SECOND)]


async def test_two_service_points_can_exchange_their_references(importer: Importer) -> None:
    await importer.load(sourced(a_point("SP-1", FIRST), a_point("SP-2", SECOND), an_account("SP-1", "SP-2")))
    await importer.load(sourced(a_point("SP-1", SECOND), a_point("SP-2", FIRST)))
    assert await stored(importer) == [
        ("SP-1", SECOND, service_point_id(SECOND)),
        ("SP-2", FIRST, service_point_id(FIRST)),
    ]
    assert await supplied(importer) == [service_point_id(FIRST), service_point_id(SECOND)]


async def test_the_last_record_of_an_nmi_or_a_reference_applies(importer: Importer) -> None:
    same_nmi = [a_point("SP-1", FIRST), a_point("SP-2", FIRST[:10])]
    report = await importer.load(sourced(*same_nmi, an_account("SP-1")))
    assert [str(problem) for problem in report.problems] == [
        "test:3: $: refers to the service point 'SP-1', which is not loaded"
    ]
    assert await stored(importer) == [("SP-2", FIRST[:10], service_point_id(FIRST))]
    await importer.load(sourced(a_point("SP-3", FIRST), a_point("SP-3", SECOND)))
    assert await stored(importer) == [
        ("SP-2", FIRST[:10], service_point_id(FIRST)),
        ("SP-3", SECOND, service_point_id(SECOND)),
    ]


async def _renumber(importer: Importer, new: UUID, old: UUID) -> None:
    """Store a service point, its supply and its account as an earlier release did: under another id."""
    async with importer.database.transaction(importer.namespace) as tx:
        [point] = (await tx.execute(select(service_point))).mappings()
        [period] = (await tx.execute(select(supply))).mappings()
        [owner] = (await tx.execute(select(account))).mappings()
        await tx.execute(update(service_point).values(reference="moving"))
        detail = {**point["detail"], "servicePointId": str(old)}
        await tx.execute(insert(service_point).values({**point, "id": old, "detail": detail}))
        await tx.execute(update(supply).values(service_point_id=old))
        await tx.execute(service_point.delete().where(service_point.c.id == new))
        plans: dict[str, Any] = {
            name: msgspec.json.decode(msgspec.json.encode(owner[name]).replace(str(new).encode(), str(old).encode()))
            for name in ("summary", "detail")
        }
        await tx.execute(update(account).values(plans))
        row = {"account_id": period["account_id"], "position": 0, "detail": {"note": str(old)}}
        await tx.execute(insert(payment_schedule).values({**row, "updated_at": importer.now}))
