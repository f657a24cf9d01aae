"""How the accounts of a customer are filtered and grouped, and which steps a person sees."""

from typing import Any
from uuid import UUID

import pytest

from tenants.accounts.models import DisclosureFacts, HeldAccount
from tenants.consent.account_selection import AccountChoices, filtered, grouped
from tenants.consent.errors import FlowStep
from tenants.consent.flow import steps, way_back
from tests.tenants.consent.test_flow import NOW, ONE_CUSTOMER, TWO_CUSTOMERS, flow


def held(number: int, name: str = "Home", role: Any = "holder", **changes: Any) -> HeldAccount:
    values = {"joint": role == "joint-holder", "closed": False, "unavailable": None, "number": None}
    facts = DisclosureFacts(role=role)
    return HeldAccount(id=UUID(int=number), name=name, disclosure_facts=facts, **{**values, **changes})


def towns(*names: str) -> list[HeldAccount]:
    return [held(number, town=name, state=name[-3:] or None) for number, name in enumerate(names)]


def test_an_account_is_found_by_all_words_in_any_of_its_texts() -> None:
    home = held(1, "Home", address="12 Wattle Street, Newtown NSW 2042", plan="Saver", account_number="61004401")
    shed = held(2, "Shed", town="Orange NSW", account_number="61009902")
    for text, found in (
        ("", [home, shed]),
        ("WATTLE home", [home]),
        ("  newtown   saver ", [home]),
        ("6100440", [home]),
        ("12 wattle", [home]),
        ("2 wattle", []),  # a house number is a whole number
        ("2042", [home]),
        ("99", []),  # so few digits are no part of an account number
        ("6100", [home, shed]),
        ("orange", [shed]),
        ("home orange", []),
    ):
        assert filtered([home, shed], text) == found, text


def test_accounts_are_grouped_by_role_and_closed_ones_are_last() -> None:
    accounts = [held(1, closed=True), held(2, role="secondary-user"), held(3, role="joint-holder"), held(4)]
    groups = grouped(accounts, by_place=True)
    assert [(group.key, len(group.accounts)) for group in groups] == [
        ("own", 1),
        ("joint", 1),
        ("used", 1),
        ("closed", 1),
    ]


@pytest.mark.parametrize(
    ("accounts", "keys"),
    [
        (towns(*["Orange NSW"] * 6, *["Bega NSW"] * 6), ["own:Bega NSW", "own:Orange NSW"]),
        (towns(*["Orange NSW"] * 6, *[""] * 6), ["own:Orange NSW", "own:"]),  # unknown places are last
        (towns(*[f"Town {n} {'NSW' if n < 6 else 'VIC'}" for n in range(12)]), ["own:NSW", "own:VIC"]),
        (towns(*["Orange NSW"] * 12), ["own"]),
        (towns(*["Orange NSW"] * 5, *["Bega NSW"] * 5), ["own"]),  # ten accounts are not many
    ],
)
def test_many_accounts_are_grouped_by_town_or_else_by_state(accounts: list[HeldAccount], keys: list[str]) -> None:
    groups = grouped(accounts, by_place=True)
    assert [group.key for group in groups] == keys
    assert {account.id for group in groups for account in group.accounts} == {account.id for account in accounts}


def test_chosen_accounts_that_the_filter_does_not_let_through_are_hidden() -> None:
    accounts = [held(1), held(2), held(3)]
    selection = AccountChoices(
        available=accounts,
        unavailable=[],
        chosen=frozenset({UUID(int=1), UUID(int=3)}),
        groups=grouped(accounts[:2], by_place=False),
        filter="x",
    )
    assert selection.hidden == [UUID(int=3)]


ALL = "identify verify customer accounts review"
ACCOUNTS, NO_ACCOUNTS = ("openid", "energy:accounts.basic:read"), ("openid", "common:customer.basic:read")


@pytest.mark.parametrize(
    ("stage", "customers", "scopes", "shown", "order", "back"),
    [
        ("preIdentification", (), ACCOUNTS, "identify", "identify verify accounts review", None),
        ("preAuthentication", (), NO_ACCOUNTS, "verify", "identify verify review", None),
        ("preAuthorisation", ONE_CUSTOMER, ACCOUNTS, "review", "identify verify accounts review", "accounts"),
        ("preAuthorisation", ONE_CUSTOMER, NO_ACCOUNTS, "review", "identify verify review", None),
        ("preAccountSelection", TWO_CUSTOMERS, ACCOUNTS, "accounts", ALL, "customer"),
        ("preAuthorisation", TWO_CUSTOMERS, ACCOUNTS, "customer", ALL, None),
        ("preAuthorisation", TWO_CUSTOMERS, NO_ACCOUNTS, "review", "identify verify customer review", "customer"),
        # A person without an open account learns on this page that nothing can be shared.
        ("preAccountSelection", ONE_CUSTOMER, NO_ACCOUNTS, "accounts", "identify verify accounts review", None),
    ],
)  # fmt: skip
def test_steps_are_counted_as_they_are_and_have_a_way_back(
    stage: Any, customers: Any, scopes: Any, shown: FlowStep, order: str, back: FlowStep | None
) -> None:
    chosen = customers[0].id if customers else None
    current = flow(stage, customers, scopes=scopes, customer_id=chosen)
    assert steps(current, shown) == order.split()
    assert way_back(current, shown, NOW) == back
