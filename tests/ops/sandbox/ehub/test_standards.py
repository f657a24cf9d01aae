"""Every answer of the e-Hub has the shape that the API definition of the secondary data holder has."""

from typing import get_args

import pytest

from ops.sandbox.ehub.models import Meter, PointSettings
from tests.ops.sandbox.ehub.conftest import RunningEHub
from tests.ops.sandbox.ehub.retailer import DISCOVERY, Retailer
from tests.support.standards import SECONDARY_FILES, Standards, official_folder

METERS: tuple[Meter, ...] = get_args(Meter)
NMIS = [f"VKTS78615{number}" for number in range(len(METERS))]


@pytest.fixture(scope="module")
def standards() -> Standards:
    return Standards(official_folder(), (*SECONDARY_FILES, "cds_common.json"))


@pytest.fixture
async def points(ehub: RunningEHub) -> list[str]:
    """A service point with each meter."""
    for nmi, meter in zip(NMIS, METERS, strict=True):
        await ehub.hub.points.put(nmi, PointSettings(participant_id="BANKSIA", meter=meter))
    return NMIS


async def test_answers_have_the_shape_of_the_definition(
    standards: Standards, points: list[str], retailer: Retailer
) -> None:
    found: list[str] = []
    lists = {
        "listElectricityServicePointsSR": await retailer.service_points(points),
        "listElectricityDERForSpecificServicePointsSR": await retailer.der(points),
    }
    for operation, response in lists.items():
        found += standards.violations(operation, int(response.headers["x-v"]), response.json())
    for word in ("NONE", "MIN_30", "FULL"):
        usage = await retailer.usage(points, interval_reads=word, page_size=40)
        found += standards.violations("listElectricityUsageForServicePointsSR", 1, usage.json())
        for nmi in points:
            usage = await retailer.usage_of(nmi, interval_reads=word, page_size=5)
            found += standards.violations("getElectricityServicePointUsageSR", 1, usage.json())
    for nmi in points:
        found += standards.violations("getElectricityServicePointDetailSR", 2, (await retailer.detail(nmi)).json())
        found += standards.violations("getElectricityDERForServicePointSR", 1, (await retailer.der_of(nmi)).json())
    assert found == []


async def test_status_and_outages_have_the_shape_of_the_definition(standards: Standards, retailer: Retailer) -> None:
    for operation, path in (("getStatus", "status"), ("getOutages", "outages")):
        response = await retailer.http.get(f"{DISCOVERY}/{path}", headers={"x-v": "1"})
        assert standards.violations(operation, 1, response.json()) == []
