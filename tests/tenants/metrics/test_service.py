"""The figures of a tenant, from replayed calls, authorisations and flows, and the payload that is made of them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import update

from haas.clock import SystemClock
from haas.database import Database
from haas.settings import Settings
from tenants.arrangements.tables import arrangement, authorisation
from tenants.attempts import store as attempts
from tenants.attempts.models import AuthorisationRequest
from tenants.attempts.state import FLOW_LIFETIME
from tenants.attempts.tables import attempt
from tenants.calls import CalledTenant, CallRecord, Flusher
from tenants.calls import store as calls
from tenants.calls.counter import CallCounter
from tenants.clients.tables import client
from tenants.metrics import service, version_5
from tenants.metrics.service import PeriodAsked
from tenants.registry.models import Tenant, TenantSettings
from tenants.registry.names import control_namespace
from tests.support.clients import add_client
from tests.support.customers import CustomerData
from tests.support.rows import execute, run

SYDNEY, ADELAIDE = "Australia/Sydney", "Australia/Adelaide"
NOW = datetime(2026, 11, 27, 3, 20, 30, tzinfo=UTC)  # 14:20 in Sydney
YEAR = 31_536_000


class Brand:
    """A tenant whose metrics are asked for."""

    def __init__(self, database: Database, tenant: Tenant, settings: Settings) -> None:
        self.database, self.tenant, self._settings = database, tenant, settings

    async def replay(self, records: Iterable[CallRecord], processes: int = 1) -> None:
        """Let processes answer calls and write what they have counted."""
        counters = [CallCounter() for _ in range(processes)]
        for number, record in enumerate(records):
            counters[number % processes].count(record)
        for counter in counters:
            await Flusher(self.database, control_namespace(self._settings), SystemClock(), counter).flush()

    def call(self, at: datetime = NOW - timedelta(minutes=1), **changes: Any) -> CallRecord:
        values: dict[str, Any] = {
            "tenant": CalledTenant(self.tenant.namespace, self.tenant.id),
            "at": at,
            "operation": "listEnergyAccounts",
            "tier": "unattended",
            "status": 200,
            "latency": 100_000,
            "interaction_id": str(uuid4()),
            **changes,
        }
        return CallRecord(**values)

    async def live_since(self, at: datetime, zone: str = SYDNEY) -> None:
        """Set when the tenant was created, and its time zone."""
        self.tenant = msgspec.structs.replace(self.tenant, settings=TenantSettings(time_zone=zone))
        await self.execute(update(client).where(client.c.client_id == "cdr-register").values(created_at=at))

    async def execute(self, statement: Any) -> Any:
        return await execute(self.database, self.tenant, statement)

    async def run(self, function: Any, *arguments: Any) -> Any:
        return await run(self.database, self.tenant, function, *arguments)

    async def metrics(self, period: PeriodAsked = "ALL", now: datetime = NOW) -> Any:
        """Return the payload of version 5 as JSON."""
        figures = await self.run(service.figures, self.tenant, period, now)
        return msgspec.json.decode(msgspec.json.encode(version_5.payload(figures)))


@pytest.fixture
async def brand(database: Database, tenant: Tenant, settings: Settings) -> Brand:
    """A tenant that was created two days before NOW."""
    made = Brand(database, tenant, settings)
    await made.live_since(NOW - timedelta(days=2))
    return made


async def test_errors_and_refused_calls_are_counted_by_status(brand: Brand) -> None:
    """F-64, case 1 (sm#655): every status of 4xx and 5xx; a call above a threshold is an error and a rejection."""
    statuses = [404] * 3 + [406] * 2 + [429] * 5 + [503]
    await brand.replay(brand.call(status=status, throttled=status == 429) for status in statuses)
    await brand.replay([brand.call(status=503, authenticated=False, tier="highPriority"), brand.call()])
    found = await brand.metrics()
    assert found["errors"]["authenticated"]["currentDay"] == {"404": 3, "406": 2, "429": 5, "503": 1}
    assert found["errors"]["unauthenticated"]["currentDay"] == {"503": 1}
    assert found["errors"]["unauthenticated"]["previousDays"] == [{}, {}]
    assert found["errors"]["aggregate"]["currentDay"] == 2
    assert found["rejections"]["authenticated"]["currentDay"] == 5
    assert found["rejections"]["unauthenticated"]["currentDay"] == 0
    assert found["invocations"]["unattended"]["currentDay"] == 12
    assert found["performance"]["unattended"]["currentDay"][-1] == "1.0"  # the refused ones have no share


async def test_the_time_of_the_secondary_data_holder_is_measured_apart(brand: Brand) -> None:
    """F-60 to F-62, case 2 (sm#605): our part is in time, AEMO's part is not."""
    slow = {"tier": "secondary", "secondary_latency": 5_000_000, "secondary_calls": 2}
    await brand.replay(brand.call(**slow, secondary_errors=1, secondary_rejections=1) for _ in range(10))
    await brand.replay([brand.call(tier="largeSecondary", secondary_latency=4_500_000, secondary_calls=1)])
    found = await brand.metrics("CURRENT")
    assert found["performance"]["aggregate"]["currentDay"] == "1.0"
    assert found["performance"]["secondary"]["primary"]["currentDay"][-1] == "1.0"
    assert found["performance"]["secondary"]["secondary"]["currentDay"][-1] == "0.0"
    assert found["performance"]["largeSecondary"]["secondary"]["currentDay"][-1] == "1.0"
    assert found["averageResponse"]["secondary"]["secondary"]["currentDay"] == 5
    assert found["averageResponse"]["secondary"]["primary"]["currentDay"] == 0.1
    assert (found["invocations"]["secondary"]["currentDay"], found["invocations"]["largeSecondary"]["currentDay"]) == (
        10,
        1,
    )
    assert found["secondaryHolder"]["errors"]["currentDay"] == 10
    assert found["secondaryHolder"]["rejections"]["currentDay"] == 10


def members(value: Any, name: str = "") -> Iterable[str]:
    """Yield the names of all members of an object."""
    yield name
    if isinstance(value, dict):
        for member, found in value.items():
            yield from members(found, member)


async def test_the_past_and_the_current_day_can_be_asked_for_alone(brand: Brand) -> None:
    """F-7, F-22, F-27, case 3 (stg#396): three days of traffic give three lists of hours, newest first."""
    await brand.live_since(NOW - timedelta(days=3))
    await brand.replay(
        brand.call(NOW - timedelta(days=day, hours=1), latency=day * 2_000_001)
        for day in range(4)
        for _ in range(day + 1)
    )
    past = await brand.metrics("HISTORIC")
    assert {"currentDay", "currentMonth"}.isdisjoint(members(past))
    hours = past["performance"]["unattended"]["previousDays"]
    assert [len(day) for day in hours] == [24, 24, 24]
    assert [day[13] for day in hours] == ["1.0", "0.0", "0.0"]
    assert past["invocations"]["unattended"]["previousDays"] == [2, 3, 4]
    assert past["averageResponse"]["unattended"]["previousDays"] == [2.0, 4.0, 6.0]
    assert (past["customerCount"], past["recipientCount"]) == (0, 0)
    assert past["authorisations"]["activeAuthorisationCount"] == {"individual": 0, "nonIndividual": 0}
    today = await brand.metrics("CURRENT")
    assert {"previousDays", "previousMonths"}.isdisjoint(members(today))
    assert len(today["performance"]["unattended"]["currentDay"]) == 15
    assert today["invocations"]["unattended"]["currentDay"] == 1
    both = await brand.metrics()
    assert set(members(both)) == set(members(today)) | set(members(past))


async def test_an_hour_without_a_call_has_the_best_performance(brand: Brand) -> None:
    """F-26: performance 1.0, all else 0; nothing is left out."""
    found = await brand.metrics()
    assert set(found["performance"]["highPriority"]["currentDay"]) == {"1.0"}
    assert found["performance"]["aggregate"] == {"currentDay": "1.0", "previousDays": ["1.0", "1.0"]}
    assert found["averageResponse"]["highPriority"]["previousDays"] == [0, 0]
    assert (
        found["averageTps"]["aggregate"] == found["peakTps"]["aggregate"] == {"currentDay": 0, "previousDays": [0, 0]}
    )
    assert found["availability"]["aggregate"] == {"currentMonth": "1.0", "previousMonths": []}
    assert found["errors"]["authenticated"]["currentDay"] == {}


async def test_public_operations_of_high_priority_are_no_calls_of_the_unauthenticated_tier(brand: Brand) -> None:
    """F-6, case 5 (sm#147): the tier and the class of an operation are two things."""
    status = {"operation": "getStatus", "tier": "highPriority", "authenticated": False}
    await brand.replay(brand.call(NOW - timedelta(seconds=number), **status) for number in range(10) for _ in range(2))
    found = await brand.metrics("CURRENT")
    assert found["invocations"]["highPriority"]["currentDay"] == 20
    assert found["invocations"]["unauthenticated"]["currentDay"] == 0
    assert found["peakTps"]["unauthenticated"]["currentDay"] == found["peakTps"]["aggregate"]["currentDay"] == 2
    assert found["peakTps"]["authenticated"]["currentDay"] == 0
    assert found["averageTps"]["authenticated"]["currentDay"] == 0
    assert found["averageTps"]["unauthenticated"]["currentDay"] == round(20 / (14 * 3600 + 20 * 60 + 30), 6)


async def test_hours_are_those_of_the_zone_on_days_with_daylight_saving(brand: Brand) -> None:
    """F-20, F-21, F-63, case 7: Adelaide, 4 October 2026. Quarter hours that housekeeping has made give the same."""
    zone, now = ZoneInfo(ADELAIDE), datetime(2026, 10, 5, 2, tzinfo=UTC)
    await brand.live_since(datetime(2026, 9, 1, tzinfo=UTC), ADELAIDE)
    at = datetime(2026, 10, 4, 0, 15, tzinfo=zone)
    await brand.replay([brand.call(at, latency=5_000_000), brand.call(at), brand.call(at - timedelta(minutes=16))])
    before = await brand.metrics("HISTORIC", now)
    hours = before["performance"]["unattended"]["previousDays"]
    assert (len(hours[0]), hours[0][0], hours[0][1], len(hours[1]), hours[1][-1]) == (23, "0.5", "1.0", 24, "1.0")
    assert before["invocations"]["unattended"]["previousDays"][:3] == [2, 1, 0]
    assert before["peakTps"]["authenticated"]["previousDays"][:3] == [2, 1, 0]
    assert await brand.run(calls.aggregate_minutes, now) > 0
    assert await brand.run(calls.aggregate_seconds, now) > 0
    assert await brand.metrics("HISTORIC", now) == before
    await brand.replay([brand.call(at, latency=5_000_000)])  # written late, by a process that could not write before
    assert (await brand.metrics("HISTORIC", now))["performance"]["unattended"]["previousDays"][0][0] == "0.333333"
    await brand.run(calls.aggregate_minutes, now)
    assert (await brand.metrics("HISTORIC", now))["invocations"]["unattended"]["previousDays"][0] == 3


async def consented(brand: Brand, customer_id: UUID, client_id: str, **changes: Any) -> tuple[UUID, UUID]:
    """Add an arrangement with its authorisation; return the ids of both."""
    arrangement_id, authorisation_id = uuid4(), uuid4()
    version = {name: changes.pop(name) for name in ("sharing_duration", "expires_at", "version") if name in changes}
    active_at = changes.pop("active_at", NOW - timedelta(minutes=1))
    login_id, _ = await CustomerData(brand.database, brand.tenant, lambda: NOW).add_login()
    row = {
        "id": arrangement_id,
        "client_id": client_id,
        "customer_id": customer_id,
        "login_id": login_id,
        "created_at": NOW,
        "active_at": active_at,
        "authorisation_id": authorisation_id,
        **changes,
    }
    given = {
        "id": authorisation_id,
        "arrangement_id": arrangement_id,
        "version": 1,
        "scopes": ["openid"],
        "claims": {},
        "sharing_duration": YEAR,
        "acr": "urn:cds.au:cdr:2",
        "authenticated_at": NOW,
        "authorised_at": NOW,
        "active_at": active_at,
        "expires_at": NOW + timedelta(days=300),
        **version,
    }
    await brand.execute(arrangement.insert().values(row))
    await brand.execute(authorisation.insert().values(given))
    return arrangement_id, authorisation_id


async def test_authorisations_are_counted_by_kind(brand: Brand) -> None:
    """F-69, K-5, case 4 (sm#163): A has two arrangements, B and an organisation have one, C has an expired one."""
    data = CustomerData(brand.database, brand.tenant, lambda: NOW)
    a, b, c, d = [await data.add_customer(name, (await data.add_login())[0], kind="person") for name in "ABCD"]
    firm = await data.add_customer(
        "E", (await data.add_login())[0], kind="organisation", role="nominated-representative"
    )
    one, other = [await add_client(brand.database, brand.tenant, NOW) for _ in range(2)]
    yesterday = NOW - timedelta(days=1)
    await consented(brand, a, one)
    await consented(brand, a, other, sharing_duration=86_400, expires_at=NOW + timedelta(hours=1))
    amended, _ = await consented(brand, b, one, active_at=yesterday)
    await consented(brand, c, one, active_at=yesterday - timedelta(hours=1), expires_at=NOW - timedelta(hours=1))
    await consented(brand, firm, other, active_at=yesterday)
    await consented(brand, d, one, active_at=None)
    ended = {"active_at": yesterday, "ended_at": NOW - timedelta(minutes=5)}
    await consented(brand, d, one, **ended, ended_by="consumer")
    await consented(brand, d, one, **ended, ended_by="replay", sharing_duration=0)
    await consented(brand, d, one, **{**ended, "ended_at": NOW}, ended_by="expiry", expires_at=yesterday)
    new = {**(await brand.execute(authorisation.select().where(authorisation.c.arrangement_id == amended)))[0]._mapping}
    new |= {"id": uuid4(), "version": 2, "active_at": NOW - timedelta(minutes=2)}
    await brand.execute(authorisation.insert().values(new))

    found = await brand.metrics()
    assert (found["customerCount"], found["recipientCount"]) == (3, 2)
    of = found["authorisations"]
    assert of["activeAuthorisationCount"] == {"individual": 2, "nonIndividual": 1}
    assert of["newAuthorisationCount"]["currentDay"] == {
        "onceOff": {"individual": 1, "nonIndividual": 0},
        "ongoing": {"individual": 1, "nonIndividual": 0},
    }
    assert of["newAuthorisationCount"]["previousDays"][0] == {
        "onceOff": {"individual": 1, "nonIndividual": 0},
        "ongoing": {"individual": 4, "nonIndividual": 1},
    }
    assert of["amendedAuthorisationCount"]["currentDay"] == {"individual": 1, "nonIndividual": 0}
    assert of["revokedAuthorisationCount"]["currentDay"] == {"individual": 2, "nonIndividual": 0}
    assert of["expiredAuthorisationCount"]["currentDay"] == {"individual": 1, "nonIndividual": 0}
    assert of["expiredAuthorisationCount"]["previousDays"][0] == {"individual": 1, "nonIndividual": 0}


async def test_abandoned_flows_are_counted_on_the_day_on_which_they_ended(brand: Brand) -> None:
    """F-30, F-33, F-34: also before housekeeping has stored how they ended, and the same afterwards."""
    client_id = await add_client(brand.database, brand.tenant, NOW)
    asked = AuthorisationRequest(
        client_id=client_id,
        redirect_uri="https://recipient.test/callback",
        scopes=("openid",),
        nonce="n",
        response_mode="jwt",
        code_challenge="c",
    )

    async def add(began: datetime, *, visited: bool = True, **changes: Any) -> UUID:
        attempt_id, expires = uuid4(), began + timedelta(seconds=90)
        await brand.run(_insert, attempt_id, asked, expires, began)
        values = {"visited_at": began if visited else None, **changes}
        await brand.execute(update(attempt).where(attempt.c.id == attempt_id).values(values))
        return attempt_id

    midnight = datetime(2026, 11, 26, 13, tzinfo=UTC)  # in Sydney
    await add(midnight - timedelta(hours=2), stage="preAuthentication")
    await add(
        midnight - FLOW_LIFETIME + timedelta(minutes=1), stage="preAccountSelection"
    )  # ends a minute after midnight
    await add(NOW - timedelta(hours=3), visited=False)
    await add(NOW - timedelta(minutes=3), stage="preAuthorisation")  # is not over
    await add(NOW - timedelta(hours=3), stage="preTokenExchange", code_expires_at=NOW - timedelta(hours=2))
    await add(NOW - timedelta(hours=3), stage="rejected", outcome="rejected", ended_at=NOW - timedelta(hours=2))
    before = (await brand.metrics())["authorisations"]
    stages = before["abandonmentsByStage"]
    assert {stage: found["currentDay"] for stage, found in stages.items()} == {
        "preIdentification": 0,
        "preAuthentication": 0,
        "preAccountSelection": 1,
        "preAuthorisation": 0,
        "rejected": 1,
        "failedTokenExchange": 1,
    }
    assert stages["preAuthentication"]["previousDays"] == [1, 0]
    assert before["abandonedConsentFlowCount"] == {"currentDay": 3, "previousDays": [1, 0]}
    assert await brand.run(attempts.store_endings, NOW) == 4
    assert (await brand.metrics())["authorisations"] == before
    assert await brand.run(attempts.store_endings, NOW) == 0


async def _insert(tx: Any, attempt_id: UUID, asked: AuthorisationRequest, expires: datetime, began: datetime) -> None:
    await attempts.insert_attempt(
        tx, attempt_id, asked, request_uri_hash=attempt_id.bytes, expires_at=expires, now=began
    )


async def test_a_session_is_an_access_token_for_a_consumer(brand: Brand) -> None:
    """F-68: `sessionCount` counts tokens that were issued, also for a refresh token."""
    await brand.replay(
        brand.call(operation="token", tier="highPriority", token_issued=issued) for issued in (True, True, False)
    )
    assert (await brand.metrics("CURRENT"))["sessionCount"] == {"currentDay": 2}
