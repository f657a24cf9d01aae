"""The page of the e-Hub."""

import httpx
import pytest

from tests.ops.sandbox.addresses import PORT
from tests.ops.sandbox.ehub.conftest import EHUB, RunningEHub
from tests.ops.sandbox.ehub.retailer import BASE, Retailer

PAGE = f"https://market.cdr-sandbox.localhost:{PORT}"
NMI = "4102000010"


async def test_the_page_shows_participants_faults_and_calls(ehub: RunningEHub, retailer: Retailer) -> None:
    await retailer.usage([f"410200001{digit}" for digit in range(5)], interval_reads="FULL")
    async with ehub.http(None) as http:
        page = await http.get(f"{PAGE}/")
        assert page.status_code == 200
        assert "listElectricityUsageForServicePointsSR" in page.text
        assert "4102000010, 4102000011, 4102000012 and 2 more" in page.text
        assert "4000000000 to 4999999999" in page.text
        assert "Every call is answered correctly" in page.text
        assert "Sandbox-Banksia-1" not in page.text
        assert (await http.get(f"{PAGE}/style.css")).status_code == 200


async def test_a_fault_is_added_and_ended_by_a_form(ehub: RunningEHub, retailer: Retailer) -> None:
    async with ehub.http(None) as http:
        form = {"kind": "error", "status": "429", "seconds": "0", "times": ""}
        added = await http.post(f"{PAGE}/faults", data=form, headers={"Origin": PAGE})
        assert (added.status_code, added.headers["location"]) == (303, "/")
        assert (await retailer.detail(NMI)).status_code == 429
        assert "error 429" in (await http.get(f"{PAGE}/")).text
        assert (await http.post(f"{PAGE}/faults/end", headers={"Origin": PAGE})).status_code == 303
        assert (await retailer.detail(NMI)).status_code == 200


@pytest.mark.parametrize(
    ("path", "form", "origin"),
    [
        ("/faults", {"kind": "unknown"}, PAGE),
        ("/faults", {"kind": "error", "status": "200"}, PAGE),
        ("/faults", {"kind": "error"}, "https://evil.test"),
        ("/faults/end", {}, "https://evil.test"),
    ],
)
async def test_a_wrong_form_and_one_of_another_page_are_refused(
    ehub: RunningEHub, path: str, form: dict[str, str], origin: str
) -> None:
    async with ehub.http(None) as http:
        assert (await http.post(f"{PAGE}{path}", data=form, headers={"Origin": origin})).status_code == 400
    assert ehub.hub.faults.all() == []


async def test_the_host_of_the_page_serves_nothing_else(ehub: RunningEHub, retailer: Retailer) -> None:
    """The operations are behind mutual TLS, which the host of the page does not have."""
    headers = {**retailer.headers, "x-v": "2"}
    assert (await retailer.http.get(f"{PAGE}{BASE}/{NMI}", headers=headers)).status_code == 404
    assert (await retailer.http.get(f"{EHUB}/", headers=headers)).status_code == 404
    other: httpx.Response = await retailer.http.get(f"https://other.test{BASE}/{NMI}", headers=headers)
    assert other.status_code == 404
