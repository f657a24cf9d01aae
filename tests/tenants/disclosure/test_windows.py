"""Which days of a service point a request for meter reads is given: C-P5 to C-P10 and C-U6."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from haas.database import Database
from tenants.accounts.service import market_day
from tenants.accounts.tables import holding, service_point, supply
from tenants.disclosure.models import SupplyPeriod
from tenants.disclosure.store import supply_periods
from tenants.disclosure.windows import control_of, windows_of
from tenants.operations.filters import months_before
from tenants.registry.models import Tenant
from tenants.sources.contract import EVERY_DAY, Days, Window
from tests.support.customers import CustomerData
from tests.support.rows import execute, run

TODAY = date(2026, 11, 26)
TWO_YEARS_AGO = date(2024, 11, 26)
POINT, OTHER, ACCOUNT = uuid4(), uuid4(), uuid4()
repeated = settings(deadline=None, database=None, derandomize=True, max_examples=200)


def current(first: date = date(2026, 1, 1)) -> SupplyPeriod:
    return SupplyPeriod(POINT, ACCOUNT, True, first, None)


def former(first: date, last: date | None) -> SupplyPeriod:
    return SupplyPeriod(POINT, ACCOUNT, False, first, last)


def windows(asked: Days, *periods: SupplyPeriod, today: date = TODAY) -> list[tuple[date, date]]:
    found = windows_of(control_of(periods, today), [POINT], asked)
    return [(window.first, window.last) for window in found.get(POINT, [])]


ASKED = Days(date(2024, 12, 1), date(2026, 11, 30))


def test_the_start_of_the_supply_never_narrows_an_open_account_c_p7() -> None:
    assert windows(ASKED, current(first=date(2026, 11, 1))) == [ASKED]
    older = Days(date(2010, 1, 1), date(2011, 1, 1))
    assert windows(older, current()) == [older]


def test_a_closed_account_is_narrowed_to_the_time_in_which_the_customer_held_it_c_p8() -> None:
    assert windows(ASKED, former(date(2025, 3, 1), date(2025, 6, 30))) == [(date(2025, 3, 1), date(2025, 6, 30))]
    assert windows(ASKED, former(date(2020, 1, 1), date(2025, 6, 30))) == [(ASKED.first, date(2025, 6, 30))]


def test_nothing_of_a_closed_account_is_older_than_two_years_c_p5() -> None:
    """The example of the clause: closed on 1 January 2024, asked on 1 January 2025, owed from 1 January 2023."""
    asked = Days(date(2020, 1, 1), date(2025, 1, 1))
    period = former(date(2019, 1, 1), date(2024, 1, 1))
    assert windows(asked, period, today=date(2025, 1, 1)) == [(date(2023, 1, 1), date(2024, 1, 1))]


def test_a_service_point_without_a_day_in_the_period_is_known_and_has_no_window() -> None:
    for period in (former(date(2019, 1, 1), date(2020, 1, 1)), former(date(2025, 6, 1), date(2025, 5, 1))):
        control = control_of([period], TODAY)
        assert list(control) == [POINT]
        assert windows_of(control, [POINT], ASKED) == {}
    assert windows(Days(date(2025, 7, 1), date(2025, 8, 1)), former(date(2025, 3, 1), date(2025, 6, 30))) == []


def test_a_service_point_of_an_open_and_a_closed_account_has_one_window_c_p10() -> None:
    assert windows(ASKED, former(date(2025, 3, 1), date(2025, 6, 30)), current(), current()) == [ASKED]


def test_periods_that_touch_become_one_and_others_stay_apart() -> None:
    touching = former(date(2025, 3, 1), date(2025, 6, 30)), former(date(2025, 7, 1), date(2025, 9, 30))
    assert windows(ASKED, *reversed(touching)) == [(date(2025, 3, 1), date(2025, 9, 30))]
    apart = touching[0], former(date(2025, 7, 2), date(2025, 9, 30))
    assert windows(ASKED, *apart) == [
        (date(2025, 3, 1), date(2025, 6, 30)),
        (date(2025, 7, 2), date(2025, 9, 30)),
    ]


@pytest.mark.parametrize(
    ("first", "last", "is_contained"),
    [
        (date(2025, 2, 28), date(2025, 2, 28), False),
        (date(2025, 3, 1), date(2025, 3, 1), True),
        (date(2025, 3, 31), date(2025, 4, 1), True),
        (date(2025, 1, 1), date(2025, 3, 1), True),
        (date(2024, 12, 31), date(2025, 3, 1), False),
        (date(2025, 3, 31), date(2025, 6, 30), True),
        (date(2025, 3, 31), date(2025, 7, 1), False),
        (date(2025, 1, 1), date(2025, 6, 30), True),
        (date(2025, 4, 1), date(2025, 4, 1), False),
    ],
)
def test_a_read_of_several_days_overlaps_the_window_and_is_within_the_control_c_u6_c_p9(
    first: date, last: date, *, is_contained: bool
) -> None:
    window = Window(date(2025, 3, 1), date(2025, 3, 31), Days(date(2025, 1, 1), date(2025, 6, 30)))
    assert window.contains(first, last) is is_contained


dates = st.dates(date(2023, 1, 1), date(2026, 12, 31))
periods = st.lists(
    st.builds(SupplyPeriod, st.sampled_from([POINT, OTHER]), st.just(ACCOUNT), st.booleans(), dates, dates)
    | st.builds(SupplyPeriod, st.just(POINT), st.just(ACCOUNT), st.just(True), dates, st.none()),
    max_size=6,
)


@repeated
@given(periods, st.tuples(dates, dates).map(sorted), dates)
def test_each_day_is_in_one_window_if_and_only_if_one_of_the_periods_allows_it(
    found: list[SupplyPeriod], bounds: list[date], today: date
) -> None:
    asked = Days(*bounds)
    result = windows_of(control_of(found, today), {each.service_point_id for each in found}, asked)
    for point in (POINT, OTHER):
        mine = result.get(point, [])
        assert mine == sorted(mine)
        for day in _days(date(2022, 12, 31), date(2027, 1, 1), 7):
            allowed = asked.first <= day <= asked.last and any(
                each.is_current or (each.first <= day <= (each.last or date.min) and day >= months_before(today, 24))
                for each in found
                if each.service_point_id == point
            )
            assert sum(window.first <= day <= window.last for window in mine) == allowed
            assert sum(window.contains(day, day) for window in mine) == allowed


def _days(first: date, last: date, step: int) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=step)


class Home:
    """A customer, and service points that have supplied the customer's accounts."""

    def __init__(self, database: Database, tenant: Tenant, now: datetime) -> None:
        self.database, self.tenant, self.now, self.today = database, tenant, now, market_day(now)
        self.customers = CustomerData(database, tenant, lambda: now)
        self.customer_id = uuid4()

    async def account(self, *, closed: bool = False, since: date = date(2020, 1, 1)) -> UUID:
        login_id, _ = await self.customers.add_login()
        self.customer_id = await self.customers.add_customer("Mia Wong", login_id)
        account_id = await self.customers.add_account("Home", open_status="CLOSED" if closed else "OPEN")
        await self.insert(holding, customer_id=self.customer_id, account_id=account_id, role="holder", valid_from=since)
        return account_id

    async def supply(self, account_id: UUID, first: date, last: date | None) -> UUID:
        point = uuid4()
        written = {"national_metering_id": "4103000001", "detail": {}, "updated_at": self.now}
        await self.insert(service_point, id=point, reference=str(point), **written)
        await self.insert(supply, account_id=account_id, service_point_id=point, valid_from=first, valid_to=last)
        return point

    async def insert(self, table: Any, **row: Any) -> None:
        await execute(self.database, self.tenant, insert(table).values(**row))

    async def control(self, *accounts: UUID) -> dict[UUID, list[Days]]:
        found = await run(self.database, self.tenant, supply_periods, self.customer_id, accounts, self.today)
        return {point: list(days) for point, days in control_of(found, self.today).items()}


