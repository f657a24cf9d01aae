"""The e-Hub fails as it is told: which calls, and how (section 8 of the data rules, and case L13)."""

import time
from typing import Any

import httpx
import pytest

from tests.ops.sandbox.ehub.conftest import RunningEHub
from tests.ops.sandbox.ehub.retailer import Retailer, code_of, errors_of

NMI, OTHER, SOLAR = "4102000010", "4102000011", "4102000014"


async def fail(control: httpx.AsyncClient, kind: str, **fault: Any) -> int:
    response = await control.post("/faults", json={"kind": kind, **fault})
    assert response.status_code == 201, response.text
    number: int = response.json()["id"]
    return number


@pytest.mark.parametrize(
    ("status", "code", "title"),
    [
        (400, "GeneralError/Expected", "Expected Error Encountered"),
        (401, "GeneralError/Expected", "Expected Error Encountered"),
        (403, "GeneralError/Expected", "Expected Error Encountered"),
        (429, "GeneralError/Expected", "Too many requests"),
        (500, "GeneralError/Unexpected", "Unexpected Error Encountered"),
        (503, "Service/Unavailable", "Service Unavailable"),
    ],
)
async def test_calls_are_answered_with_a_status(
    control: httpx.AsyncClient, retailer: Retailer, status: int, code: str, title: str
) -> None:
    """C-A14, cases 6 and 9 of section 10."""
    await fail(control, "error", status=status)
    for response in (await retailer.detail(NMI), await retailer.usage([NMI])):
        (error,) = errors_of(response, status)
        assert error["code"] == f"urn:au-cds:error:cds-all:{code}"
        assert error["title"] == title
        assert "retry-after" not in response.headers


async def test_the_texts_of_an_error_can_have_an_nmi(control: httpx.AsyncClient, retailer: Retailer) -> None:
    """Case L13: 422 with an NMI in the detail, and 400 with an NMI and its checksum in the title."""
    await fail(control, "error", status=422, detail=NMI, code="InvalidSP-001", urn="urn:x", times=1)
    await fail(control, "error", status=400, title=f"No data for {NMI}9", skip=0, times=1)
    (first,) = errors_of(await retailer.usage([NMI]), 422)
    assert (first["code"], first["detail"], first["meta"]) == ("InvalidSP-001", NMI, {"urn": "urn:x"})
    assert (await retailer.usage([NMI])).status_code == 200, "both faults met the first call, and are used up"
    await control.delete("/faults")
    await fail(control, "error", status=400, title=f"No data for {NMI}9")
    (second,) = errors_of(await retailer.usage([NMI]), 400)
    assert second["title"] == f"No data for {NMI}9"


async def test_an_html_page_can_be_the_answer(control: httpx.AsyncClient, retailer: Retailer) -> None:
    await fail(control, "html", status=502, detail=NMI)
    response = await retailer.detail(NMI)
    assert response.status_code == 502
    assert response.headers["content-type"].startswith("text/html")
    assert NMI in response.text


async def test_a_fault_is_for_calls_that_fit_its_selection(
    control: httpx.AsyncClient, retailer: Retailer, ehub: RunningEHub
) -> None:
    """Case 9 of section 10: only some batches are answered with 429."""
    await fail(control, "error", status=429, operation="listElectricityUsageForServicePointsSR", nmis=[f"{OTHER}5"])
    assert (await retailer.usage([NMI, SOLAR])).status_code == 200
    assert (await retailer.usage([SOLAR, OTHER])).status_code == 429
    assert (await retailer.der([OTHER])).status_code == 200
    assert (await retailer.usage_of(OTHER)).status_code == 200
    await control.delete("/faults")
    await fail(control, "error", participant_id="AURORA")
    assert (await retailer.detail(NMI)).status_code == 200
    assert [call.faults for call in ehub.hub.calls.since(0)] == [[], ["error"], [], [], []]


async def test_a_fault_skips_calls_and_ends_after_some(control: httpx.AsyncClient, retailer: Retailer) -> None:
    number = await fail(control, "error", status=503, skip=1, times=2)
    assert [(await retailer.detail(NMI)).status_code for _ in range(5)] == [200, 503, 503, 200, 200]
    (active,) = (await control.get("/faults")).json()["faults"]
    assert (active["id"], active["met"], active["used"]) == (number, 3, 2)
    assert (await control.delete(f"/faults/{number}")).status_code == 204
    assert (await control.get("/faults")).json() == {"faults": []}


async def test_the_oldest_fault_ends_when_there_are_too_many(control: httpx.AsyncClient, retailer: Retailer) -> None:
    oldest = await fail(control, "error")
    for _ in range(100):
        await fail(control, "slow")
    assert oldest not in {active["id"] for active in (await control.get("/faults")).json()["faults"]}
    assert (await retailer.detail(NMI)).status_code == 200


async def test_an_answer_can_be_slow(control: httpx.AsyncClient, retailer: Retailer) -> None:
    await fail(control, "slow", seconds=0.2, times=1)
    began = time.monotonic()
    assert (await retailer.detail(NMI)).status_code == 200
    assert time.monotonic() - began >= 0.2


async def test_a_body_can_arrive_in_small_parts(control: httpx.AsyncClient, retailer: Retailer) -> None:
    whole = (await retailer.detail(NMI)).content
    await fail(control, "trickle", seconds=0.2)
    began = time.monotonic()
    assert (await retailer.detail(NMI)).content == whole
    assert time.monotonic() - began >= 0.1


async def test_the_caller_can_be_told_that_it_is_not_the_frmp(control: httpx.AsyncClient, retailer: Retailer) -> None:
    """C-D6."""
    await fail(control, "not-frmp", nmis=[OTHER])
    (error,) = errors_of(await retailer.usage([NMI, OTHER]), 422)
    assert (error["code"], error["detail"]) == ("InvalidSP-001", OTHER)
    assert code_of(await retailer.service_points([NMI, OTHER]), 400) == "InvalidSP-001"
    assert code_of(await retailer.der_of(OTHER), 404) == "InvalidSP-001"
    assert (await retailer.usage([NMI])).status_code == 200
    await fail(control, "not-frmp")
    assert len(errors_of(await retailer.usage([NMI, SOLAR]), 422)) == 2


async def test_a_change_of_the_password_can_fail_in_each_way(ehub: RunningEHub, control: httpx.AsyncClient) -> None:
    """A-2: refused, failed before it was made, and made although the answer is an error."""
    await control.put("/participants/FAILING", json={"username": "F", "password": "Before-Change-1"})
    await control.put("/service-points/VAAA000065", json={"participant_id": "FAILING"})
    async with ehub.http("FAILING") as http:
        retailer = Retailer(http, "FAILING", "F", "Before-Change-1")
        await fail(control, "password-not-changed", operation="ChangePassword", times=1)
        answer = await retailer.change_password("Before-Change-1", "After-Change-2")
        assert (answer.status_code, answer.json()["Success"]) == (200, False)
        await fail(control, "error", operation="ChangePassword", times=1)
        assert (await retailer.change_password("Before-Change-1", "After-Change-2")).status_code == 500
        assert (await retailer.detail("VAAA000065")).status_code == 200, "the password was not changed"
        await fail(control, "error", operation="ChangePassword", executed=True, times=1)
        assert (await retailer.change_password("Before-Change-1", "After-Change-2")).status_code == 500
        assert (await retailer.detail("VAAA000065")).status_code == 401, "the password was changed"
        changed = Retailer(http, "FAILING", "F", "After-Change-2")
        assert (await changed.detail("VAAA000065")).status_code == 200
