"""Calls above a traffic threshold: the response, its place among the checks, and how it is counted (C-N3, C-N10)."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from apps.resources import traffic as traffic_steps
from haas.clock import MovableClock
from haas.shared_limits import SharedLimits
from haas.valkey_counts import ValkeyCounts
from ops.sandbox.recipient.reading import CUSTOMER_PRESENT
from tenants.traffic.active_authorisations import ActiveAuthorisations
from tenants.traffic.service import DataTraffic, Traffic
from tests.apps.resources.conftest import Brand, Sharing
from tests.apps.resources.test_refusals import counted
from tests.support.consents import SCOPE
from tests.support.expectations import cds_error, refused
from tests.support.own_valkey import own_valkey
from tests.support.stopped_clock import StoppedClock

ACCOUNTS = "/energy/accounts"
MUCH = 400


@asynccontextmanager
async def thresholds(brand: Brand, redis_url: str, *, now: datetime | None = None) -> AsyncIterator[StoppedClock]:
    """The thresholds of the standards apply until the block ends. Their clock stands still."""
    services = brand.application.services
    stopped, counts = StoppedClock(now or services.clock.now()), ValkeyCounts(redis_url, seconds=30)
    active = ActiveAuthorisations(services.database, services.clock)
    before = services.traffic
    services.traffic = Traffic(
        SharedLimits(stopped, counts, processes=2), active, stopped, factor=1, pushed_requests=300
    )
    try:
        yield stopped
    finally:
        services.traffic = before
        await active.close()
        await counts.close()


@pytest.fixture
async def second(brand: Brand, valkey: str) -> AsyncIterator[StoppedClock]:
    """All calls of the test are in one second of the day, until it moves this clock: at night fewer are allowed."""
    midday = brand.application.now.astimezone(brand.tenant.time_zone).replace(hour=12)
    async with thresholds(brand, valkey, now=midday) as stopped:
        yield stopped


@pytest.fixture(autouse=True)
async def remove_the_limit_after_the_test(brand: Brand) -> AsyncIterator[None]:
    """Removes the limit of low velocity data that a test has set."""
    yield
    await brand.application.change(brand.tenant, low_velocity_limit=0)


async def use_up(brand: Brand, sharing: Sharing, calls: int, **changes: Any) -> None:
    """Count calls of a consent as if they had been answered."""
    traffic, services = brand.application.services.traffic, brand.application.services
    for _ in range(calls):
        call = DataTraffic(
            customer_id=sharing.consumer.customer_id,
            arrangement_id=sharing.arrangement_id,
            software_id=sharing.client.software_product_id,
            session="another",
            session_begins_at=services.clock.now(),
            session_ends_at=services.clock.now(),
            customer_present=True,
        )
        asking = traffic.data_call(brand.tenant, call._replace(**changes))
        if asking is not None:
            await asking


async def test_a_call_above_a_threshold_is_answered_with_429_and_counted_as_a_rejection(
    brand: Brand, sharing: Sharing, second: StoppedClock
) -> None:
    await use_up(brand, sharing, 9)
    assert (await sharing.get(ACCOUNTS, headers=CUSTOMER_PRESENT)).status_code == 200
    rejected = await sharing.get(ACCOUNTS, headers=CUSTOMER_PRESENT)
    cds_error(rejected, "GeneralError/Expected", "more than 10 calls per customer in a second", 429)
    assert rejected.headers["retry-after"] == "1"
    rows = [row for row in await brand.calls() if row.status == 429]
    assert {(row.operation, row.tier, row.throttled == row.calls) for row in rows} == {
        ("listEnergyAccounts", "highPriority", True)
    }
    assert await counted(brand, sharing) == {"traffic-threshold": ("4.7(1)(d)", 1)}
    second.move(timedelta(seconds=1))
    assert (await sharing.get(ACCOUNTS, headers=CUSTOMER_PRESENT)).status_code == 200


async def test_calls_are_answered_when_valkey_is_lost(
    brand: Brand, sharing: Sharing, state_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The process goes on with what it has counted itself."""
    async with AsyncExitStack() as lost:
        server = await lost.enter_async_context(own_valkey(state_folder / "lost"))
        async with thresholds(brand, server.url):
            before = [(await sharing.get(ACCOUNTS, headers=CUSTOMER_PRESENT)).status_code for _ in range(5)]
            await lost.aclose()
            after = [(await sharing.get(ACCOUNTS, headers=CUSTOMER_PRESENT)).status_code for _ in range(7)]
    assert (before, after) == ([200] * 5, [200] * 5 + [429] * 2)
    assert [record.message for record in caplog.records].count("limits.not_shared") == 1


async def test_the_customer_is_present_only_if_the_header_is_an_address(
    brand: Brand, sharing: Sharing, second: StoppedClock
) -> None:
    """C-N1. A call with another value is refused for that reason, and is not counted for the customer."""
    await use_up(brand, sharing, 10)
    assert (await sharing.get(ACCOUNTS)).status_code == 200
    wrong = {**CUSTOMER_PRESENT, "x-fapi-customer-ip-address": "here"}
    cds_error(await sharing.get(ACCOUNTS, headers=wrong), "Header/Invalid", "not an IP address")
    assert {row.tier for row in await brand.calls() if row.status == 400} == {"unattended"}


