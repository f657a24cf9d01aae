"""Whether an account is disclosed, and if not, why: the rule in Python and its SQL form give the same result."""

from datetime import date, datetime, timedelta
from itertools import cycle, product
from typing import Any, get_args
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import bindparam, insert, literal, select, update

from haas.database import Database
from haas.digest import digest
from tenants.accounts import service, store
from tenants.accounts.disclosure_rule import withholding_reason
from tenants.accounts.models import (
    ANSWERS,
    TREATED_AS_NOT_CHOSEN,
    DisclosureFacts,
    DisclosureOptionSetting,
    DisclosureRefusal,
    HarmFlag,
    HoldingRole,
    Ineligibility,
    RefusalReason,
    SecondaryUserInstruction,
    SharingBlock,
    SharingDecision,
    WithholdingReason,
)
from tenants.accounts.tables import (
    account,
    disclosure_option,
    harm_flag,
    holding,
    ineligibility,
    refusal,
    secondary_user_instruction,
    sharing_block,
)
from tenants.arrangements.tables import arrangement, authorisation, authorised_account
from tenants.disclosure.store import load_data_access_token
from tenants.parties.tables import customer, representation
from tenants.registry.models import Tenant
from tenants.tokens.tables import access_token
from tests.support.clients import add_client
from tests.support.consents import add_arrangement
from tests.tenants.accounts.conftest import Household

APPROVALS = ("approved", "pending", "declined", "lapsed", "withdrawn")
OPTIONS = (None, "pre-approval", "co-approval", "no-disclosure")
RECIPIENT = "the recipient's legal entity"


def holdings(today: date) -> tuple[tuple[HoldingRole | None, list[dict[str, Any]]], ...]:
    """Periods of holding an account, with the role that counts today."""
    day = timedelta(days=1)
    long_ago = date(2020, 1, 1)
    return (
        (None, []),
        (None, [{"role": "holder", "valid_from": long_ago, "valid_to": today - day}]),
        (None, [{"role": "holder", "valid_from": today + day, "valid_to": None}]),
        ("holder", [{"role": "holder", "valid_from": long_ago, "valid_to": today}]),
        ("joint-holder", [{"role": "joint-holder", "valid_from": today, "valid_to": None}]),
        ("secondary-user", [{"role": "secondary-user", "valid_from": long_ago, "valid_to": None}]),
        (
            "joint-holder",
            [
                {"role": "holder", "valid_from": long_ago, "valid_to": date(2021, 1, 1)},
                {"role": "joint-holder", "valid_from": date(2022, 1, 1), "valid_to": None},
            ],
        ),
        (
            "secondary-user",
            [
                {"role": "holder", "valid_from": long_ago, "valid_to": None},
                {"role": "secondary-user", "valid_from": date(2022, 1, 1), "valid_to": None},
            ],
        ),
    )


def decisions(household: Household, account_id: UUID, standing: DisclosureFacts) -> dict[Any, dict[str, Any]]:
    """The rows that make an account stand so for the household's customer."""
    customer_id, since = household.customer_id, household.now - timedelta(hours=1)
    both = {"customer_id": customer_id, "account_id": account_id}
    rows: tuple[tuple[bool, Any, dict[str, Any]], ...] = (
        (
            standing.is_instructed,
            secondary_user_instruction,
            {**both, "given_at": since, "given_by": household.other_id},
        ),
        (
            standing.is_ineligible,
            ineligibility,
            {**both, "id": uuid4(), "reason": "other", "valid_from": household.today, "set_by": "import"},
        ),
        (
            standing.refusal is not None,
            refusal,
            {
                **both,
                "id": uuid4(),
                "reason": standing.refusal,
                "rule": "4.7(1)(a)",
                "refused_by": "staff",
                "since": since,
            },
        ),
        (
            standing.is_blocked,
            sharing_block,
            {**both, "id": uuid4(), "recipient_id": RECIPIENT, "set_by": "holder", "since": since},
        ),
        (standing.is_protected, harm_flag, {**both, "since": since, "set_by": "staff"}),
    )
    return {table: row for holds, table, row in rows if holds}


