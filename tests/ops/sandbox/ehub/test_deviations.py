"""Answers that are not as the standards define them, as AEMO is known to give them."""

from typing import Any, get_args

import httpx
import pytest

from ops.sandbox.ehub.deviations import DEVIATIONS, DeviationKind
from ops.sandbox.ehub.nmi import with_checksum
from tests.ops.sandbox.ehub.conftest import RunningEHub
from tests.ops.sandbox.ehub.retailer import TOKEN, Retailer, basic, errors_of
from tests.ops.sandbox.ehub.test_faults import fail

NMI, OTHER, SOLAR, BATTERY = "4102000010", "4102000011", "4102000014", "4102000015"
Json = dict[str, Any]


def test_every_kind_has_its_change() -> None:
    assert set(DEVIATIONS) == set(get_args(DeviationKind))


async def deviating(control: httpx.AsyncClient, kind: str, **fault: Any) -> None:
    """End the faults of earlier steps, and activate this one."""
    await control.delete("/faults")
    await fail(control, kind, **fault)


def data(response: httpx.Response) -> Json:
    assert response.status_code == 200, response.text
    found: Json = response.json()["data"]
    return found


async def points(retailer: Retailer) -> list[Json]:
    found: list[Json] = data(await retailer.service_points([NMI, OTHER, SOLAR]))["servicePoints"]
    return found


async def test_a_jurisdiction_can_be_iso(control: httpx.AsyncClient, retailer: Retailer) -> None:
    """C-D2, case 1 of section 10: one of three service points."""
    await deviating(control, "jurisdiction-iso", nmis=[OTHER])
    codes = [point["jurisdictionCode"] == "ISO" for point in await points(retailer)]
    assert codes == [False, True, False]
    assert data(await retailer.detail(OTHER))["jurisdictionCode"] == "ISO"
    assert data(await retailer.detail(NMI))["jurisdictionCode"] != "ISO"


async def test_the_loss_factor_can_be_missing_or_empty(control: httpx.AsyncClient, retailer: Retailer) -> None:
    """C-D1, case 4 of section 10."""
    await deviating(control, "no-loss-factor")
    assert "distributionLossFactor" not in data(await retailer.detail(NMI))
    for kind, value in (("empty-loss-factor", None), ("blank-loss-factor", "")):
        await deviating(control, kind)
        factor = data(await retailer.detail(NMI))["distributionLossFactor"]
        assert factor == {"code": value, "description": value, "lossValue": value}
    assert "distributionLossFactor" not in (await points(retailer))[0]


async def test_meters_and_suffixes_can_be_missing(control: httpx.AsyncClient, retailer: Retailer) -> None:
    """C-D5, C-D15."""
    await deviating(control, "no-meters")
    assert "meters" not in data(await retailer.detail(NMI))
    await deviating(control, "no-register-suffix")
    (meter,) = data(await retailer.detail(NMI))["meters"]
    assert "registerSuffix" not in meter["registers"][0]
    (read,) = data(await retailer.usage_of(NMI, page_size=1))["reads"]
    assert "registerSuffix" not in read
    assert read["registerId"] == "E1"


async def test_numbers_and_dates_of_der_can_be_null(control: httpx.AsyncClient, retailer: Retailer) -> None:
    """C-D1, C-D4."""
    await deviating(control, "null-der-numbers")
    record = data(await retailer.der_of(SOLAR))
    assert [record[name] for name in ("approvedCapacity", "availablePhasesCount", "installedPhasesCount")] == [None] * 3
    assert record["acConnections"][0]["inverterDeviceCapacity"] is None
    await deviating(control, "no-commissioning-date")
    (record,) = data(await retailer.der([SOLAR]))["derRecords"]
    assert record["acConnections"][0]["commissioningDate"] is None


async def test_no_der_can_be_not_found_empty_or_missing(control: httpx.AsyncClient, retailer: Retailer) -> None:
    """C-D3. The service point that has DER is answered in each case."""
    for kind in ("no-der-not-found", "no-der-empty", "no-der-missing"):
        await deviating(control, kind)
        response = await retailer.der([NMI, SOLAR])
        assert [record["servicePointId"] for record in data(response)["derRecords"]] == [SOLAR]
        assert response.json()["meta"]["totalRecords"] == 1
        assert data(await retailer.der_of(SOLAR))["acConnections"]
        single = await retailer.der_of(NMI)
        if kind == "no-der-not-found":
            errors_of(single, 404)
        else:
            assert single.status_code == 200
            assert single.json().get("data") == ({} if kind == "no-der-empty" else None)


async def test_a_service_point_that_was_not_asked_for_can_be_there(
    control: httpx.AsyncClient, retailer: Retailer
) -> None:
    """Case L13."""
    await deviating(control, "unasked-service-point", other_nmi="4777777777")
    assert [point["servicePointId"] for point in await points(retailer)] == [NMI, OTHER, SOLAR, "4777777777"]
    reads = data(await retailer.usage([NMI], page_size=2))["reads"]
    assert [read["servicePointId"] for read in reads] == [NMI, NMI, "4777777777"]
    assert data(await retailer.der_of(SOLAR))["servicePointId"] == "4777777777"


