"""Get Status and Get Outages."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import ANY
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import delete

from haas.clock import MovableClock
from haas.database import PoolExhausted
from haas.database.database import SHARE_OF_CONNECTIONS
from tenants.availability import store
from tenants.availability.board import FRESH_FOR, FRESH_FOR_CALLS
from tenants.availability.models import Outage
from tenants.availability.secondary_status import EXPLANATION, READ_AGAIN_AFTER, USABLE_FOR, SecondaryStatus
from tenants.availability.tables import outage as outages
from tests.apps.resources.conftest import Brand, Sharing
from tests.support.expectations import cds_error

STATUS, OUTAGES, ACCOUNTS = "/discovery/status", "/discovery/outages", "/energy/accounts"
AEMO = "/NEMRetail/cds-au/v1"
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
    brand.application.forget_outages()


async def add(brand: Brand, new: Outage) -> None:
    """Add an outage, of which the application learns at once."""
    await brand.run(store.add, new)
    brand.application.forget_outages()


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
    await add(brand, new)
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
    brand.application.forget_outages()
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
        await add(brand, outage(starts_at, **planned))
    found = (await data_of(public, OUTAGES))["outages"]
    assert [each["explanation"] for each in found] == ["Now.", "Later."]
    assert found[0]["duration"] == "PT2H"
    assert found[0]["isPartial"] is False
    assert (await data_of(public, STATUS))["status"] == "SCHEDULED_OUTAGE"
    await add(brand, outage(now - timedelta(minutes=5), explanation="Worse."))
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


@pytest.mark.parametrize("planned", [True, False])
@pytest.mark.parametrize("endpoint_class", ["all", "authenticated"])
async def test_data_operations_are_unavailable_while_an_outage_covers_them(
    brand: Brand,
    sharing: Sharing,
    public: httpx.AsyncClient,
    clock: MovableClock,
    endpoint_class: str,
    *,
    planned: bool,
) -> None:
    """C-E14, also for a token that is not valid. Get Status says the same, and both change at the planned end."""
    now = clock.now()
    ends_at = {"ends_at": now + timedelta(minutes=2)} if planned else {"expected_end_at": now + timedelta(minutes=2)}
    new = outage(now, planned=planned, endpoint_class=endpoint_class, explanation="We move.", **ends_at)
    await add(brand, new)
    for token in (None, "unknown"):
        refused = await sharing.get(ACCOUNTS, token)
        cds_error(refused, "Service/Unavailable", r"^We move\.$", 503)
        assert 100 < int(refused.headers["retry-after"]) <= 120
    partly = endpoint_class != "all"
    status = "SCHEDULED_OUTAGE" if planned else "PARTIAL_FAILURE" if partly else "UNAVAILABLE"
    assert (await data_of(public, STATUS))["status"] == status
    listed = (await data_of(public, OUTAGES))["outages"]
    assert [each["isPartial"] for each in listed] == ([partly] if planned else [])
    assert {(row.operation, row.status) for row in await brand.calls()} >= {("listEnergyAccounts", 503)}
    clock.move(timedelta(minutes=3))
    assert (await sharing.get(ACCOUNTS)).status_code == (200 if planned else 503)
    assert (await data_of(public, STATUS))["status"] == ("OK" if planned else status)


@pytest.mark.parametrize("changes", [{"partial": True}, {"endpoint_class": "unauthenticated"}])
async def test_data_operations_are_served_in_an_outage_that_does_not_cover_all_of_them(
    brand: Brand, sharing: Sharing, public: httpx.AsyncClient, changes: dict[str, Any]
) -> None:
    await add(brand, outage(brand.application.now, **changes))
    assert (await sharing.get(ACCOUNTS)).status_code == 200
    assert (await data_of(public, STATUS))["status"] == "PARTIAL_FAILURE"


async def test_a_consent_can_be_withdrawn_in_an_outage(brand: Brand, sharing: Sharing) -> None:
    await add(brand, outage(brand.application.now))
    await sharing.client.revoke_arrangement(str(sharing.arrangement_id))


async def test_an_outage_is_noticed_within_seconds(
    brand: Brand, sharing: Sharing, public: httpx.AsyncClient, clock: MovableClock
) -> None:
    """Get Status notices it within a second. A data operation uses what it has once more, and reads again meanwhile."""
    assert (await sharing.get(ACCOUNTS)).status_code == 200
    board = brand.application.services.outage_board
    new = outage(clock.now())
    await brand.run(store.add, new)
    clock.move(FRESH_FOR)
    assert (await data_of(public, STATUS))["status"] == "UNAVAILABLE"
    assert (await sharing.get(ACCOUNTS)).status_code == 503, "what Get Status has read is used too"
    clock.move(timedelta(seconds=1))
    assert await brand.run(store.close, new.id, closed_by="staff", now=clock.now())
    clock.move(FRESH_FOR_CALLS)
    assert (await sharing.get(ACCOUNTS)).status_code == 503
    await board.settled()
    assert (await sharing.get(ACCOUNTS)).status_code == 200


async def test_status_and_outages_do_not_wait_for_calls_that_need_a_consent(
    brand: Brand, public: httpx.AsyncClient, clock: MovableClock
) -> None:
    """All connections for the tenant's calls are in use."""
    database, namespace = brand.application.database, brand.tenant.namespace
    async with AsyncExitStack() as held:
        for _ in range(SHARE_OF_CONNECTIONS):
            await held.enter_async_context(database.transaction(namespace))
        with pytest.raises(PoolExhausted):
            async with database.transaction(namespace):
                pass
        brand.application.forget_outages()
        assert (await data_of(public, STATUS))["status"] == "OK"
        assert await data_of(public, OUTAGES) == {"outages": []}