async def test_the_rule_in_python_and_its_sql_form_agree_for_every_combination_of_facts(
    database: Database, tenant: Tenant, household: Household
) -> None:
    """Every combination of holding, option, open or closed, decision and approval; the data APIs' query agrees."""
    now = household.now
    client_id = await add_client(database, tenant, now, legal_entity_id=RECIPIENT)
    standings: dict[UUID, DisclosureFacts] = {}
    refusals = cycle(get_args(RefusalReason))
    rows: dict[Any, list[dict[str, Any]]] = {}
    for (role, periods), option, open_status, *flags in product(
        holdings(household.today), OPTIONS, ("OPEN", "CLOSED"), *[(False, True)] * 5
    ):
        account_id = uuid4()
        instructed, ineligible, refused, is_blocked, harm_flagged = flags
        standings[account_id] = DisclosureFacts(
            role=role,
            option=option or "pre-approval",
            is_instructed=instructed,
            is_ineligible=ineligible,
            refusal=next(refusals) if refused else None,
            is_blocked=is_blocked,
            is_protected=harm_flagged,
        )
        rows.setdefault(account, []).append({**household.account_row(account_id), "open_status": open_status})
        for period in periods:
            rows.setdefault(holding, []).append(
                {"customer_id": household.customer_id, "account_id": account_id, **period}
            )
        if option is not None:
            chosen = {"account_id": account_id, "option": option, "since": now, "set_by": "holder"}
            rows.setdefault(disclosure_option, []).append(chosen)
        for table, row in decisions(household, account_id, standings[account_id]).items():
            rows.setdefault(table, []).append(row)
    assert len(standings) == 8 * 4 * 2 * 2**5
    async with database.transaction(tenant.namespace) as tx:
        for table, written in rows.items():
            await tx.execute(insert(table), written)

    seen: set[WithholdingReason | None] = set()
    for approval in APPROVALS:
        arrangement_id = await add_arrangement(database, tenant, client_id, now)
        async with database.transaction(tenant.namespace) as tx:
            await tx.execute(
                update(arrangement)
                .where(arrangement.c.id == arrangement_id)
                .values(customer_id=household.customer_id, login_id=household.login_id)
            )
            versions = select(authorisation.c.id).where(authorisation.c.arrangement_id == arrangement_id)
            version = (await tx.execute(versions)).scalar_one()
            await tx.execute(
                insert(authorised_account),
                [
                    {"authorisation_id": version, "account_id": account_id, "approval": approval}
                    for account_id in standings
                ],
            )
            by_sql = await _withholdings(tx, household, version)
            by_python = {each: withholding_reason(standing, approval) for each, standing in standings.items()}
            assert by_sql == by_python
            seen.update(by_python.values())
            await tx.execute(
                update(access_token)
                .where(access_token.c.arrangement_id == arrangement_id)
                .values(token_hash=digest(approval))
            )
            token = await load_data_access_token(tx, approval, now)
        assert token is not None
        reasons = {each: reason for each, reason in by_python.items() if reason is not None}
        assert set(token.accounts or ()) == set(by_python) - set(reasons)
        assert set(token.withheld or ()) == {
            each for each, reason in reasons.items() if reason not in TREATED_AS_NOT_CHOSEN
        }
        assert dict(zip(token.withheld or (), token.withholdings or (), strict=True)) == {
            each: reason for each, reason in reasons.items() if reason not in TREATED_AS_NOT_CHOSEN
        }
    assert seen == {*ANSWERS, None}, "every reason occurs, and each has an answer"

    held = await household.run(service.accounts_of, household.customer_id, RECIPIENT, now, login_id=household.login_id)
    stood = {each.id: each.disclosure_facts for each in held if each.id != household.account_id}
    assert stood == {each: standing for each, standing in standings.items() if standing.role is not None}


async def _withholdings(tx: Any, household: Household, version: UUID) -> dict[UUID, WithholdingReason | None]:
    of = store.disclosure_facts(
        authorised_account,
        literal(household.customer_id),
        authorised_account.c.account_id,
        bindparam("recipient"),
        store.PersonOfDay(literal(household.login_id), literal(household.today)),
    )
    query = (
        select(
            authorised_account.c.account_id, store.withholding_reason(of, authorised_account.c.approval).label("reason")
        )
        .select_from(of.source)
        .where(authorised_account.c.authorisation_id == version)
    )
    values = {"recipient": RECIPIENT, "today": household.today, "now": household.now}
    return {row.account_id: row.reason for row in await tx.execute(query, values)}


