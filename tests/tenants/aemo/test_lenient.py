"""Items in which AEMO deviates from the standards: mended with a finding, or left out without losing the others."""

import json
from typing import Any

import msgspec
import pytest

from tenants.aemo.lenient import DEFAULT_POLICY, Deviation, Policy
from tenants.aemo.operations import OPERATIONS
from tenants.cds.resource_ids import ServicePointId
from tenants.operations.models import Resource
from tenants.operations.resources import DER, SERVICE_POINT_DETAIL, SERVICE_POINTS
from tests.support.aemo import of_path
from tests.support.service_points import METER, SOLAR

NMI = "4102000001"
ID = ServicePointId("0b1b6b4e-7ad0-4a55-8d4b-0a7e2f1f3d11")
DETAIL = of_path("/electricity/servicepoints/{nmi}", NMI)


def id_of(nmi: str) -> ServicePointId | None:
    return ID if nmi == NMI else None


def read(resource: Resource, *items: object, policy: Policy = DEFAULT_POLICY) -> tuple[list[Any], list[Deviation]]:
    return OPERATIONS[resource].reader.read_all(json.dumps(items).encode(), id_of, policy)


def written(item: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(item, enc_hook=lambda _: NMI))
    return found


def without(item: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in names}


@pytest.mark.parametrize(
    ("resource", "item"),
    [
        (SERVICE_POINTS, of_path("/electricity/servicepoints", NMI)),
        (SERVICE_POINT_DETAIL, {**DETAIL, "meters": [METER]}),
        (DER, {"servicePointId": NMI, **SOLAR}),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_an_item_of_the_standards_is_read_unchanged_and_without_a_finding(
    resource: Resource, item: dict[str, Any]
) -> None:
    items, findings = read(resource, item)
    assert findings == []
    assert [written(each) for each in items] == [item]
    assert items[0].servicePointId == ID


@pytest.mark.parametrize(
    ("changes", "expected", "findings"),
    [
        ({"jurisdictionCode": "ISO"}, {"jurisdictionCode": "ISO"}, {("jurisdictionCode", "enumeration")}),
        ({"servicePointStatus": "active "}, {"servicePointStatus": "ACTIVE"}, {("servicePointStatus", "form")}),
        ({"isGenerator": "true"}, {"isGenerator": True}, {("isGenerator", "form")}),
        ({"isGenerator": "N"}, {"isGenerator": False}, {("isGenerator", "form")}),
        ({"validFromDate": "2025-07-01T00:00:00"}, {"validFromDate": "2025-07-01"}, {("validFromDate", "form")}),
        (
            {"lastUpdateDateTime": "2026-06-30T12:00:00"},
            {"lastUpdateDateTime": "2026-06-30T12:00:00+10:00"},
            {("lastUpdateDateTime", "form")},
        ),
        ({"nationalMeteringId": 4102000001}, {}, {("nationalMeteringId", "form")}),
        ({"lastConsumerChangeDate": None}, {}, set()),
        ({"4102000001": "x", "another": 1}, {}, {("", "unknown-field")}),
    ],
)
def test_a_value_of_another_form_is_mended_with_a_finding(
    changes: dict[str, Any], expected: dict[str, Any], findings: set[tuple[str, str]]
) -> None:
    """C-A13, C-D2, C-D26: a finding names a field of the standards, never a name or a value of AEMO."""
    plain = of_path("/electricity/servicepoints", NMI)
    items, found = read(SERVICE_POINTS, {**plain, **changes})
    assert written(items[0]) == {**plain, **expected}
    assert set(found) == findings


def test_names_are_compared_without_regard_to_case() -> None:
    """C-A13: `meterID`, `exportLimitkva`."""
    meter = {**without(dict(METER), "meterId"), "meterID": "M-1"}
    items, findings = read(SERVICE_POINT_DETAIL, {**DETAIL, "meters": [meter]})
    assert written(items[0]) == {**DETAIL, "meters": [METER]}
    assert findings == [("meters.meterId", "name")]
    record = {"servicePointId": NMI, **SOLAR, "protectionMode": {"exportLimitkva": 5}, "islandableInstallation": "true"}
    items, findings = read(DER, record)
    assert written(items[0]) == {"servicePointId": NMI, **SOLAR}
    assert set(findings) == {("protectionMode.exportLimitKva", "name"), ("islandableInstallation", "form")}


@pytest.mark.parametrize("status", ["EXTINCT", "GREENFIELD", "OFF_MARKET"])
@pytest.mark.parametrize("meters", [None, []])
def test_a_service_point_without_meters_is_answered(status: str, meters: Any) -> None:
    """C-D5, C-S5."""
    items, findings = read(SERVICE_POINT_DETAIL, {**DETAIL, "servicePointStatus": status, "meters": meters})
    assert len(items) == 1
    assert findings == []


def test_every_field_of_an_item_can_be_read_leniently() -> None:
    """The lenient reading changes nothing that follows the standards, also in fields with a described type."""
    simple = {**DETAIL["location"]["simple"], "country": "AUS", "mailingName": "N"}
    location = {"addressUType": "simple", "simple": simple}
    for resource, item in (
        (
            SERVICE_POINT_DETAIL,
            {**DETAIL, "location": location, "meters": [METER], "lastConsumerChangeDate": "2024-02-29"},
        ),
        (DER, {"servicePointId": NMI, **SOLAR}),
    ):
        items, findings = read(resource, {**item, "unknown": 1})
        assert [written(each) for each in items] == [item]
        assert findings == [("", "unknown-field")]


def test_a_register_without_a_suffix_is_answered() -> None:
    """C-D15."""
    register = {"registerId": "11", "registerConsumptionType": "BASIC"}
    items, findings = read(SERVICE_POINT_DETAIL, {**DETAIL, "meters": [{**METER, "registers": [register]}]})
    assert written(items[0])["meters"][0]["registers"] == [register]
    assert findings == []


@pytest.mark.parametrize(
    ("given", "mended", "fields"),
    [
        (None, {"code": "N/A", "description": "N/A", "lossValue": "1.0000"}, 4),
        ({}, {"code": "N/A", "description": "N/A", "lossValue": "1.0000"}, 3),
        (
            {"code": "NLV1", "description": "x", "lossValue": None},
            {"code": "NLV1", "description": "x", "lossValue": "1.0000"},
            1,
        ),
        (
            {"code": "", "description": "", "lossValue": ""},
            {"code": "N/A", "description": "N/A", "lossValue": "1.0000"},
            3,
        ),
    ],
)
def test_a_missing_loss_factor_is_mended_or_its_service_point_is_left_out(
    given: Any, mended: dict[str, str], fields: int
) -> None:
    """C-D1, C-S6 (sm#597): one finding for each field."""
    item = {**DETAIL, "distributionLossFactor": given}
    items, findings = read(SERVICE_POINT_DETAIL, item)
    assert written(items[0])["distributionLossFactor"] == mended
    assert [kind for _, kind in findings] == ["missing"] * fields
    items, findings = read(SERVICE_POINT_DETAIL, item, DETAIL, policy=Policy(missing_values="drop"))
    assert [written(each) for each in items] == [DETAIL]
    assert findings[-1].kind == "left-out"


def test_mandatory_values_of_der_that_are_missing_are_mended() -> None:
    """C-D1, C-D4, C-R3: a number is 0, and an unknown day of commissioning is one that nobody takes for real."""
    connection = without(dict(SOLAR["acConnections"][0]), "manufacturerName", "inverterDeviceCapacity")
    device = {**connection["derDevices"][0], "nominalRatedCapacity": None, "deviceIdentifier": None}
    record = {
        "servicePointId": NMI,
        **SOLAR,
        "approvedCapacity": None,
        "availablePhasesCount": None,
        "acConnections": [{**connection, "commissioningDate": None, "derDevices": [device]}],
    }
    items, findings = read(DER, record)
    (found,) = items
    (mended,) = found.acConnections
    assert (found.approvedCapacity, found.availablePhasesCount) == (0, 0)
    assert (mended.manufacturerName, mended.inverterDeviceCapacity) == ("unknown", 0)
    assert written(found)["acConnections"][0]["commissioningDate"] == "1900-01-01"
    assert (mended.derDevices[0].nominalRatedCapacity, mended.derDevices[0].deviceIdentifier) == (0, 0)
    assert ("acConnections.commissioningDate", "missing") in findings
    items, _ = read(DER, {**record, "acConnections": []}, policy=Policy(missing_values="drop"))
    assert items[0].approvedCapacity == 0  # the standards themselves define the 0
    assert read(DER, record, policy=Policy(missing_values="drop"))[0] == []


@pytest.mark.parametrize(
    ("item", "field", "kind"),
    [
        (1, "", "left-out"),
        ({**DETAIL, "location": None}, "location", "left-out"),
        ({**DETAIL, "location": "here"}, "location", "left-out"),
        ({**DETAIL, "meters": {}}, "meters", "left-out"),
        ({**DETAIL, "validFromDate": "soon"}, "validFromDate", "left-out"),
        ({**DETAIL, "servicePointId": "6999999999"}, "servicePointId", "not-asked-for"),
        ({**DETAIL, "servicePointId": 6}, "servicePointId", "not-asked-for"),
        ({**DETAIL, "location": {**DETAIL["location"], "addressUType": "paf"}}, "location", "left-out"),
    ],
)
def test_an_item_that_cannot_be_mended_is_left_out_and_the_others_are_answered(
    item: object, field: str, kind: str
) -> None:
    items, findings = read(SERVICE_POINT_DETAIL, DETAIL, item, DETAIL)
    assert len(items) == 2
    assert findings[-1] == (field, kind)


def test_a_text_of_another_form_is_passed_on_with_a_finding() -> None:
    simple = {**DETAIL["location"]["simple"], "country": "Australia", "state": "Victoria"}
    items, findings = read(SERVICE_POINT_DETAIL, {**DETAIL, "location": {"addressUType": "simple", "simple": simple}})
    assert written(items[0])["location"]["simple"]["country"] == "Australia"
    assert findings == [("", "form")]


def test_numbers_in_texts_are_read_and_integers_stay_integers() -> None:
    record = {"servicePointId": NMI, **SOLAR, "approvedCapacity": "10.5", "installedPhasesCount": "1"}
    items, findings = read(DER, record)
    assert written(items[0]) == {"servicePointId": NMI, **SOLAR}
    assert set(findings) == {("approvedCapacity", "form"), ("installedPhasesCount", "form")}
    for wrong in (True, "ten", [], "1e999", 1.5):
        assert read(DER, {**record, "installedPhasesCount": wrong})[0] == []


def test_an_address_of_an_unknown_kind_leaves_its_service_point_out() -> None:
    """Other unknown values are passed on (C-D2), but this one says which member has the address."""
    location = {**DETAIL["location"], "addressUType": "postal"}
    items, findings = read(SERVICE_POINT_DETAIL, {**DETAIL, "location": location}, DETAIL)
    assert len(items) == 1
    assert Deviation("location", "left-out") in findings
