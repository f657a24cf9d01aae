"""DER records: in JSON Lines, in the Data Standards Body's test data, and after an NMI is corrected."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tenants.accounts.tables import service_point
from tenants.imports.dsb_reader import read_dsb
from tenants.imports.records import RESOURCE_RECORDS, ResourceRecord
from tenants.imports.report import Report
from tenants.operations.resources import DER
from tenants.sources.tables import der_record
from tests.support import dsb
from tests.support.import_files import FileImporter
from tests.support.service_points import NO_DER, SOLAR, detail_of

FIRST, SECOND = "41030000011", "41030000029"


def a_point(reference: str, nmi: str = FIRST) -> dict[str, Any]:
    return {"kind": "service-point", "servicePoint": detail_of(nmi, reference)}


def a_record(reference: str, **members: Any) -> dict[str, Any]:
    return {"kind": "der", "der": {"servicePointId": reference, **SOLAR, **members}}


async def stored(files: FileImporter) -> dict[str, dict[str, Any]]:
    """Return the stored records by the NMI of their service point, without the id of the service point."""
    query = select(service_point.c.national_metering_id, service_point.c.id, der_record.c.detail).join(der_record)
    async with files.database.transaction(files.namespace) as tx:
        rows = (await tx.execute(query)).all()
    assert all(detail["servicePointId"] == str(point) for _, point, detail in rows)
    return {nmi: {name: value for name, value in detail.items() if name != "servicePointId"} for nmi, _, detail in rows}


async def test_a_record_replaces_that_of_its_service_point_and_can_be_removed(files: FileImporter) -> None:
    assert await files.load(a_point("SP-1"), a_point("SP-2", SECOND), a_record("SP-1"), a_record("SP-2")) == []
    assert await stored(files) == {FIRST: SOLAR, SECOND: SOLAR}
    await files.load(a_record("SP-1", approvedCapacity=7))
    await files.load(a_point("SP-1"))
    assert await stored(files) == {FIRST: {**SOLAR, "approvedCapacity": 7}, SECOND: SOLAR}
    content = b'{"kind": "remove-der", "servicePoint": "SP-1"}'
    assert await files.report(content, file="removal.jsonl", snapshot=False) == (
        [],
        {"removal of der_record": 1},
    )
    assert await stored(files) == {SECOND: SOLAR}


async def test_a_capacity_that_is_null_is_stored_as_0(files: FileImporter) -> None:
    """C-D4."""
    [connection] = SOLAR["acConnections"]
    devices = [{**each, "nominalRatedCapacity": None} for each in connection["derDevices"]]
    sent = [{**connection, "inverterDeviceCapacity": None, "derDevices": devices}]
    assert await files.load(a_point("SP-1"), a_record("SP-1", acConnections=sent)) == []
    [found] = (await stored(files))[FIRST]["acConnections"]
    assert found["inverterDeviceCapacity"] == 0
    assert [device["nominalRatedCapacity"] for device in found["derDevices"]] == [0, 0]


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (a_record("SP-9"), "first.jsonl:2: $: refers to the service point 'SP-9', which is not loaded"),
        (
            {"kind": "remove-der", "servicePoint": "SP-9"},
            "first.jsonl:2: $: refers to the service point 'SP-9', which is not loaded",
        ),
        (
            a_record("SP-1", installedPhasesCount=4),
            "first.jsonl:2: $.der.installedPhasesCount: Expected `int` <= 3",
        ),
        (
            a_record("SP-1", protectionMode=None),
            "first.jsonl:2: $.der.protectionMode: `protectionMode` is mandatory here",
        ),
        (
            {**a_record("SP-1"), "servicePoint": "SP-1"},
            "first.jsonl:2: $: Object contains unknown field `servicePoint`",
        ),
    ],
    ids=["unknown", "removal of unknown", "phases", "protection", "named twice"],
)
async def test_a_record_that_is_not_valid_is_reported_with_its_line_and_path(
    files: FileImporter, record: dict[str, Any], problem: str
) -> None:
    assert await files.load(a_point("SP-1"), record) == [problem]
    assert await stored(files) == {}


async def test_the_record_moves_with_a_corrected_nmi(files: FileImporter) -> None:
    await files.load(a_point("SP-1"), a_record("SP-1"))
    await files.load(a_point("SP-1", SECOND))
    assert await stored(files) == {SECOND: SOLAR}


async def test_the_record_of_the_service_point_that_has_the_nmi_already_stays(files: FileImporter) -> None:
    await files.load(a_point("SP-1"), a_record("SP-1"), a_point("SP-2", SECOND), a_record("SP-2", approvedCapacity=7))
    await files.load(a_point("SP-1", SECOND))
    assert await stored(files) == {SECOND: {**SOLAR, "approvedCapacity": 7}}


def test_the_record_in_the_dsb_test_data_is_read_with_its_fixes(tmp_path: Path) -> None:
    customer = dsb.customer(1)
    [beside] = customer["energy"]["servicePoints"]
    connection = {**SOLAR["acConnections"][0], "commissioningDate": "2022-10-14T18:21:55.126Z"}
    beside["der"] = {"servicePointId": dsb.POINT, **SOLAR, "acConnections": [connection]}
    records, report = _read(tmp_path, customer)
    assert report.problems == []
    [der] = (each for each in records if isinstance(each, ResourceRecord))
    assert type(der) is RESOURCE_RECORDS[DER]
    assert der.owner == dsb.POINT
    assert str(der.items[0].acConnections[0].commissioningDate) == "2022-10-14"
    place = "energy.servicePoints[0].der.acConnections[0].commissioningDate"
    assert place in {fix.location.path.rpartition("customers[0].")[2] for fix in report.fixes}


def test_a_bad_record_in_the_dsb_test_data_loses_nothing_else(tmp_path: Path) -> None:
    customer = dsb.customer(1)
    customer["energy"]["servicePoints"][0]["der"] = {"servicePointId": dsb.POINT, **NO_DER, "approvedCapacity": "x"}
    records, report = _read(tmp_path, customer)
    assert [type(each).__name__ for each in records] == ["ServicePointRecord", "CustomerRecord"]
    assert [problem.location.path.rpartition("servicePoints[0]")[2] for problem in report.problems] == [
        ".der.approvedCapacity"
    ]


def _read(folder: Path, customer: dict[str, Any]) -> tuple[list[Any], Report]:
    path, report = folder / "dsb.json", Report()
    path.write_text(dsb.text([customer]))
    return [record for _, record in read_dsb(path, 0, report)], report
