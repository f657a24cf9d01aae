"""Get Status and Get Outages."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import delete

from tenants.availability import store
from tenants.availability.models import Outage
from tenants.availability.tables import outage as outages

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


@pytest.fixture
async def write(world: Any) -> Any:
    """Runs a store function, and takes all outages away again."""

    async def run(function: Any, *arguments: Any, **named: Any) -> Any:
        async with world.database.transaction(world.tenant.namespace) as tx:
            return await function(tx, *arguments, **named)

    yield run
    async with world.database.transaction(world.tenant.namespace) as tx:
        await tx.execute(delete(outages))


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


@pytest.mark.parametrize(("partial", "status"), [(True, "PARTIAL_FAILURE"), (False, "UNAVAILABLE")])
async def test_an_unplanned_outage_until_it_is_over(
    world: Any, public: httpx.AsyncClient, write: Any, *, partial: bool, status: str
) -> None:
    now = world.clock.now()
    expected = now + timedelta(hours=1)
    new = outage(now, partial=partial, explanation="Bills are late.", expected_end_at=expected)
    await write(store.add, new)
    data = (await public.get(STATUS)).json()["data"]
    assert data["status"] == status
    assert data["explanation"] == "Bills are late."
    assert {name: datetime.fromisoformat(data[name]) for name in MOMENTS} == {
        "detectionTime": now,
        "expectedResolutionTime": expected,
        "updateTime": now,
    }
    assert (await public.get(OUTAGES)).json()["data"] == {"outages": []}
    ended = now + timedelta(seconds=1)
    world.clock.move(timedelta(seconds=2))
    await write(store.close, new.id, closed_by="staff", now=ended)
    data = (await public.get(STATUS)).json()["data"]
    world.clock.reset()
    assert data["status"] == "OK"
    assert datetime.fromisoformat(data["updateTime"]) == ended


async def test_outages_that_are_not_over(world: Any, public: httpx.AsyncClient, write: Any) -> None:
    now = world.clock.now()
    for hours, explanation in ((48, "Later."), (-1, "Now."), (-3, "Over.")):
        starts = now + timedelta(hours=hours)
        await write(
            store.add, outage(starts, ends_at=starts + timedelta(hours=2), planned=True, explanation=explanation)
        )
    found = (await public.get(OUTAGES)).json()["data"]["outages"]
    assert [each["explanation"] for each in found] == ["Now.", "Later."]
    assert found[0]["duration"] == "PT2H"
    assert found[0]["isPartial"] is False
    assert (await public.get(STATUS)).json()["data"]["status"] == "SCHEDULED_OUTAGE"
    await write(store.add, outage(now - timedelta(minutes=5), explanation="Worse."))
    assert (await public.get(STATUS)).json()["data"]["explanation"] == "Worse."


async def test_a_suspended_tenant_is_unavailable_and_says_so(world: Any, public: httpx.AsyncClient, code: Any) -> None:
    active = world.tenant
    world.tenant = msgspec.structs.replace(active, state="suspended")
    try:
        said = await public.get(STATUS)
        told = await public.get(OUTAGES)
        async with world.client("secure") as secure:
            accounts = await secure.get("/energy/accounts")
    finally:
        world.tenant = active
    assert said.json()["data"]["status"] == "UNAVAILABLE"
    for refused in (told, accounts):
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