@pytest.mark.parametrize(
    ("fact", "changes", "holds"),
    [
        ("is_ineligible", {}, False),
        ("is_ineligible", {"account_id": "this"}, True),
        ("is_ineligible", {"customer_id": "this"}, True),
        # "other" is the other holder of the joint account "this", and every holder must be eligible (K-1; rule 1.7).
        ("is_ineligible", {"customer_id": "other"}, True),
        ("is_ineligible", {"customer_id": "other", "account_id": "this"}, True),
        ("is_ineligible", {"customer_id": "other", "account_id": "another"}, False),
        ("is_ineligible", {"customer_id": "other", "valid_to": -1, "valid_from": -2}, False),
        ("is_ineligible", {"customer_id": "stranger"}, False),
        ("is_ineligible", {"customer_id": "this", "account_id": "another"}, False),
        ("is_ineligible", {"customer_id": "this", "valid_to": 0}, True),
        ("is_ineligible", {"customer_id": "this", "valid_from": -2, "valid_to": -1}, False),
        ("is_ineligible", {"customer_id": "this", "valid_from": 1}, False),
        ("refusal", {"customer_id": "this"}, True),
        ("refusal", {"recipient_id": RECIPIENT}, True),
        ("refusal", {"recipient_id": "another"}, False),
        ("refusal", {"account_id": "this", "customer_id": "other"}, False),
        ("refusal", {"account_id": "this", "until": 0}, False),
        ("refusal", {"account_id": "this", "until": 1}, True),
        ("refusal", {"account_id": "this", "since": 1}, False),
        ("is_blocked", {"account_id": "this"}, True),
        ("is_blocked", {"account_id": "this", "customer_id": "other"}, False),
        ("is_blocked", {"account_id": "this", "recipient_id": "another"}, False),
        ("is_blocked", {"account_id": "another"}, False),
        ("is_blocked", {"account_id": "this", "until": 0}, False),
        ("is_protected", {"customer_id": "this", "account_id": "this"}, True),
        ("is_protected", {"customer_id": "other", "account_id": "this"}, False),
        ("is_protected", {"customer_id": "this", "account_id": "this", "until": 0}, False),
    ],
)
async def test_a_decision_applies_to_its_subject_within_its_period(
    household: Household, fact: str, changes: dict[str, Any], *, holds: bool
) -> None:
    """A member that is not given stands for everything; a moment is in hours from now, a day from today."""
    another = uuid4()
    await household.run(_insert, account, household.account_row(another))
    stranger = uuid4()
    await household.run(_insert, customer, household.customer_row(stranger))
    named = {"this": household.account_id, "another": another}
    customers = {"this": household.customer_id, "other": household.other_id, "stranger": stranger}
    values: dict[str, Any] = {}
    for name, value in changes.items():
        if name == "account_id":
            values[name] = named[value]
        elif name == "customer_id":
            values[name] = customers[value]
        elif name.startswith("valid"):
            values[name] = household.today + timedelta(days=value)
        elif name in {"since", "until"}:
            values[name] = household.now + timedelta(hours=value)
        else:
            values[name] = value
    if values:
        await household.run(store.insert_decision, _decision(fact, household, values))
    found = (household.customer_id, RECIPIENT, household.now)
    [held] = await household.run(service.accounts_of, *found, login_id=household.login_id)
    assert bool(getattr(held.disclosure_facts, fact)) is holds
    for login_id in (household.attorney_id, None):  # nobody else learns of a harm flag (CDR Rules 4A.15)
        [seen] = await household.run(service.accounts_of, *found, login_id=login_id)
        assert bool(getattr(seen.disclosure_facts, fact)) is (holds and fact != "is_protected")


async def _insert(tx: Any, table: Any, row: dict[str, Any]) -> None:
    await tx.execute(insert(table).values(row))


def _decision(fact: str, household: Household, values: dict[str, Any]) -> SharingDecision:
    since = {"since": household.now - timedelta(hours=2)}
    match fact:
        case "is_ineligible":
            common = {"id": uuid4(), "reason": "under-age", "set_by": "import", "valid_from": household.today}
            return Ineligibility(**{**common, **values})
        case "refusal":
            common = {"id": uuid4(), "reason": "harm", "rule": "4.7(1)(a)", "refused_by": "staff"}
            return DisclosureRefusal(**{**common, **since, **values})
        case "is_blocked":
            return SharingBlock(**{"id": uuid4(), "set_by": "holder", **since, **values})
    return HarmFlag(**{"set_by": "staff", **since, **values})


