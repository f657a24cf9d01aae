"""How an account is described: its title, its plan, its fuel, and its address in one line."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, update

from tenants.accounts import service
from tenants.accounts.descriptions import AccountSupplies, describe, natural_order, read_address
from tenants.accounts.internal_ids import service_point_id
from tenants.accounts.tables import account, holding, service_point, supply
from tests.tenants.accounts.conftest import Household

TODAY = date(2026, 11, 27)
PAF = {"localityName": "NEWTOWN", "postcode": "2042", "state": "NSW"}
STREET = {"thoroughfareNumber1": 12, "streetName": "WATTLE", "streetType": "ST", **PAF}


def simple(line: str, **changes: str) -> dict[str, Any]:
    lines = {"addressLine1": line, "city": "Newtown", "state": "NSW", "postcode": "2042", **changes}
    return {"addressUType": "simple", "simple": lines}


def plan(name: str, start: str, end: str | None = None, **changes: Any) -> dict[str, Any]:
    period = {"startDate": start, **({} if end is None else {"endDate": end})}
    return {"servicePointIds": [], "planOverview": {"displayName": name, **period}, **changes}


@pytest.mark.parametrize(
    ("location", "line", "town"),
    [
        (simple("12 Wattle St"), "12 Wattle St, Newtown NSW 2042", "Newtown NSW"),
        (simple("UNIT 3", addressLine2="O'BRIEN HOUSE"), "Unit 3, O'brien House, Newtown NSW 2042", "Newtown NSW"),
        ({"addressUType": "paf", "paf": STREET}, "12 Wattle St, Newtown NSW 2042", "Newtown NSW"),
        (
            {
                "addressUType": "paf",
                "paf": {
                    **STREET,
                    "buildingName1": "GUM HOUSE",
                    "floorLevelType": "L",
                    "floorLevelNumber": "2",
                    "flatUnitType": "UNIT",
                    "flatUnitNumber": "3",
                    "thoroughfareNumber1Suffix": "A",
                    "thoroughfareNumber2": 14,
                    "streetSuffix": "N",
                },
            },
            "Gum House, L 2, Unit 3, 12A–14 Wattle St N, Newtown NSW 2042",
            "Newtown NSW",
        ),
        ({"addressUType": "paf", "paf": {**PAF, "lotNumber": "7"}}, "Lot 7, Newtown NSW 2042", "Newtown NSW"),
        (
            {"addressUType": "paf", "paf": {**PAF, "postalDeliveryType": "PO BOX", "postalDeliveryNumber": 77}},
            "Po Box 77, Newtown NSW 2042",
            "Newtown NSW",
        ),
        (None, None, None),
        ({"addressUType": "simple"}, None, None),
        ({"addressUType": "paf", "paf": {**PAF, "postcode": "nowhere"}}, None, None),
    ],
)
def test_an_address_is_written_in_one_line(location: Any, line: str | None, town: str | None) -> None:
    found = read_address(location)
    assert (found and found.line, found and found.town) == (line, town)


@pytest.mark.parametrize(
    ("display_name", "plans", "supplies", "expected"),
    [
        ("Home", [plan("Saver", "2025-01-01")], simple("1 A St"), ("Home", "1 A St, Newtown NSW 2042", "Saver")),
        (None, [plan("Saver", "2025-01-01")], simple("1 A St"), ("1 A St, Newtown NSW 2042", None, "Saver")),
        (None, [plan("Saver", "2025-01-01", nickname="Shed")], None, ("Shed", None, "Saver")),
        # The name of the plan is not a nickname if there is an address.
        ("Saver", [plan("Saver", "2025-01-01")], simple("1 A St"), ("1 A St, Newtown NSW 2042", None, "Saver")),
        ("Saver", [plan("Saver", "2025-01-01")], None, ("Saver", None, None)),
        (None, [], None, ("Energy account", None, None)),
        (None, {}, None, ("Energy account", None, None)),
        # The plan of today; of an account without one, the last plan.
        ("A", [plan("Old", "2020-01-01", "2024-12-31"), plan("Now", "2025-01-01")], None, ("A", None, "Now")),
        ("A", [plan("Old", "2020-01-01", "2021-12-31"), plan("B", "2022-01-01", "2023-12-31")], None, ("A", None, "B")),
        ("A", [plan("Now", "2025-01-01"), plan("Next", "2027-01-01")], None, ("A", None, "Now")),
    ],
)  # fmt: skip
def test_the_title_is_the_nickname_or_the_address(
    display_name: str | None, plans: Any, supplies: Any, expected: tuple[str, str | None, str | None]
) -> None:
    found = describe(display_name, plans, (), supplies and AccountSupplies(supplies), TODAY)
    assert (found.title, found.address, found.plan) == expected


def test_the_nickname_that_one_person_gave_is_no_title_for_others() -> None:
    named = plan("Saver", "2025-01-01", nickname="My escape")
    for display_name, supplies, title in (
        (None, AccountSupplies(simple("1 A St")), "1 A St, Newtown NSW 2042"),
        ("House", None, "House"),  # the retailer's name of the account
        (None, None, "Energy account"),
    ):
        assert describe(display_name, [named], (), supplies, TODAY, has_several_people=True).title == title


@pytest.mark.parametrize(
    ("fuels", "supplies", "fuel"),
    [
        ((), None, None),
        ((), AccountSupplies(), "Electricity"),
        (("GAS",), None, "Gas"),
        (("DUAL",), None, "Electricity and gas"),
        (("ELECTRICITY", "unknown"), None, "Electricity"),
    ],
)
def test_the_fuel_is_that_of_the_plans_and_of_the_market(fuels: Any, supplies: Any, fuel: str | None) -> None:
    assert describe(None, [], fuels, supplies, TODAY).fuel == fuel


def test_numbers_in_titles_are_ordered_by_their_value() -> None:
    titles = ["10 Wattle St", "2 Wattle St", "Unit 3, 2 Wattle St", "unit 1, 20 Wattle St", "Home"]
    ordered = ["2 Wattle St", "10 Wattle St", "Home", "unit 1, 20 Wattle St", "Unit 3, 2 Wattle St"]
    assert sorted(titles, key=natural_order) == ordered


async def test_an_account_has_the_address_that_it_supplies_today_and_the_number_of_others(household: Household) -> None:
    """Of an account that supplies nothing any more, it is the last address. A point without an address is not shown."""
    yesterday, before = household.today - timedelta(days=1), household.today - timedelta(days=300)
    for nmi, location, first, last in (
        ("4100000001", simple("1 Gone St"), date.min, before),
        ("4100000002", simple("2 Now St"), before, None),
        ("4100000003", None, before, None),
        ("4100000004", simple("4 Ended St"), before, yesterday),
    ):
        await household.run(_supply, household, nmi, location, first, last)
    of_gas = [{"planDetail": {"fuelType": "DUAL"}}]
    await household.run(_execute, update(account).values(detail=of_gas, account_number="61004401"))
    [held] = await household.run(service.accounts_of, household.customer_id, "r", household.now)
    assert (held.name, held.town) == ("2 Now St, Newtown NSW 2042 and 1 more address", "Newtown NSW")
    assert (held.fuel, held.number, held.account_number) == ("Electricity and gas", "ending in 4401", "61004401")
    await household.run(_execute, update(supply).where(supply.c.valid_to.is_(None)).values(valid_to=yesterday))
    [held] = await household.run(service.accounts_of, household.customer_id, "r", household.now)
    assert held.name in {"2 Now St, Newtown NSW 2042", "4 Ended St, Newtown NSW 2042"}


async def test_names_of_accounts_are_the_titles_of_the_account_step(household: Household) -> None:
    """The account of two holders has no nickname; it has one for its only holder. An unknown account has no name."""
    plans, mine = [plan("Saver", "2025-01-01", nickname="Nest")], uuid4()
    await household.run(_execute, update(account).values(summary=plans, account_number="61004401"))
    await household.run(_execute, insert(account).values({**household.account_row(mine), "summary": plans}))
    held_alone = {**household.holding_row(household.customer_id), "account_id": mine}
    await household.run(_execute, insert(holding).values(held_alone))
    names = await household.run(service.names_of, [household.account_id, mine, uuid4()], household.now)
    assert {each: name.label for each, name in names.items()} == {
        household.account_id: "Energy account (ending in 4401)", mine: "Nest"
    }  # fmt: skip
    held = await household.run(service.accounts_of, household.customer_id, "r", household.now)
    assert {each.id: each.name for each in held} == {each: name.title for each, name in names.items()}
    assert await household.run(service.names_of, [], household.now) == {}


async def _supply(tx: Any, household: Household, nmi: str, location: Any, first: date, last: date | None) -> None:
    detail = {} if location is None else {"location": location}
    point = {"id": service_point_id(nmi), "reference": nmi, "national_metering_id": nmi, "detail": detail}
    await tx.execute(insert(service_point).values(**point, updated_at=household.now))
    period = {"valid_from": first, "valid_to": last}
    supplied = {"account_id": household.account_id, "service_point_id": point["id"], **period}
    await tx.execute(insert(supply).values(**supplied))


async def _execute(tx: Any, statement: Any) -> None:
    await tx.execute(statement)