@pytest.fixture
async def aemo(brand: Brand) -> AsyncIterator[SecondaryStatus]:
    """AEMO's public status, published by the web server of the tests. The tenant gets data from AEMO."""
    services, web = brand.application.services, brand.application.web
    before = services.secondary_status
    published = web.publish(f"{AEMO}/discovery/status", {"data": {"status": "OK"}})
    web.publish(f"{AEMO}/discovery/outages", {"data": {"outages": []}})
    services.secondary_status = SecondaryStatus(
        services.outbound, published.removesuffix("/discovery/status"), services.clock
    )
    await brand.set_market_source("aemo")
    yield services.secondary_status
    await brand.set_market_source("store")
    await services.secondary_status.close()
    services.secondary_status = before


async def read_again(aemo: SecondaryStatus, public: httpx.AsyncClient, clock: MovableClock) -> Any:
    """Return the data of Get Status after AEMO's status was read again."""
    clock.move(READ_AGAIN_AFTER)
    await public.get(STATUS)
    await aemo.settled()
    return await data_of(public, STATUS)


@pytest.mark.parametrize("unplanned", [True, False])
async def test_an_outage_of_aemo_is_named_and_does_not_change_the_status(
    brand: Brand, public: httpx.AsyncClient, clock: MovableClock, aemo: SecondaryStatus, *, unplanned: bool
) -> None:
    """C-A17, C-N11."""
    web = brand.application.web
    assert await read_again(aemo, public, clock) == {"status": "OK", "updateTime": ANY}
    if unplanned:
        web.publish(f"{AEMO}/discovery/status", {"data": {"status": "UNAVAILABLE", "explanation": "Down."}})
    else:
        begun = (clock.now() - timedelta(hours=1)).isoformat()
        scheduled = {"outageTime": begun, "duration": "P1DT2H", "explanation": "Work."}
        web.publish(f"{AEMO}/discovery/outages", {"data": {"outages": [scheduled]}})
    data = await read_again(aemo, public, clock)
    assert data == {"status": "OK", "explanation": EXPLANATION, "updateTime": ANY}
    await add(brand, outage(clock.now(), explanation="Bills are late.", partial=True))
    data = await data_of(public, STATUS)
    assert (data["status"], data["explanation"]) == ("PARTIAL_FAILURE", f"Bills are late. {EXPLANATION}")


async def test_an_answer_of_aemo_that_cannot_be_used_is_logged_once_and_the_last_one_is_used_for_some_time(
    brand: Brand,
    public: httpx.AsyncClient,
    clock: MovableClock,
    aemo: SecondaryStatus,
    caplog: pytest.LogCaptureFixture,
) -> None:
    web = brand.application.web
    web.publish(f"{AEMO}/discovery/status", {"data": {"status": "PARTIAL_FAILURE"}})
    assert (await read_again(aemo, public, clock))["explanation"] == EXPLANATION
    for status, body in ((500, b"{}"), (200, b"<html>"), (200, b'{"data": {"state": 1}}'), (200, b"[" * 300_000)):
        web.publish(f"{AEMO}/discovery/status", body, status=status)
        assert (await read_again(aemo, public, clock))["explanation"] == EXPLANATION
    assert [record.message for record in caplog.records].count("aemo.status_not_read") == 1
    clock.move(USABLE_FOR)
    assert "explanation" not in await data_of(public, STATUS)


async def test_outages_of_aemo_with_unusable_times_are_left_out(
    brand: Brand, public: httpx.AsyncClient, clock: MovableClock, aemo: SecondaryStatus
) -> None:
    begun = clock.now() - timedelta(hours=1)
    unusable = [(begun.isoformat(), "two hours"), (begun.replace(tzinfo=None).isoformat(), "PT2H")]
    unusable += [("9999-12-31T23:00:00Z", "P9999D"), (begun.isoformat(), "PT30M")]
    listed = [{"outageTime": at, "duration": duration, "explanation": "Work."} for at, duration in unusable]
    brand.application.web.publish(f"{AEMO}/discovery/outages", {"data": {"outages": listed}})
    assert "explanation" not in await read_again(aemo, public, clock)
    assert aemo.report is not None
    assert len(aemo.report.outages) == 1


async def test_aemo_is_not_asked_for_a_tenant_that_gets_no_data_from_it(
    brand: Brand, public: httpx.AsyncClient, clock: MovableClock, aemo: SecondaryStatus
) -> None:
    await brand.set_market_source("store")
    await read_again(aemo, public, clock)
    assert aemo.report is None