async def test_every_decision_can_be_ended(household: Household) -> None:
    customer_id, account_id, now = household.customer_id, household.account_id, household.now
    since = now - timedelta(hours=1)
    both = {"customer_id": customer_id, "account_id": account_id}

    async def standing() -> DisclosureFacts:
        [held] = await household.run(service.accounts_of, customer_id, RECIPIENT, now, login_id=household.login_id)
        found: DisclosureFacts = held.disclosure_facts
        return found

    before = await standing()
    assert before == DisclosureFacts(role="joint-holder")
    blocked, refused, barred = uuid4(), uuid4(), uuid4()
    for decision in (
        SecondaryUserInstruction(**both, given_at=since, given_by=household.other_id),
        SharingBlock(id=blocked, account_id=account_id, set_by="holder", since=since),
        DisclosureRefusal(
            id=refused, customer_id=customer_id, reason="harm", rule="4.7(1)(a)", refused_by="x", since=since
        ),
        Ineligibility(id=barred, customer_id=customer_id, reason="other", valid_from=household.today, set_by="staff"),
        HarmFlag(**both, since=since, set_by="x"),
    ):
        await household.run(store.insert_decision, decision)
    option = DisclosureOptionSetting(account_id=account_id, option="co-approval", since=now, set_by="holder")
    await household.run(store.set_disclosure_option, option)
    await household.run(
        store.set_disclosure_option, msgspec.structs.replace(option, option="no-disclosure", set_by="staff")
    )
    assert await standing() == DisclosureFacts(
        role="joint-holder",
        option="no-disclosure",
        is_instructed=True,
        is_ineligible=True,
        refusal="harm",
        is_blocked=True,
        is_protected=True,
    )
    ended_by = {"withdrawn_by": household.other_id, "now": now}
    assert await household.run(store.withdraw_instruction, account_id, customer_id, **ended_by)
    assert not await household.run(store.withdraw_instruction, account_id, customer_id, **ended_by)
    await household.run(store.end_sharing_block, blocked, now)
    await household.run(store.end_refusal, refused, now)
    await household.run(store.end_harm_flag, customer_id, account_id, now)
    await household.run(store.end_ineligibility, barred, household.today)
    household.now += timedelta(days=1)
    now = household.now
    await household.run(store.set_disclosure_option, msgspec.structs.replace(option, option="pre-approval"))
    assert await standing() == before


@pytest.mark.parametrize(
    ("first", "last", "scope", "on", "is_in_person"),
    [
        (None, None, None, 0, True),
        (0, 0, None, 0, True),
        (None, -1, None, 0, False),  # a former login of the customer reads
        (1, None, None, 0, False),
        (None, -1, None, -1, True),  # it has authorised on its last day
        (-1, None, None, -2, False),
        (None, None, "see", 0, True),  # a scope limits what the person may do, and not who the person is
        (None, None, "bills only", 0, True),
    ],
)
async def test_a_person_is_the_customer_in_person_on_the_days_of_the_representation_self(
    household: Household,
    *,
    first: int | None,
    last: int | None,
    scope: str | None,
    on: int,
    is_in_person: bool,
) -> None:
    """The days are counted from today. A representative is nobody in person on any day."""
    of_login, day = representation.c.login_id == household.login_id, household.today
    period = {"valid_from": date.min if first is None else day + timedelta(days=first)}
    period["valid_to"] = None if last is None else day + timedelta(days=last)
    await household.run(_execute, update(representation).where(of_login).values(**period, scope=scope))
    flag = {"customer_id": household.customer_id, "account_id": household.account_id, "set_by": "staff"}
    await household.run(store.insert_decision, HarmFlag(**flag, since=household.now - timedelta(days=9)))
    asked = (household.customer_id, RECIPIENT, household.now)
    for login_id, expected in ((household.login_id, is_in_person), (household.attorney_id, False)):
        authorised_at = household.now + timedelta(days=on)
        [held] = await household.run(service.accounts_of, *asked, login_id=login_id, authorised_at=authorised_at)
        assert held.disclosure_facts.is_protected is expected
        if on == 0:
            [held] = await household.run(service.accounts_of, *asked, login_id=login_id)
            assert held.disclosure_facts.is_protected is expected


@pytest.mark.parametrize(
    "moment", ["2026-01-31T13:59:59+00:00", "2026-01-31T14:00:00+00:00", "2026-07-01T00:00:00+11:00"]
)
async def test_the_market_day_and_its_sql_form_agree(household: Household, moment: str) -> None:
    at = datetime.fromisoformat(moment)
    found = await household.run(_scalar, select(store.market_day_of(literal(at))))
    assert found == service.market_day(at)


async def _scalar(tx: Any, statement: Any) -> Any:
    return (await tx.execute(statement)).scalar_one()


async def _execute(tx: Any, statement: Any) -> None:
    await tx.execute(statement)