@pytest.fixture
def home(database: Database, tenant: Tenant, clock: Any) -> Home:
    return Home(database, tenant, clock.now())


async def test_a_supply_of_an_open_account_that_has_ended_is_treated_as_that_of_a_closed_one(home: Home) -> None:
    account_id = await home.account()
    yesterday = home.today - timedelta(days=1)
    ended = await home.supply(account_id, home.today - timedelta(days=100), yesterday)
    current = await home.supply(account_id, home.today, None)
    ends_today = await home.supply(account_id, date(2020, 1, 1), home.today)
    await home.supply(account_id, home.today + timedelta(days=1), None)
    assert await home.control(account_id) == {
        ended: [Days(home.today - timedelta(days=100), yesterday)],
        current: [EVERY_DAY],
        ends_today: [EVERY_DAY],
    }
    assert await home.control() == {}


async def test_the_days_of_a_closed_account_are_those_of_both_the_supply_and_the_holding(home: Home) -> None:
    began = home.today - timedelta(days=90)
    account_id = await home.account(closed=True, since=began)
    last = home.today - timedelta(days=30)
    earlier = await home.supply(account_id, date(2020, 1, 1), last)
    later = await home.supply(account_id, began + timedelta(days=5), last)
    before = await home.supply(account_id, date(2020, 1, 1), began - timedelta(days=1))
    assert await home.control(account_id) == {
        earlier: [Days(began, last)],
        later: [Days(began + timedelta(days=5), last)],
        before: [],
    }


async def test_a_supply_of_a_closed_account_without_a_known_end_is_not_disclosed(home: Home) -> None:
    """Somebody else may have used the service point since then."""
    account_id = await home.account(closed=True)
    await home.supply(account_id, date(2020, 1, 1), None)
    assert await home.control(account_id) == {}


async def test_the_holding_of_another_customer_does_not_count(home: Home) -> None:
    account_id = await home.account(closed=True)
    await home.supply(account_id, home.today - timedelta(days=9), home.today)
    home.customer_id = uuid4()
    assert await home.control(account_id) == {}
