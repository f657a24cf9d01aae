"""Get Status and Get Outages."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import delete, insert

from tenants.availability.tables import outage, service_status

STATUS, OUTAGES = "/discovery/status", "/discovery/outages"


@pytest.fixture
async def rows(world: Any) -> Any:
    """Writes rows, and takes all of them away again."""

    async def write(table: Any, **values: Any) -> None:
        async with world.database.transaction(world.tenant.namespace) as tx:
            await tx.execute(insert(table).values(id=uuid4(), **values))

    yield write
    async with world.database.transaction(world.tenant.namespace) as tx:
        await tx.execute(delete(outage))
        await tx.execute(delete(service_status))


async def test_all_is_well(world: Any, public: httpx.AsyncClient) -> None:
    response = await public.get(STATUS)
    assert response.status_code == 200
    assert response.json()["data"]["status"] == "OK"
    assert response.json()["links"] == {"self": f"{world.tenant.issuer}/cds-au/v1{STATUS}"}
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["x-v"] == "1"
    assert (world.recorded[-1].operation, world.recorded[-1].authenticated) == ("getStatus", False)


async def test_no_outages(public: httpx.AsyncClient) -> None:
    assert (await public.get(OUTAGES)).json()["data"] == {"outages": []}


async def test_what_staff_have_said(world: Any, public: httpx.AsyncClient, rows: Any) -> None:
    now = world.clock.now()
    await rows(service_status, status="PARTIAL_FAILURE", explanation="Bills are late.", detected_at=now, updated_at=now)
    data = (await public.get(STATUS)).json()["data"]
    assert data["status"] == "PARTIAL_FAILURE"
    assert data["explanation"] == "Bills are late."
    await rows(service_status, status="OK", updated_at=now + timedelta(seconds=1))
    assert (await public.get(STATUS)).json()["data"]["status"] == "OK"


async def test_outages_that_are_not_over(world: Any, public: httpx.AsyncClient, rows: Any) -> None:
    now = world.clock.now()
    for hours, explanation in ((48, "Later."), (-1, "Now."), (-3, "Over.")):
        await rows(
            outage, starts_at=now + timedelta(hours=hours), duration="PT2H", partial=False, explanation=explanation
        )
    found = (await public.get(OUTAGES)).json()["data"]["outages"]
    assert [each["explanation"] for each in found] == ["Now.", "Later."]
    assert found[0]["duration"] == "PT2H"
    assert (await public.get(STATUS)).json()["data"]["status"] == "SCHEDULED_OUTAGE"


async def test_a_suspended_tenant_is_unavailable_and_says_so(world: Any, public: httpx.AsyncClient, code: Any) -> None:
    active = world.tenant
    world.tenant = msgspec.structs.replace(active, state="suspended")
    try:
        said = await public.get(STATUS)
        outages = await public.get(OUTAGES)
        async with world.client("secure") as secure:
            accounts = await secure.get("/energy/accounts")
    finally:
        world.tenant = active
    assert said.json()["data"]["status"] == "UNAVAILABLE"
    for refused in (outages, accounts):
        assert refused.status_code == 503
        assert code(refused) == "cds-all:Service/Unavailable"
        assert refused.headers["retry-after"]
    assert [here.operation for here in world.recorded[-2:]] == ["getOutages", "listEnergyAccounts"]


@pytest.mark.parametrize("path", [STATUS, OUTAGES])
async def test_versions_are_asked_for_here_too(public: httpx.AsyncClient, code: Any, path: str) -> None:
    response = await public.get(path, headers={"x-v": "2"})
    assert response.status_code == 406
    assert code(response) == "cds-all:Header/UnsupportedVersion"
    assert response.headers["access-control-allow-origin"] == "*"
    del public.headers["x-v"]
    missing = await public.get(path)
    assert missing.status_code == 400
    assert code(missing) == "cds-all:Header/Missing"


@pytest.mark.parametrize("path", [STATUS, OUTAGES])
async def test_a_page_of_any_origin_may_ask(public: httpx.AsyncClient, path: str) -> None:
    headers = {"Origin": "https://elsewhere.test", "Access-Control-Request-Method": "GET"}
    response = await public.options(path, headers=headers)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == "*"
    assert "x-v" in response.headers["access-control-allow-headers"]


async def test_customer_data_is_not_on_the_public_surface(public: httpx.AsyncClient) -> None:
    assert (await public.get("/energy/accounts")).status_code == 404
