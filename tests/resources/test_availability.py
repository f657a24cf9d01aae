"""Get Status and Get Outages."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import delete, insert

from tenants.availability.tables import outage, service_status
from tests.resources.conftest import Brand, Sharing
from tests.support.expectations import cds_error

STATUS, OUTAGES = "/discovery/status", "/discovery/outages"


@pytest.fixture
async def rows(brand: Brand) -> AsyncIterator[Any]:
    """Writes rows of a table, and deletes them all when the test ends."""

    async def write(table: Any, **values: Any) -> None:
        await brand.execute(insert(table).values(id=uuid4(), **values))

    yield write
    await brand.execute(delete(outage))
    await brand.execute(delete(service_status))


async def data_of(public: httpx.AsyncClient, path: str) -> Any:
    response = await public.get(path)
    assert response.status_code == 200, response.text
    return response.json()["data"]


async def test_the_status_is_ok_where_staff_have_set_none(brand: Brand, public: httpx.AsyncClient) -> None:
    response = await public.get(STATUS)
    assert response.status_code == 200
    assert response.json()["data"]["status"] == "OK"
    assert response.json()["links"] == {"self": f"{brand.tenant.issuer}/cds-au/v1{STATUS}"}
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["x-v"] == "1"
    assert ("getStatus", 200) in {(row.operation, row.status) for row in await brand.calls()}


async def test_there_are_no_outages_where_staff_have_entered_none(public: httpx.AsyncClient) -> None:
    assert await data_of(public, OUTAGES) == {"outages": []}


async def test_the_latest_status_that_staff_have_set_is_shown(
    brand: Brand, public: httpx.AsyncClient, rows: Any
) -> None:
    now = brand.application.now
    await rows(service_status, status="PARTIAL_FAILURE", explanation="Bills are late.", detected_at=now, updated_at=now)
    data = await data_of(public, STATUS)
    assert (data["status"], data["explanation"]) == ("PARTIAL_FAILURE", "Bills are late.")
    await rows(service_status, status="OK", updated_at=now + timedelta(seconds=1))
    assert (await data_of(public, STATUS))["status"] == "OK"


async def test_present_and_future_outages_are_listed_and_past_ones_are_not(
    brand: Brand, public: httpx.AsyncClient, rows: Any
) -> None:
    for hours, explanation in ((48, "Later."), (-1, "Now."), (-3, "Over.")):
        starts_at = brand.application.now + timedelta(hours=hours)
        await rows(outage, starts_at=starts_at, duration="PT2H", partial=False, explanation=explanation)
    found = (await data_of(public, OUTAGES))["outages"]
    assert [each["explanation"] for each in found] == ["Now.", "Later."]
    assert found[0]["duration"] == "PT2H"
    assert (await data_of(public, STATUS))["status"] == "SCHEDULED_OUTAGE"


async def test_a_suspended_tenant_says_that_it_is_unavailable(
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
async def test_a_page_of_any_origin_may_ask(public: httpx.AsyncClient, path: str) -> None:
    headers = {"Origin": "https://elsewhere.test", "Access-Control-Request-Method": "GET"}
    response = await public.options(path, headers=headers)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == "*"
    assert "x-v" in response.headers["access-control-allow-headers"]


async def test_customer_data_is_not_on_the_public_host(sharing: Sharing, public: httpx.AsyncClient) -> None:
    headers = {"Authorization": f"Bearer {sharing.tokens.access_token}", "x-v": "2"}
    cds_error(await public.get("/energy/accounts", headers=headers), "Resource/NotFound", status=404)
    assert (await sharing.get("/energy/accounts")).status_code == 200
