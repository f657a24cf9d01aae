"""Get Status and Get Outages."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import delete

from haas.clock import MovableClock
from tenants.availability import store
from tenants.availability.models import Outage
from tenants.availability.tables import outage as outages
from tests.apps.resources.conftest import Brand, Sharing
from tests.support.expectations import cds_error

STATUS, OUTAGES = "/discovery/status", "/discovery/outages"
MOMENTS = ("detectionTime", "expectedResolutionTime", "updateTime")


def outage(starts_at: datetime, **changes: Any) -> Outage:
    values: dict[str, Any] = {
        "id": uuid4(),
        "starts_at": starts_at,
        "ends_at": None,
        "planned": False,
        "announced_at": starts_at,
        "partial": False,
        "explanation": "Something.",
        "opened_by": "staff",
        "updated_at": starts_at,
        **changes,
    }
    return Outage(**values)


@pytest.fixture(autouse=True)
async def delete_outages_after_the_test(brand: Brand) -> AsyncIterator[None]:
    """Deletes the outages of the tenant when the test ends."""
    yield
    await brand.execute(delete(outages))


async def data_of(public: httpx.AsyncClient, path: str) -> Any:
    response = await public.get(path)
    assert response.status_code == 200, response.text
    return response.json()["data"]


async def test_the_status_is_ok_without_an_outage(brand: Brand, public: httpx.AsyncClient) -> None:
    response = await public.get(STATUS)
    assert response.status_code == 200
    assert response.json()["data"]["status"] == "OK"
    assert response.json()["links"] == {"self": f"{brand.tenant.issuer}/cds-au/v1{STATUS}"}
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["x-v"] == "1"
    assert ("getStatus", 200) in {(row.operation, row.status) for row in await brand.calls()}


async def test_the_list_of_outages_is_empty_without_an_outage(public: httpx.AsyncClient) -> None:
    assert await data_of(public, OUTAGES) == {"outages": []}


@pytest.mark.parametrize(("partial", "status"), [(True, "PARTIAL_FAILURE"), (False, "UNAVAILABLE")])
async def test_an_unplanned_outage_is_shown_until_it_ends(
    brand: Brand, public: httpx.AsyncClient, clock: MovableClock, *, partial: bool, status: str
) -> None:
    now = clock.now()
    expected = now + timedelta(hours=1)
    new = outage(now, partial=partial, explanation="Bills are late.", expected_end_at=expected)
    await brand.run(store.add, new)
    data = await data_of(public, STATUS)
    assert (data["status"], data["explanation"]) == (status, "Bills are late.")
    assert {name: datetime.fromisoformat(data[name]) for name in MOMENTS} == {
        "detectionTime": now,
        "expectedResolutionTime": expected,
        "updateTime": now,
    }
    assert await data_of(public, OUTAGES) == {"outages": []}
    ended = now + timedelta(seconds=1)
    clock.move(timedelta(seconds=2))
    assert await brand.run(store.close, new.id, closed_by="staff", now=ended)
    data = await data_of(public, STATUS)
    assert data["status"] == "OK"
    assert datetime.fromisoformat(data["updateTime"]) == ended


async def test_present_and_future_planned_outages_are_listed_and_past_ones_are_not(
    brand: Brand, public: httpx.AsyncClient
) -> None:
    now = brand.application.now
    for hours, explanation in ((48, "Later."), (-1, "Now."), (-3, "Over.")):
        starts_at = now + timedelta(hours=hours)
        planned = {"ends_at": starts_at + timedelta(hours=2), "planned": True, "explanation": explanation}
        await brand.run(store.add, outage(starts_at, **planned))
    found = (await data_of(public, OUTAGES))["outages"]
    assert [each["explanation"] for each in found] == ["Now.", "Later."]
    assert found[0]["duration"] == "PT2H"
    assert found[0]["isPartial"] is False
    assert (await data_of(public, STATUS))["status"] == "SCHEDULED_OUTAGE"
    await brand.run(store.add, outage(now - timedelta(minutes=5), explanation="Worse."))
    assert (await data_of(public, STATUS))["explanation"] == "Worse."


async def test_the_status_of_a_suspended_tenant_is_unavailable(
    brand: Brand, sharing: Sharing, public: httpx.AsyncClient
) -> None:
    async with brand.application.suspended(brand.tenant):
        assert (await data_of(public, STATUS))["status"] == "UNAVAILABLE"
        for refused in (await public.get(OUTAGES), await sharing.get("/energy/accounts")):
            cds_error(refused, "Service/Unavailable", "not available now", 503)
            assert refused.headers["retry-after"]
    assert await data_of(public, OUTAGES) == {"outages": []}
    assert len(await sharing.account_ids()) == 2
    counted = {(row.operation, row.status) for row in await brand.calls()}
    assert {("getOutages", 503), ("listEnergyAccounts", 503)} <= counted


@pytest.mark.parametrize("path", [STATUS, OUTAGES])
async def test_a_version_is_required_and_must_be_supported(public: httpx.AsyncClient, path: str) -> None:
    assert await data_of(public, path)
    unsupported = await public.get(path, headers={"x-v": "2"})
    cds_error(unsupported, "Header/UnsupportedVersion", "supported: 1", 406)
    assert unsupported.headers["access-control-allow-origin"] == "*"
    del public.headers["x-v"]
    cds_error(await public.get(path), "Header/Missing", "x-v", 400)


@pytest.mark.parametrize("path", [STATUS, OUTAGES])
async def test_a_preflight_request_of_any_origin_is_allowed(public: httpx.AsyncClient, path: str) -> None:
    headers = {"Origin": "https://elsewhere.test", "Access-Control-Request-Method": "GET"}
    response = await public.options(path, headers=headers)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == "*"
    assert "x-v" in response.headers["access-control-allow-headers"]


async def test_customer_data_is_not_on_the_public_host(sharing: Sharing, public: httpx.AsyncClient) -> None:
    headers = {"Authorization": f"Bearer {sharing.tokens.access_token}", "x-v": "2"}
    cds_error(await public.get("/energy/accounts", headers=headers), "Resource/NotFound", status=404)
    assert (await sharing.get("/energy/accounts")).status_code == 200
