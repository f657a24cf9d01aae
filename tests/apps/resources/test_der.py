"""Get DER For Service Point, Get Bulk DER and Get DER For Specific Service Points."""

import logging
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import update

from tenants.sources.tables import der_record
from tests.apps.resources.conftest import Brand, Sharing
from tests.apps.resources.test_disclosed_service_points import UNAVAILABLE
from tests.apps.resources.test_service_points import POINTS, new_nmi, points
from tests.support.expectations import cds_error
from tests.support.operations import JSON
from tests.support.service_points import NO_DER, SOLAR, ServicePoints

__all__ = ["points"]
BULK = f"{POINTS}/der"


async def post(sharing: Sharing, *identifiers: str, **options: Any) -> httpx.Response:
    content = msgspec.json.encode({"data": {"servicePointIds": identifiers}, "meta": {}})
    return await sharing.get(BULK, method="POST", content=content, headers=JSON, **options)


def records(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["data"]["derRecords"]
    return found


async def test_a_record_is_given_alone_and_in_lists(brand: Brand, sharing: Sharing, points: ServicePoints) -> None:
    point = await points.add(new_nmi(), sharing.consumer.account_ids[0])
    await points.add_der(point)
    [identifier] = await sharing.point_ids()
    expected = {"servicePointId": identifier, **SOLAR}
    path = f"{POINTS}/{identifier}/der"
    response = await sharing.get(path)
    assert response.headers["x-v"] == "1"
    assert response.json() == {
        "data": expected,
        "links": {"self": f"{brand.tenant.secure_base}/cds-au/v1{path}"},
        "meta": {},
    }
    for response in (await sharing.get(BULK), await post(sharing, identifier)):
        assert response.headers["x-v"] == "1"
        assert response.json() == {
            "data": {"derRecords": [expected]},
            "links": {"self": f"{brand.tenant.secure_base}/cds-au/v1{BULK}"},
            "meta": {"totalRecords": 1, "totalPages": 1},
        }


async def test_a_service_point_without_der_has_one_record_of_zeros(sharing: Sharing, points: ServicePoints) -> None:
    """C-D3, C-R1: in the answers of all three operations."""
    await points.add(new_nmi(), sharing.consumer.account_ids[0])
    [identifier] = await sharing.point_ids()
    expected = {"servicePointId": identifier, **NO_DER}
    assert (await sharing.get(f"{POINTS}/{identifier}/der")).json()["data"] == expected
    for response in (await sharing.get(BULK), await post(sharing, identifier)):
        assert records(response) == [expected]
        assert response.json()["meta"] == {"totalRecords": 1, "totalPages": 1}


async def test_the_records_are_in_the_order_of_the_nmis_and_pages_count_those_of_zeros(
    sharing: Sharing, points: ServicePoints
) -> None:
    """C-I3: the same order as that of the service points, whatever the ids are."""
    first, second = sharing.consumer.account_ids
    for number, nmi in enumerate(reversed([new_nmi() for _ in range(5)])):
        point = await points.add(nmi, first if number % 2 else second)
        if number != 2:
            await points.add_der(point, {**SOLAR, "approvedCapacity": number + 0.5})
    identifiers = await sharing.point_ids()
    whole = records(await sharing.get(BULK))
    assert [record["approvedCapacity"] for record in whole] == [4.5, 3.5, 0, 1.5, 0.5]
    assert [record["servicePointId"] for record in whole] == identifiers
    assert records(await post(sharing, *reversed(identifiers))) == whole
    for ask in (
        lambda **page: sharing.get(BULK, params=page),
        lambda **page: post(sharing, *identifiers, params=page),
    ):
        pages = [await ask(**{"page": number, "page-size": 2}) for number in (1, 2, 3)]
        assert [record for page in pages for record in records(page)] == whole
        assert pages[0].json()["meta"] == {"totalRecords": 5, "totalPages": 3}
        cds_error(await ask(**{"page": 4, "page-size": 2}), "Field/InvalidPage", "^3$", 422)
    assert [each["servicePointId"] for each in records(await post(sharing, identifiers[2]))] == [identifiers[2]]


async def test_an_empty_list_names_no_service_point(sharing: Sharing, points: ServicePoints) -> None:
    await points.add(new_nmi(), sharing.consumer.account_ids[0])
    response = await post(sharing)
    assert records(response) == []
    assert response.json()["meta"] == {"totalRecords": 0, "totalPages": 0}


async def test_a_body_names_service_points_and_not_accounts(sharing: Sharing) -> None:
    content = msgspec.json.encode({"data": {"accountIds": []}})
    response = await sharing.get(BULK, method="POST", content=content, headers=JSON)
    cds_error(response, "Field/Missing", "^data/servicePointIds$", 400)


async def test_an_invalid_record_is_left_out_and_no_zeros_are_given_instead(
    brand: Brand, sharing: Sharing, points: ServicePoints, caplog: pytest.LogCaptureFixture
) -> None:
    """Zeros would say that no DER is recorded."""
    point = await points.add(new_nmi(), sharing.consumer.account_ids[0])
    await points.add_der(point)
    [identifier] = await sharing.point_ids()
    stored = update(der_record).where(der_record.c.service_point_id == point)
    await brand.execute(stored.values(detail={"servicePointId": str(point), **SOLAR, "installedPhasesCount": 4}))
    with caplog.at_level(logging.WARNING):
        cds_error(await sharing.get(f"{POINTS}/{identifier}/der"), UNAVAILABLE, f"^{identifier}$", 404)
    [event] = [record for record in caplog.records if record.getMessage() == "sources.invalid_item"]
    assert (vars(event)["resource"], "$.installedPhasesCount" in vars(event)["problem"]) == ("der", True)
    assert records(await sharing.get(BULK)) == []
