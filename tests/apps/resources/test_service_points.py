"""Get Service Points and Get Service Point Detail: what they give, for which service points, in which order."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select, update

from haas.clock import MovableClock
from tenants.accounts.tables import account, holding
from tenants.operations.endpoints import ENDPOINTS
from tenants.operations.models import Endpoint
from tenants.operations.resources import DER, SERVICE_POINT_DETAIL, SERVICE_POINTS
from tenants.sources.store import STORED
from tests.apps.resources.conftest import ALL_SCOPES, Brand, Sharing
from tests.support.expectations import cds_error
from tests.support.operations import requests
from tests.support.service_points import LIST_MEMBERS, METER, ServicePoints, detail_of

POINTS = "/energy/electricity/servicepoints"
INVALID = "cds-energy:Authorisation/InvalidServicePoint"
OPERATIONS = [each for each in ENDPOINTS if each.resource in {SERVICE_POINTS, SERVICE_POINT_DETAIL, DER}]
operations = pytest.mark.parametrize("endpoint", OPERATIONS, ids=lambda endpoint: endpoint.operation)
_numbers: Iterator[int] = count(1)


def new_nmi() -> str:
    """Return an NMI that no other service point of the tests has. A later one is greater."""
    return f"6{next(_numbers):09}"


@pytest.fixture
def points(brand: Brand) -> ServicePoints:
    return ServicePoints(brand.application.database, brand.tenant, brand.application.now)


async def listed(sharing: Sharing, **parameters: Any) -> list[dict[str, Any]]:
    response = await sharing.get(POINTS, params=parameters)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["data"]["servicePoints"]
    return found


async def test_service_points_are_listed_by_nmi_and_their_detail_has_more(
    brand: Brand, sharing: Sharing, points: ServicePoints
) -> None:
    """C-I3, C-I6, C-S3, C-D16: the list is in the order of the NMIs; all values are those of the retailer."""
    first, second = sharing.consumer.account_ids
    nmis = [new_nmi() for _ in range(6)]
    internal = [await points.add(nmi, first if number % 2 else second) for number, nmi in enumerate(reversed(nmis))]
    response = await sharing.get(POINTS)
    assert response.headers["x-v"] == "2"
    body = response.json()
    identifiers = [point["servicePointId"] for point in body["data"]["servicePoints"]]
    assert body == {
        "data": {
            "servicePoints": [
                {"servicePointId": identifier, "nationalMeteringId": nmi, **LIST_MEMBERS}
                for identifier, nmi in zip(identifiers, nmis, strict=True)
            ]
        },
        "links": {"self": f"{brand.tenant.secure_base}/cds-au/v1{POINTS}"},
        "meta": {"totalRecords": 6, "totalPages": 1},
    }
    assert not {str(point) for point in internal} & set(identifiers)
    for identifier, nmi in zip(identifiers, nmis, strict=True):
        detail = await sharing.get(f"{POINTS}/{identifier}")
        assert detail.headers["x-v"] == "2"
        assert detail.json() == {
            "data": detail_of(nmi, identifier),
            "links": {"self": f"{brand.tenant.secure_base}/cds-au/v1{POINTS}/{identifier}"},
            "meta": {},
        }


async def test_pages_of_service_points_do_not_overlap(brand: Brand, sharing: Sharing, points: ServicePoints) -> None:
    nmis = [new_nmi() for _ in range(3)]
    for nmi in nmis:
        await points.add(nmi, sharing.consumer.account_ids[0])
    pages = [(await listed(sharing, **{"page": number, "page-size": 2})) for number in (1, 2)]
    assert [[point["nationalMeteringId"] for point in page] for page in pages] == [nmis[:2], nmis[2:]]
    base = f"{brand.tenant.secure_base}/cds-au/v1{POINTS}"
    second = (await sharing.get(POINTS, params={"page": 2, "page-size": 2})).json()
    assert second["links"] == {
        "self": f"{base}?page=2&page-size=2",
        "first": f"{base}?page=1&page-size=2",
        "prev": f"{base}?page=1&page-size=2",
    }
    assert second["meta"] == {"totalRecords": 3, "totalPages": 2}
    assert len(await listed(sharing, **{"page-size": 1000})) == 3


async def test_a_customer_without_service_points_has_an_empty_list(sharing: Sharing) -> None:
    response = await sharing.get(POINTS)
    assert response.json()["data"] == {"servicePoints": []}
    assert response.json()["meta"] == {"totalRecords": 0, "totalPages": 0}


async def test_a_service_point_of_two_accounts_is_one_record_with_one_id(
    sharing: Sharing, points: ServicePoints
) -> None:
    """C-P10, C-I4."""
    point = await points.add(new_nmi(), *sharing.consumer.account_ids)
    await points.supply(point, sharing.consumer.account_ids[0], date(2019, 1, 1), date(2019, 12, 31))
    [only] = await listed(sharing)
    assert (await sharing.get(f"{POINTS}/{only['servicePointId']}")).status_code == 200


async def test_the_plans_of_accounts_have_the_same_ids(brand: Brand, sharing: Sharing, points: ServicePoints) -> None:
    """C-I5."""
    first, _ = sharing.consumer.account_ids
    point = await points.add(new_nmi(), first)
    [(summary, detail)] = await brand.execute(select(account.c.summary, account.c.detail).where(account.c.id == first))
    for plans in (summary, detail):
        plans[0]["servicePointIds"] = [str(point)]
    await brand.execute(update(account).where(account.c.id == first).values(summary=summary, detail=detail))
    [identifier] = await sharing.point_ids()
    accounts = (await sharing.get("/energy/accounts")).json()["data"]["accounts"]
    assert [identifier] in [each["plans"][0]["servicePointIds"] for each in accounts]
    details = [(await sharing.get(f"/energy/accounts/{each}")).json() for each in await sharing.account_ids()]
    assert [identifier] in [each["data"]["plans"][0]["servicePointIds"] for each in details]


async def test_each_recipient_and_each_customer_has_ids_of_its_own(
    brand: Brand, sharing: Sharing, points: ServicePoints
) -> None:
    """C-I4: joint holders of an account get different ids, and another consent gets the same ones."""
    shared, other = sharing.consumer.account_ids[0], await brand.consumer()
    row = {"customer_id": other.customer_id, "account_id": shared, "role": "joint-holder", "valid_from": date.min}
    await brand.execute(insert(holding).values(row))
    other.account_ids.append(shared)
    await points.add(new_nmi(), shared)
    of = [
        sharing,
        await brand.share(sharing.consumer),
        await brand.share(other, sharing.client),
    ]
    found = [await each.point_ids() for each in of]
    assert len({identifier for [identifier] in found}) == 3
    assert await (await brand.share(sharing.consumer, sharing.client)).point_ids() == found[0]
    cds_error(await of[1].get(f"{POINTS}/{found[0][0]}"), INVALID, f"^{found[0][0]}$", 404)


@operations
async def test_each_operation_needs_its_own_scope(brand: Brand, endpoint: Endpoint) -> None:
    scope = " ".join(scope for scope in ALL_SCOPES.split() if scope != endpoint.scope)
    without = await brand.share(scope=scope)
    for path, options in requests(endpoint, {"service-point": ["anything"]}):
        cds_error(await without.get(path, **options), "Authorisation/InvalidConsent", endpoint.scope or "", 403)


async def test_the_nmi_is_given_with_the_scopes_of_service_points_only(
    brand: Brand, sharing: Sharing, points: ServicePoints
) -> None:
    """C-I5, C-I6, C-D23: no other operation, no link, no header and no error contains it."""
    nmi = new_nmi()
    point = await points.add(nmi, sharing.consumer.account_ids[0])
    await points.add_der(point)
    known = {"account": await sharing.account_ids(), "service-point": await sharing.point_ids()}
    having: set[str | None] = set()
    for endpoint in ENDPOINTS:
        if endpoint.transport == "public" or endpoint.resource is None:
            continue
        for path, options in requests(endpoint, known):
            response = await sharing.get(path, **options)
            assert nmi not in str(response.headers)
            if nmi in response.text:
                having.add(endpoint.scope)
    assert having == {
        "energy:electricity.servicepoints.basic:read",
        "energy:electricity.servicepoints.detail:read",
    }


@pytest.mark.parametrize("meters", [None, []])
@pytest.mark.parametrize("status", ["EXTINCT", "GREENFIELD", "OFF_MARKET"])
async def test_a_service_point_without_meters_is_given(
    sharing: Sharing, points: ServicePoints, status: str, meters: Any
) -> None:
    """C-D5, C-S5: `meters` is empty or absent."""
    await points.add(new_nmi(), sharing.consumer.account_ids[0], servicePointStatus=status, meters=meters)
    [point] = await listed(sharing)
    assert point["servicePointStatus"] == status
    response = await sharing.get(f"{POINTS}/{point['servicePointId']}")
    assert (response.status_code, response.json()["data"].get("meters")) == (200, meters)


async def test_registers_may_be_missing_and_may_have_no_suffix(sharing: Sharing, points: ServicePoints) -> None:
    """C-D15, C-S5."""
    bare = {name: value for name, value in METER.items() if name != "registers"}
    meters = [METER, {**bare, "meterId": "M-2"}, {**bare, "meterId": "M-3", "registers": []}]
    await points.add(new_nmi(), sharing.consumer.account_ids[0], meters=meters)
    [identifier] = await sharing.point_ids()
    response = await sharing.get(f"{POINTS}/{identifier}")
    assert response.json()["data"]["meters"] == meters
    assert "registerSuffix" not in response.json()["data"]["meters"][0]["registers"][1]


async def test_a_date_of_the_consumers_change_that_is_not_known_is_absent(
    sharing: Sharing, points: ServicePoints
) -> None:
    """C-D26, C-S4: it is not replaced by the start of the supply."""
    await points.add(new_nmi(), sharing.consumer.account_ids[0], lastConsumerChangeDate=None)
    [point] = await listed(sharing)
    detail = (await sharing.get(f"{POINTS}/{point['servicePointId']}")).json()["data"]
    assert "lastConsumerChangeDate" not in point | detail


async def test_an_invalid_detail_is_unavailable_and_the_service_point_stays_in_the_list(
    brand: Brand, sharing: Sharing, points: ServicePoints
) -> None:
    """C-S6: an import refuses it, but an earlier release may have stored it. `haas tenant check-data` lists it."""
    nmi = new_nmi()
    await points.add(nmi, sharing.consumer.account_ids[0], distributionLossFactor=None)
    [identifier] = await sharing.point_ids()
    unavailable = "cds-energy:Authorisation/UnavailableServicePoint"
    cds_error(await sharing.get(f"{POINTS}/{identifier}"), unavailable, f"^{identifier}$", 404)
    assert (await sharing.get(f"{POINTS}/{identifier}/der")).status_code == 200

    async def found(tx: Any) -> set[tuple[str, str]]:
        of_points = (STORED[resource] for resource in (SERVICE_POINTS, SERVICE_POINT_DETAIL, DER))
        return {(each.resource.name, each.reference) for one in of_points async for each in one.invalid_items(tx)}

    assert {name for name, reference in await brand.run(found) if reference == f"SP {nmi}"} == {"service point detail"}


VERSIONED = [endpoint for endpoint in OPERATIONS if len(endpoint.versions) > 1]


@pytest.mark.parametrize("endpoint", VERSIONED, ids=lambda endpoint: endpoint.operation)
async def test_version_1_is_served_until_16_march_2026(
    brand: Brand, clock: MovableClock, points: ServicePoints, endpoint: Endpoint
) -> None:
    """C-V2: it has everything of version 2 but the date of the consumer's change."""
    clock.move(datetime(2026, 3, 15, 12, 58, tzinfo=UTC) - brand.application.now)
    sharing = await brand.share()
    await points.add(new_nmi(), sharing.consumer.account_ids[0])
    [(path, options)] = requests(endpoint, {"service-point": await sharing.point_ids()})

    async def version(number: str) -> httpx.Response:
        return await sharing.get(path, **options, headers={"x-v": number, "x-min-v": number})

    old, new = await version("1"), await version("2")
    assert (old.headers["x-v"], new.headers["x-v"]) == ("1", "2")
    assert old.text == new.text.replace(',"lastConsumerChangeDate":"2023-02-11"', "") != new.text
    clock.move(timedelta(minutes=3))
    cds_error(await version("1"), "Header/UnsupportedVersion", "supported: 2$", 406)