async def test_the_token_is_checked_before_the_thresholds_and_the_version_after_them(
    brand: Brand, sharing: Sharing, second: StoppedClock
) -> None:
    """C-E13. A call that the consent does not permit uses up nothing."""
    limited = await brand.share(sharing.consumer, sharing.client, scope=SCOPE.replace("energy:accounts.basic:read", ""))
    for _ in range(15):
        unknown = await sharing.get(ACCOUNTS, "unknown", headers=CUSTOMER_PRESENT)
        assert unknown.status_code == 401
        assert (await limited.get(ACCOUNTS, headers=CUSTOMER_PRESENT)).status_code == 403
    await use_up(brand, sharing, 10)
    assert (await sharing.get(ACCOUNTS, version=1, minimum_version=None, headers=CUSTOMER_PRESENT)).status_code == 429


async def test_unattended_calls_are_limited_by_session_in_the_low_traffic_period(
    brand: Brand, clock: MovableClock, valkey: str
) -> None:
    zone = ZoneInfo(brand.tenant.settings.time_zone)
    local = clock.now().astimezone(zone)
    clock.move((local + timedelta(days=1)).replace(hour=2, minute=0, fold=0) - local)
    sharing = await brand.share()
    async with thresholds(brand, valkey) as stopped:
        statuses = [(await sharing.get(ACCOUNTS)).status_code for _ in range(7)]
        assert statuses == [200] * 5 + [429] * 2
        stopped.move(timedelta(hours=5))
        assert [(await sharing.get(ACCOUNTS)).status_code for _ in range(7)] == [200] * 7


async def test_low_velocity_data_is_limited_if_the_tenant_asks_for_it(
    brand: Brand, sharing: Sharing, second: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C-N7 to C-N9, C-D11. Each page is a resource of its own, and the order of ids in a body does not matter."""
    monkeypatch.setattr(traffic_steps, "LOW_VELOCITY", frozenset({"listEnergyAccounts"}))
    assert [(await sharing.get(ACCOUNTS)).status_code for _ in range(12)] == [200] * 12, "answered by default"
    await brand.application.change(brand.tenant, low_velocity_limit=10)
    assert [(await sharing.get(ACCOUNTS)).status_code for _ in range(12)] == [200] * 10 + [429] * 2
    rejected = await sharing.get(ACCOUNTS)
    cds_error(rejected, "GeneralError/Expected", "10 calls for the same low velocity data", 429)
    assert rejected.headers["retry-after"] == str(24 * 3600)
    for parameters in ({"page": "1", "page-size": "1"}, {"page": "2", "page-size": "1"}, {"open-status": "OPEN"}):
        assert (await sharing.get(ACCOUNTS, params=parameters)).status_code == 200
    another = await brand.share(sharing.consumer, sharing.client)
    assert (await another.get(ACCOUNTS)).status_code == 200


async def test_the_order_of_the_ids_in_a_body_does_not_make_another_resource(
    brand: Brand, sharing: Sharing, second: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic_steps, "LOW_VELOCITY", frozenset({"listEnergyAccountBalancesSpecificAccounts"}))
    await brand.application.change(brand.tenant, low_velocity_limit=10)
    one, two = await sharing.account_ids()
    statuses = []
    for turn in range(11):
        ids = [one, two] if turn % 2 else [two, one]
        body = msgspec.json.encode({"data": {"accountIds": ids}})
        statuses.append((await sharing.get("/energy/accounts/balances", method="POST", content=body)).status_code)
    assert statuses == [200] * 10 + [429]


async def test_public_operations_have_a_threshold_of_their_own(
    brand: Brand, sharing: Sharing, public: httpx.AsyncClient, second: StoppedClock
) -> None:
    traffic = brand.application.services.traffic
    for _ in range(299):
        asking = traffic.public_call(brand.tenant)
        if asking is not None:
            await asking
    assert (await public.get("/discovery/status")).status_code == 200
    for path in ("/discovery/status", "/discovery/outages"):
        rejected = await public.get(path)
        cds_error(rejected, "GeneralError/Expected", "300 public calls", 429)
        assert rejected.headers["retry-after"] == "1"
        assert rejected.headers["access-control-allow-origin"] == "*"
    assert (await sharing.get(ACCOUNTS)).status_code == 200


async def test_authorisation_traffic_is_counted_for_the_software_product(
    brand: Brand, sharing: Sharing, second: StoppedClock
) -> None:
    """Pushed requests, tokens, introspection, UserInfo and visits of the authorisation endpoint. Revocation is not."""
    client = sharing.client
    flow = await client.push(SCOPE)
    for customer in range(5):
        await use_up(brand, sharing, 10 if customer < 4 else 8, customer_id=customer)
    assert (await client.userinfo(sharing.tokens.access_token))["sub"]
    said = "more than 50 calls per software product in a second"
    assert sharing.tokens.refresh_token is not None
    with refused("temporarily_unavailable", said, 429) as refusal:
        await client.push(SCOPE)
    assert refusal.value.response.headers["retry-after"] == "1"
    with refused("temporarily_unavailable", said, 429):
        await client.refresh(sharing.tokens.refresh_token)
    with refused("temporarily_unavailable", said, 429):
        await client.introspect(sharing.tokens.refresh_token)
    with refused("temporarily_unavailable", said, 429):
        await client.userinfo(sharing.tokens.access_token)
    async with brand.application.http() as browser:
        page = await browser.get(client.authorisation_url(flow))
    assert (page.status_code, page.headers["retry-after"]) == (429, "1")
    assert page.headers["content-type"].startswith("text/html")
    await client.revoke_token(sharing.tokens.refresh_token)
    counted = {(row.operation, row.throttled) for row in await brand.calls() if row.status == 429 and row.throttled}
    names = {operation for operation, _ in counted}
    assert {"pushedAuthorisationRequest", "token", "introspection", "userinfo", "authorise"} <= names
