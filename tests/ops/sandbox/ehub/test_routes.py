"""The six secondary operations: what is answered, and in which versions."""

import httpx
import pytest

from tests.ops.sandbox.ehub.conftest import EHUB, RunningEHub
from tests.ops.sandbox.ehub.retailer import BASE, Retailer, code_of, errors_of

FIVE_MINUTES, SOLAR, BATTERY, HALF_HOURS, DAILY, QUARTERLY = (f"410200001{digit}" for digit in (0, 4, 5, 6, 8, 9))
OTHER_RETAILER, NOBODY = "7102000010", "1102000010"


async def test_service_points_are_answered_once_by_nmi_in_ascending_order(
    ehub: RunningEHub, retailer: Retailer
) -> None:
    """C-A1, C-I1. The list of calls has the NMIs as they were sent."""
    response = await retailer.service_points([SOLAR, FIVE_MINUTES, SOLAR])
    assert response.status_code == 200, response.text
    points = response.json()["data"]["servicePoints"]
    assert [point["nationalMeteringId"] for point in points] == [FIVE_MINUTES, SOLAR]
    assert [point["servicePointId"] for point in points] == [FIVE_MINUTES, SOLAR]
    assert response.json()["meta"] == {"totalRecords": 2, "totalPages": 1}
    assert response.json()["links"] == {"self": f"{EHUB}{BASE}"}
    assert ehub.hub.calls.latest(1)[0].nmis == [SOLAR, FIVE_MINUTES, SOLAR]
    assert response.headers["x-v"] == "2"
    assert response.headers["x-fapi-interaction-id"] == retailer.headers["x-fapi-interaction-id"]


async def test_an_nmi_with_a_checksum_is_the_same_service_point(retailer: Retailer) -> None:
    """C-I6: NMIs are compared on ten characters."""
    response = await retailer.service_points([f"{FIVE_MINUTES}7", FIVE_MINUTES])
    assert [point["servicePointId"] for point in response.json()["data"]["servicePoints"]] == [FIVE_MINUTES]


async def test_version_1_has_no_date_of_the_last_consumer_change(retailer: Retailer) -> None:
    """C-V2, C-S4: half of the service points have this date in version 2."""
    nmis = [f"41020000{number:02}" for number in range(20)]
    newer, older = await retailer.service_points(nmis), await retailer.service_points(nmis, version=1)
    dated = ["lastConsumerChangeDate" in point for point in newer.json()["data"]["servicePoints"]]
    assert set(dated) == {True, False}
    assert older.headers["x-v"] == "1"
    assert not any("lastConsumerChangeDate" in point for point in older.json()["data"]["servicePoints"])
    detail = await retailer.detail(nmis[dated.index(True)], version=1)
    assert "lastConsumerChangeDate" not in detail.json()["data"]


async def test_a_detail_has_the_meter_and_its_registers(retailer: Retailer) -> None:
    detail = (await retailer.detail(SOLAR)).json()["data"]
    (meter,) = detail["meters"]
    assert [register["registerSuffix"] for register in meter["registers"]] == ["B1", "E1"]
    assert detail["distributionLossFactor"].keys() == {"code", "description", "lossValue"}
    assert {"party": "BANKSIA", "role": "FRMP"} in detail["relatedParticipants"]


async def test_the_version_is_negotiated(retailer: Retailer) -> None:
    """C-A5."""
    response = await retailer.service_points([SOLAR], headers={"x-v": "9", "x-min-v": "1"})
    assert response.headers["x-v"] == "2"
    assert code_of(await retailer.service_points([SOLAR], version=3), 406) == "Header/UnsupportedVersion"
    assert code_of(await retailer.detail(SOLAR, version=3), 406) == "Header/UnsupportedVersion"
    assert code_of(await retailer.post("/usage", [SOLAR], 2), 406) == "Header/UnsupportedVersion"
    assert code_of(await retailer.service_points([SOLAR], headers={"x-v": ""}), 400) == "Header/Missing"


async def test_der_without_devices_is_a_record_of_zeros(retailer: Retailer) -> None:
    """C-R1."""
    with_battery, without = (await retailer.der([BATTERY, FIVE_MINUTES])).json()["data"]["derRecords"][::-1]
    assert without == {
        "servicePointId": FIVE_MINUTES,
        "approvedCapacity": 0,
        "availablePhasesCount": 0,
        "installedPhasesCount": 0,
        "islandableInstallation": False,
        "acConnections": [],
    }
    (connection,) = with_battery["acConnections"]
    assert [device["type"] for device in connection["derDevices"]] == ["SOLAR_PV", "STORAGE"]
    assert connection["derDevices"][1]["nominalStorageCapacity"] > 0
    assert (await retailer.der_of(BATTERY)).json()["data"] == with_battery
    assert (await retailer.der_of(FIVE_MINUTES)).json()["data"] == without