async def test_nmis_can_have_their_checksum(control: httpx.AsyncClient, retailer: Retailer) -> None:
    """C-I6."""
    await deviating(control, "nmi-with-checksum")
    nmis = [point["servicePointId"] for point in await points(retailer)]
    assert nmis == [with_checksum(nmi) for nmi in (NMI, OTHER, SOLAR)]
    assert data(await retailer.detail(NMI))["nationalMeteringId"] == with_checksum(NMI)


async def test_records_can_be_in_another_order(control: httpx.AsyncClient, retailer: Retailer) -> None:
    """C-I1: the data holder sorts."""
    await deviating(control, "unsorted")
    assert [point["servicePointId"] for point in await points(retailer)] == [SOLAR, OTHER, NMI]


async def test_qualities_can_be_missing(control: httpx.AsyncClient, retailer: Retailer) -> None:
    """C-Q5."""
    await deviating(control, "no-read-qualities")
    (read,) = data(await retailer.usage_of(NMI, interval_reads="FULL", page_size=1))["reads"]
    assert read["intervalRead"].keys() == {"aggregateValue", "readIntervalLength", "intervalReads"}


async def test_answers_can_have_the_shapes_of_the_samples(control: httpx.AsyncClient, retailer: Retailer) -> None:
    """C-A13."""
    whole = data(await retailer.usage_of(NMI, interval_reads="MIN_30", page_size=20))["reads"]
    await deviating(control, "samples-intervals")
    reads = data(await retailer.usage_of(NMI, interval_reads="MIN_30", page_size=20))["reads"]
    for read, standard in zip(reads, whole, strict=True):
        assert "readQualities" not in read["intervalRead"]
        objects = read["intervalRead"]["intervalReads"]
        assert [each["value"] for each in objects] == standard["intervalRead"]["intervalReads"]
        marked = {position for position, each in enumerate(objects, 1) if each["quality"] != "ACTUAL"}
        ranges = standard["intervalRead"]["readQualities"]
        assert marked == {
            position for entry in ranges for position in range(entry["startInterval"], entry["endInterval"] + 1)
        }
    assert any(read["intervalRead"]["readQualities"] for read in whole), "some of these days have substitutes"
    await deviating(control, "samples-names")
    assert "meterID" in data(await retailer.usage_of(NMI, page_size=1))["reads"][0]
    assert "meterID" in data(await retailer.detail(NMI))["meters"][0]
    assert "exportLimitkva" in data(await retailer.der_of(SOLAR))["protectionMode"]
    await deviating(control, "samples-strings")
    assert data(await retailer.der_of(BATTERY))["islandableInstallation"] == "true"
    assert data(await retailer.der_of(SOLAR))["islandableInstallation"] == "false"


async def test_links_can_have_page_numbers_except_for_the_next_page(
    control: httpx.AsyncClient, retailer: Retailer
) -> None:
    """C-A13."""
    await deviating(control, "samples-links")
    links = (await retailer.usage_of(NMI)).json()["links"]
    following = links.pop("next")
    assert all(isinstance(link, int) for link in links.values())
    assert (await retailer.follow(following)).status_code == 200


async def test_errors_can_have_another_key_and_a_blank_behind_the_code(
    control: httpx.AsyncClient, retailer: Retailer
) -> None:
    """C-A13."""
    await deviating(control, "samples-errors")
    await fail(control, "padded-codes")
    response = await retailer.detail("1102000010")
    assert response.status_code == 404
    (error,) = response.json()["error 1"]
    assert error["code"] == "InvalidSP-001 "


async def test_a_token_can_have_the_names_of_the_sample(ehub: RunningEHub, control: httpx.AsyncClient) -> None:
    """AEMO, OAuth API: the sample spells `acess_token` so, and has the seconds as a text."""
    await deviating(control, "samples-token")
    headers = {"Authorization": basic("aurora-client", "Sandbox-Aurora-1")}
    async with ehub.http("AURORA") as http:
        issued = (await http.post(TOKEN, params={"grant_type": "client_credentials"}, headers=headers)).json()
        assert issued["access_token_expires_in"] == "3599"
        retailer = Retailer(http, "AURORA", "", "")
        retailer.headers["Authorization"] = f"Bearer {issued['acess_token']}"
        assert (await retailer.detail("6102000010")).status_code == 200


@pytest.mark.parametrize("kind", sorted(get_args(DeviationKind)))
async def test_every_operation_is_answered_with_every_deviation(
    ehub: RunningEHub, control: httpx.AsyncClient, retailer: Retailer, kind: str
) -> None:
    """A deviation changes what it concerns, and nothing else fails."""
    await deviating(control, kind)
    today = ehub.today
    answers = [
        await retailer.service_points([NMI]),
        await retailer.service_points([]),
        await retailer.detail(NMI),
        await retailer.usage([NMI, SOLAR], interval_reads="FULL", page_size=3),
        await retailer.usage([NMI], oldest_date=today, newest_date=today),
        await retailer.usage_of("4102000018"),
        await retailer.der([NMI, SOLAR]),
        await retailer.der_of(SOLAR),
    ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert (await retailer.detail("1102000010")).status_code == 404
