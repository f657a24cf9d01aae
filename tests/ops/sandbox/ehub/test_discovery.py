"""The public status and outages (C-A17)."""

import httpx
import pytest

from tests.ops.sandbox.ehub.conftest import EHUB, RunningEHub
from tests.ops.sandbox.ehub.retailer import DISCOVERY, code_of

OUTAGE = {"outageTime": "2026-12-01T10:00:00Z", "duration": "PT2H", "explanation": "Maintenance"}


async def test_the_status_is_ok_and_no_outage_is_planned(ehub: RunningEHub) -> None:
    async with ehub.http(None) as http:
        status = await http.get(f"{DISCOVERY}/status", headers={"x-v": "1"})
        assert status.json()["data"].keys() == {"status", "updateTime"}
        assert status.json()["data"]["status"] == "OK"
        assert status.json()["links"] == {"self": f"{EHUB}{DISCOVERY}/status"}
        assert status.headers["x-v"] == "1"
        outages = await http.get(f"{DISCOVERY}/outages", headers={"x-v": "1"})
        assert outages.json()["data"] == {"outages": []}
        assert code_of(await http.get(f"{DISCOVERY}/status", headers={"x-v": "2"}), 406) == "Header/UnsupportedVersion"


async def test_what_they_say_is_set_by_the_control_api(ehub: RunningEHub, control: httpx.AsyncClient) -> None:
    change = {
        "status": "PARTIAL_FAILURE",
        "explanation": "Usage is slow",
        "detected_at": "2026-11-25T01:00:00Z",
        "expected_resolution": "2026-11-25T03:00:00Z",
        "outages": [{**OUTAGE, "isPartial": True}],
    }
    assert (await control.put("/availability", json=change)).status_code == 200
    async with ehub.http(None) as http:
        status = (await http.get(f"{DISCOVERY}/status", headers={"x-v": "1"})).json()["data"]
        assert status.pop("updateTime")
        assert status == {
            "status": "PARTIAL_FAILURE",
            "explanation": "Usage is slow",
            "detectionTime": "2026-11-25T01:00:00Z",
            "expectedResolutionTime": "2026-11-25T03:00:00Z",
        }
        outages = (await http.get(f"{DISCOVERY}/outages", headers={"x-v": "1"})).json()["data"]["outages"]
    assert outages == [{**OUTAGE, "isPartial": True}]
    assert (await control.put("/availability", json={})).json()["status"] == "OK"


@pytest.mark.parametrize(
    "change", [{"status": "BROKEN"}, {"explanation": ""}, {"outages": [{**OUTAGE, "duration": "two hours"}]}]
)
async def test_a_wrong_value_is_refused(control: httpx.AsyncClient, change: dict[str, object]) -> None:
    assert (await control.put("/availability", json=change)).status_code == 400