@pytest.mark.parametrize("nmi", [OTHER_RETAILER, NOBODY, "not an NMI"])
async def test_an_nmi_of_another_participant_refuses_the_whole_list(retailer: Retailer, nmi: str) -> None:
    """C-D6, C-E9, case L13: the error has AEMO's own code, the URN that it extends, and the NMI."""
    urns = {
        "": (400, "urn:au-cds:error:cds-all:Field/Invalid"),
        "/usage": (422, "urn:au-cds:error:cds-energy:Authorisation/InvalidServicePoint"),
        "/der": (422, "urn:au-cds:error:cds-energy:Authorisation/InvalidServicePoint"),
    }
    for path, (status, urn) in urns.items():
        (error,) = errors_of(await retailer.post(path, [SOLAR, nmi], 1), status)
        assert (error["code"], error["detail"], error["meta"]) == ("InvalidSP-001", nmi, {"urn": urn})
    for path in ("", "/usage", "/der"):
        (error,) = errors_of(await retailer.get(f"/{nmi}{path}", 1), 404)
        assert (error["code"], error["detail"]) == ("InvalidSP-001", nmi)


async def test_every_nmi_of_another_participant_is_in_the_error_or_only_the_first(
    ehub: RunningEHub, retailer: Retailer
) -> None:
    refused = await retailer.usage([OTHER_RETAILER, SOLAR, NOBODY])
    assert [error["detail"] for error in errors_of(refused, 422)] == [OTHER_RETAILER, NOBODY]
    ehub.hub.change_settings(refused_points="first")
    refused = await retailer.usage([OTHER_RETAILER, SOLAR, NOBODY])
    assert [error["detail"] for error in errors_of(refused, 422)] == [OTHER_RETAILER]


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        (b"{", "Field/Invalid", "the body is not JSON"),
        (b"\xff", "Field/Invalid", "the body is not JSON"),
        (b"{}", "Field/Missing", "data"),
        (b'{"data": {}}', "Field/Missing", "servicePointIds"),
        (b'{"data": {"servicePointIds": "4102000010"}}', "Field/Invalid", "data/servicePointIds"),
        (b'{"data": {"servicePointIds": [4102000010]}}', "Field/Invalid", "data/servicePointIds"),
    ],
)
async def test_a_wrong_body_is_refused(retailer: Retailer, body: bytes, code: str, detail: str) -> None:
    """C-Q14."""
    headers = {**retailer.headers, "x-v": "1", "Content-Type": "application/json"}
    for path in ("", "/usage", "/der"):
        response = await retailer.http.post(f"{BASE}{path}", content=body, headers=headers)
        (error,) = errors_of(response, 400)
        assert error["code"].endswith(code)
        assert error["detail"] == detail


async def test_an_error_repeats_the_interaction_id_and_a_version_that_was_settled(retailer: Retailer) -> None:
    """C-V6, C-V9."""
    refused = await retailer.usage([NOBODY])
    assert refused.headers["x-fapi-interaction-id"] == retailer.headers["x-fapi-interaction-id"]
    assert refused.headers["x-v"] == "1"
    unsettled = await retailer.post("/usage", [SOLAR], 9)
    assert unsettled.headers["x-fapi-interaction-id"] == retailer.headers["x-fapi-interaction-id"]
    assert "x-v" not in unsettled.headers


async def test_a_body_of_another_type_is_refused(retailer: Retailer) -> None:
    headers = {**retailer.headers, "x-v": "1", "Content-Type": "text/plain"}
    response = await retailer.http.post(BASE, content=b'{"data": {"servicePointIds": []}}', headers=headers)
    assert code_of(response, 415) == "GeneralError/Expected"


async def test_an_empty_list_is_answered_with_no_records(retailer: Retailer) -> None:
    response = await retailer.service_points([])
    assert response.json()["data"] == {"servicePoints": []}
    assert response.json()["meta"] == {"totalRecords": 0, "totalPages": 0}


async def test_a_request_has_a_limited_number_of_service_points(ehub: RunningEHub, retailer: Retailer) -> None:
    """C-A15."""
    ehub.hub.change_settings(nmis_of_a_request=2)
    assert (await retailer.der([SOLAR, BATTERY])).status_code == 200
    refused = await retailer.der([SOLAR, BATTERY, DAILY])
    assert code_of(refused, 400) == "GeneralError/Expected"


async def test_a_wrong_method_is_answered_with_the_path(retailer: Retailer) -> None:
    """C-A14, case L13: AEMO's text has the path, and so the NMI."""
    response = await retailer.http.delete(f"{BASE}/{SOLAR}/der", headers=retailer.headers)
    assert code_of(response, 405) == "GeneralError/Expected"
    assert SOLAR in response.text


async def test_an_unknown_path_is_not_found(retailer: Retailer) -> None:
    response: httpx.Response = await retailer.http.get("/NEMRetail/cds-au/v1/other", headers=retailer.headers)
    assert code_of(response, 404) == "Resource/NotFound"
