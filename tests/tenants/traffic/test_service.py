"""Each row of the traffic thresholds (C-N3 to C-N9), over real Valkey, for one process and for two."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import update

from haas.database import Database
from haas.shared_limits import SharedLimits
from haas.valkey_counts import ValkeyCounts
from tenants.arrangements.tables import arrangement, authorisation
from tenants.registry.models import Tenant
from tenants.tokens.lifetimes import ACCESS_TOKEN_LIFETIME
from tenants.traffic.active_authorisations import COUNTED_AGAIN_AFTER, ActiveAuthorisations
from tenants.traffic.errors import ThresholdExceeded
from tenants.traffic.service import DataTraffic, Traffic
from tenants.traffic.thresholds import PUSH_PERIOD
from tests.support.clients import add_client
from tests.support.consents import add_arrangement
from tests.support.rows import execute
from tests.support.stopped_clock import StoppedClock

HIGH, LOW = "2026-11-26T12:00:00+11:00", "2026-11-26T02:00:00+11:00"
"""In the time zone of the tenants of the tests, Australia/Sydney."""
Processes = Callable[..., list[Traffic]]


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock.at(HIGH)


@pytest.fixture
def tenant(tenant: Tenant) -> Tenant:
    """An empty tenant with a new id. Calls are counted for the id, and the stopped clock of all tests is the same."""
    return msgspec.structs.replace(tenant, id=uuid4())


@pytest.fixture
async def processes(valkey: str, database: Database, clock: StoppedClock) -> AsyncIterator[Processes]:
    """Makes the traffic objects of processes that share the thresholds."""
    opened: list[ValkeyCounts] = []
    active: list[ActiveAuthorisations] = []

    def make(number: int, *, factor: int = 1, url: str = valkey) -> list[Traffic]:
        made = []
        for _ in range(number):
            opened.append(ValkeyCounts(url, seconds=30))
            active.append(ActiveAuthorisations(database, clock))
            limits = SharedLimits(clock, opened[-1], processes=number)
            made.append(Traffic(limits, active[-1], clock, factor=factor, pushed_requests=4))
        return made

    yield make
    for numbers in active:
        await numbers.close()
    for counts in opened:
        await counts.close()


async def refusal(call: Callable[[], Awaitable[None] | None]) -> ThresholdExceeded | None:
    try:
        asking = call()
        if asking is not None:
            await asking
    except ThresholdExceeded as exceeded:
        return exceeded
    return None


async def admitted(calls: Iterable[Callable[[], Awaitable[None] | None]]) -> int:
    """Make calls, and return how many of them were admitted before the first that was refused."""
    for number, call in enumerate(calls):
        if await refusal(call) is not None:
            return number
    raise AssertionError("no call was refused")


def a_call(clock: StoppedClock, **changes: Any) -> DataTraffic:
    values: dict[str, Any] = {
        "customer_id": uuid4(),
        "arrangement_id": uuid4(),
        "software_id": str(uuid4()),
        "session": uuid4().hex,
        "session_begins_at": clock.now(),
        "session_ends_at": clock.now() + ACCESS_TOKEN_LIFETIME,
        "customer_present": True,
        **changes,
    }
    return DataTraffic(**values)


async def settled(made: list[Traffic], tenant: Tenant) -> list[Traffic]:
    """Wait until every process has counted the active authorisations of a tenant: there are none."""
    for traffic in made:
        assert traffic._active.number(tenant) is None
        await traffic._active.settled()
        assert traffic._active.number(tenant) == 0
    return made


def with_settings(tenant: Tenant, **changes: Any) -> Tenant:
    return msgspec.structs.replace(tenant, settings=msgspec.structs.replace(tenant.settings, **changes))


@pytest.mark.parametrize("number", [1, 2])
async def test_a_present_customer_has_ten_calls_in_a_second(
    processes: Processes, module_tenant: Tenant, clock: StoppedClock, number: int
) -> None:
    """C-N3, also at several recipients together."""
    traffic, customer = cycle(processes(number)), uuid4()
    calls = (a_call(clock, customer_id=customer) for _ in range(20))
    assert await admitted((lambda: next(traffic).data_call(module_tenant, next(calls))) for _ in range(20)) == 10
    exceeded = await refusal(lambda: next(traffic).data_call(module_tenant, a_call(clock, customer_id=customer)))
    assert exceeded is not None
    assert str(exceeded) == "more than 10 calls per customer in a second"
    assert exceeded.retry_after == 1
    assert await refusal(lambda: next(traffic).data_call(module_tenant, a_call(clock))) is None
    clock.move(timedelta(seconds=1))
    again = a_call(clock, customer_id=customer)
    assert await admitted((lambda: next(traffic).data_call(module_tenant, again)) for _ in range(20)) == 10


async def test_the_calls_of_a_customer_can_be_counted_for_each_arrangement(
    processes: Processes, module_tenant: Tenant, clock: StoppedClock
) -> None:
    """C-N6 (sm#728): the key is a setting of the tenant."""
    (traffic,), customer = processes(1), uuid4()
    tenant = with_settings(module_tenant, customer_calls_counted_by="arrangement")
    for _ in range(2):
        one = a_call(clock, customer_id=customer)
        assert await admitted((lambda one=one: traffic.data_call(tenant, one)) for _ in range(20)) == 10


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("present", [True, False])
async def test_a_software_product_has_fifty_calls_in_a_second(
    processes: Processes, module_tenant: Tenant, clock: StoppedClock, number: int, *, present: bool
) -> None:
    traffic, product = cycle(processes(number)), str(uuid4())

    def call() -> Awaitable[None] | None:
        return next(traffic).data_call(module_tenant, a_call(clock, software_id=product, customer_present=present))

    assert await admitted(call for _ in range(80)) == 50
    exceeded = await refusal(call)
    assert exceeded is not None
    assert str(exceeded) == "more than 50 calls per software product in a second"


async def test_authorisation_traffic_has_the_thresholds_of_present_customers(
    processes: Processes, module_tenant: Tenant
) -> None:
    (traffic,), product, customer = processes(1), str(uuid4()), uuid4()
    calls = (lambda: traffic.authorisation_call(module_tenant, str(uuid4()), customer) for _ in range(20))
    assert await admitted(calls) == 10
    assert await admitted((lambda: traffic.authorisation_call(module_tenant, product)) for _ in range(80)) == 50


async def test_an_unattended_session_has_five_calls_in_a_second_in_the_low_traffic_period(
    processes: Processes, module_tenant: Tenant, clock: StoppedClock
) -> None:
    (traffic,) = processes(1)
    clock.move(datetime.fromisoformat(LOW) - clock.now())
    one = a_call(clock, customer_present=False)
    assert await admitted((lambda: traffic.data_call(module_tenant, one)) for _ in range(20)) == 5
    assert await refusal(lambda: traffic.data_call(module_tenant, one._replace(customer_present=True))) is None


@pytest.mark.parametrize("number", [1, 2])
async def test_an_unattended_session_has_a_hundred_calls_in_the_low_traffic_period(
    processes: Processes, module_tenant: Tenant, clock: StoppedClock, number: int
) -> None:
    """C-N4: a session is the life of one access token. The next session can begin when this one ends."""
    traffic = cycle(processes(number))
    clock.move(datetime.fromisoformat(LOW) - clock.now())
    one = a_call(clock, customer_present=False)

    def call() -> Awaitable[None] | None:
        clock.move(timedelta(seconds=1))
        return next(traffic).data_call(module_tenant, one)

    assert await admitted(call for _ in range(120)) == 100
    exceeded = await refusal(call)
    assert exceeded is not None
    assert "100 unattended calls per session" in str(exceeded)
    assert exceeded.retry_after == ACCESS_TOKEN_LIFETIME.total_seconds() - 102
    another = one._replace(session=uuid4().hex)
    assert await refusal(lambda: next(traffic).data_call(module_tenant, another)) is None


@pytest.mark.parametrize("number", [1, 2])
async def test_a_customer_has_twenty_unattended_sessions_a_day_for_a_product(
    processes: Processes, module_tenant: Tenant, clock: StoppedClock, number: int
) -> None:
    """C-N3, C-N5: until 06:00 in the time zone of the tenant. Sessions with the customer present are not limited."""
    traffic = cycle(processes(number))
    clock.move(datetime.fromisoformat(LOW) - clock.now())
    first = a_call(clock, customer_present=False)
    sessions = iter([first._replace(session=uuid4().hex) for _ in range(30)])
    assert await admitted((lambda: next(traffic).data_call(module_tenant, next(sessions))) for _ in range(30)) == 20
    refused = next(sessions)
    exceeded = await refusal(lambda: next(traffic).data_call(module_tenant, refused))
    assert exceeded is not None
    assert "20 sessions per customer and software product in a day" in str(exceeded)
    assert exceeded.retry_after == 4 * 3600
    for answered in (
        refused._replace(customer_present=True),
        refused._replace(software_id=str(uuid4())),
        refused._replace(customer_id=uuid4()),
    ):
        clock.move(timedelta(seconds=1))
        assert await refusal(lambda one=answered: next(traffic).data_call(module_tenant, one)) is None
    clock.move(timedelta(hours=4))
    assert await refusal(lambda: next(traffic).data_call(module_tenant, refused)) is None, "best effort after 06:00"
    clock.move(timedelta(hours=20))
    tomorrow = refused._replace(session_begins_at=clock.now(), session_ends_at=clock.now() + ACCESS_TOKEN_LIFETIME)
    assert await refusal(lambda: next(traffic).data_call(module_tenant, tomorrow)) is None


async def test_a_session_that_was_initiated_before_midnight_belongs_to_the_day_before(
    processes: Processes, module_tenant: Tenant, clock: StoppedClock
) -> None:
    (traffic,) = processes(1)
    clock.move(datetime.fromisoformat("2026-11-26T00:01:00+11:00") - clock.now())
    first = a_call(clock, customer_present=False, session_begins_at=clock.now() - timedelta(minutes=5))
    for _ in range(25):
        clock.move(timedelta(seconds=1))
        assert await refusal(lambda: traffic.data_call(module_tenant, first._replace(session=uuid4().hex))) is None


async def test_unattended_calls_in_the_high_traffic_period_have_four_fifths_of_the_calls_of_a_brand(
    processes: Processes, tenant: Tenant, clock: StoppedClock
) -> None:
    """C-N3 (sm#534): best effort. The rest is kept for customers who are present, who are still answered."""
    (traffic,) = await settled(processes(1), tenant)
    unattended = (a_call(clock, customer_present=False) for _ in range(500))
    assert await admitted((lambda: traffic.data_call(tenant, next(unattended))) for _ in range(500)) == 120
    present = (a_call(clock) for _ in range(500))
    assert await admitted((lambda: traffic.data_call(tenant, next(present))) for _ in range(500)) == 30


@pytest.mark.parametrize("number", [1, 2])
async def test_a_brand_with_few_authorisations_has_150_secure_calls_in_a_second(
    processes: Processes, tenant: Tenant, clock: StoppedClock, number: int
) -> None:
    """Calls for data and authorisation traffic together. The number of authorisations is counted in the background."""
    traffic = cycle(await settled(processes(number), tenant))
    calls = (
        lambda: next(traffic).data_call(tenant, a_call(clock)),
        lambda: next(traffic).authorisation_call(tenant, str(uuid4())),
    )
    assert await admitted(calls[turn % 2] for turn in range(300)) == 150
    assert await refusal(lambda: next(traffic).public_call(tenant)) is None
    assert await refusal(lambda: next(traffic).authorisation_call(tenant, str(uuid4()), secure=False)) is None


@pytest.mark.parametrize("number", [1, 2])
async def test_public_operations_have_300_calls_in_a_second(
    processes: Processes, tenant: Tenant, clock: StoppedClock, number: int
) -> None:
    traffic = cycle(processes(number))
    assert await admitted((lambda: next(traffic).public_call(tenant)) for _ in range(400)) == 300
    assert await refusal(lambda: next(traffic).data_call(tenant, a_call(clock))) is None, "in addition to secure calls"


async def test_a_client_can_push_a_number_of_requests_in_ninety_seconds(
    processes: Processes, module_tenant: Tenant, clock: StoppedClock
) -> None:
    """The processes share the number, and another client has its own."""
    one, other = processes(2)
    calls = [lambda traffic=traffic: traffic.pushed_request(module_tenant, "client-1") for traffic in (one, other) * 3]
    refusals = [await refusal(call) for call in calls]
    assert [each is None for each in refusals] == [True] * 4 + [False] * 2
    assert str(refusals[-1]) == "more than 4 pushed authorisation requests of the client in 90 seconds"
    assert await refusal(lambda: one.pushed_request(module_tenant, "client-2")) is None
    clock.move(PUSH_PERIOD)
    assert await refusal(calls[0]) is None


async def test_the_thresholds_of_one_brand_are_not_those_of_another(
    processes: Processes, two_tenants: tuple[Tenant, Tenant], clock: StoppedClock
) -> None:
    (traffic,), one = processes(1), a_call(clock)
    for tenant in two_tenants:
        assert await admitted((lambda tenant=tenant: traffic.data_call(tenant, one)) for _ in range(20)) == 10


async def test_a_deployment_can_answer_more_than_the_standards_demand(
    processes: Processes, module_tenant: Tenant, clock: StoppedClock
) -> None:
    (traffic,), one = processes(1, factor=3), a_call(clock)
    assert await admitted((lambda: traffic.data_call(module_tenant, one)) for _ in range(50)) == 30


@pytest.mark.parametrize("number", [1, 2])
async def test_low_velocity_data_is_refused_only_above_the_limit_of_the_tenant(
    processes: Processes, module_tenant: Tenant, clock: StoppedClock, number: int
) -> None:
    """C-N7 to C-N9: a sliding period of 24 hours for the same resource under the same arrangement."""
    traffic, shared = cycle(processes(number)), uuid4()
    for _ in range(30):
        assert next(traffic).low_velocity_call(module_tenant, shared, "usage") is None, "answered by default"
    tenant = with_settings(module_tenant, low_velocity_limit=12)

    def call(resource: str = "usage", of: Any = shared) -> Awaitable[None] | None:
        clock.move(timedelta(minutes=1))
        return next(traffic).low_velocity_call(tenant, of, resource)

    assert await admitted(call for _ in range(30)) == 12
    exceeded = await refusal(call)
    assert exceeded is not None
    assert "12 calls for the same low velocity data" in str(exceeded)
    assert exceeded.retry_after == 24 * 3600 - 13 * 60
    assert await refusal(lambda: call("usage, page 2")) is None
    assert await refusal(lambda: call(of=uuid4())) is None
    clock.move(timedelta(seconds=exceeded.retry_after) - timedelta(minutes=3))
    assert await refusal(call) is None, "the first call is older than 24 hours"


async def test_without_valkey_calls_below_a_threshold_are_answered(
    processes: Processes, module_tenant: Tenant, clock: StoppedClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Each of the two processes knows only what it has answered itself."""
    one = a_call(clock)
    for traffic in processes(2, url="redis://127.0.0.1:1/0"):
        assert await admitted(partial(traffic.data_call, module_tenant, one) for _ in range(20)) == 10
    assert [record.message for record in caplog.records] == ["limits.not_shared"] * 2


async def test_active_authorisations_are_counted_in_the_background_and_again_after_some_time(
    database: Database, tenant: Tenant, clock: StoppedClock
) -> None:
    client_id = await add_client(database, tenant, clock.now())
    ids = [await add_arrangement(database, tenant, client_id, clock.now()) for _ in range(4)]
    ended = {"ended_at": clock.now(), "ended_by": "consumer"}
    await execute(database, tenant, update(arrangement).where(arrangement.c.id == ids[0]).values(ended))
    await execute(database, tenant, update(arrangement).where(arrangement.c.id == ids[1]).values(active_at=None))
    expired = authorisation.c.arrangement_id == ids[2]
    await execute(database, tenant, update(authorisation).where(expired).values(expires_at=clock.now()))
    active = ActiveAuthorisations(database, clock)
    assert active.number(tenant) is None, "nobody waits for the first count"
    await active.settled()
    assert active.number(tenant) == 1
    await add_arrangement(database, tenant, client_id, clock.now())
    assert active.number(tenant) == 1
    clock.move(COUNTED_AGAIN_AFTER)
    assert active.number(tenant) == 1
    await active.settled()
    assert active.number(tenant) == 2
    await active.close()
