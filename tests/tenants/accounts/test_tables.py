"""The constraints of the account tables, and the proposals that a holder makes."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from tenants.accounts import store
from tenants.accounts.models import DisclosureProposal, ProposalAnswer
from tenants.accounts.tables import (
    disclosure_answer,
    disclosure_option,
    disclosure_proposal,
    harm_flag,
    holding,
    ineligibility,
    refusal,
    secondary_user_instruction,
    service_point,
    sharing_block,
    supply,
)
from tests.support.constraints import Violation, assert_violated, names
from tests.tenants.accounts.conftest import Household

TABLES = (
    disclosure_answer,
    disclosure_option,
    disclosure_proposal,
    harm_flag,
    holding,
    ineligibility,
    refusal,
    secondary_user_instruction,
    sharing_block,
    supply,
)
NOBODY = UUID(int=0)
LATER = "later"
"""Stands for an hour after the good row's moment, EARLIER for an hour before it."""
EARLIER = "earlier"
VIOLATIONS = (
    Violation(holding, "holding_role_check", {"role": "owner"}),
    Violation(holding, "holding_period_check", {"valid_to": date(2019, 12, 31)}),
    Violation(holding, "holding_customer_id_fkey", {"customer_id": NOBODY}),
    Violation(holding, "holding_account_id_fkey", {"account_id": NOBODY}),
    Violation(supply, "supply_account_id_fkey", {"account_id": NOBODY}),
    Violation(supply, "supply_service_point_id_fkey", {"service_point_id": NOBODY}),
    Violation(ineligibility, "ineligibility_subject_check", {"customer_id": None, "account_id": None}),
    Violation(ineligibility, "ineligibility_reason_check", {"reason": "mood"}),
    Violation(ineligibility, "ineligibility_period_check", {"valid_to": date(2019, 12, 31)}),
    Violation(ineligibility, "ineligibility_set_by_check", {"set_by": "consumer"}),
    Violation(ineligibility, "ineligibility_customer_id_fkey", {"customer_id": NOBODY}),
    Violation(ineligibility, "ineligibility_account_id_fkey", {"account_id": NOBODY}),
    Violation(ineligibility, "ineligibility_subject_key", {"id": uuid4()}),
    Violation(disclosure_option, "disclosure_option_option_check", {"option": "some-disclosure"}),
    Violation(disclosure_option, "disclosure_option_set_by_check", {"set_by": "recipient"}),
    Violation(disclosure_option, "disclosure_option_account_id_fkey", {"account_id": NOBODY}),
    Violation(disclosure_proposal, "disclosure_proposal_option_check", {"option": "no-disclosure"}),
    Violation(disclosure_proposal, "disclosure_proposal_state_check", {"state": "forgotten"}),
    Violation(disclosure_proposal, "disclosure_proposal_due_at_check", {"due_at": EARLIER}),
    Violation(disclosure_proposal, "disclosure_proposal_account_id_fkey", {"account_id": NOBODY}),
    Violation(disclosure_proposal, "disclosure_proposal_proposed_by_fkey", {"proposed_by": NOBODY}),
    Violation(disclosure_proposal, "disclosure_proposal_open_key", {"id": uuid4()}),
    Violation(disclosure_answer, "disclosure_answer_answer_check", {"answer": "perhaps"}),
    Violation(disclosure_answer, "disclosure_answer_proposal_id_fkey", {"proposal_id": NOBODY}),
    Violation(disclosure_answer, "disclosure_answer_answered_by_fkey", {"answered_by": NOBODY}),
    Violation(secondary_user_instruction, "secondary_user_instruction_account_id_fkey", {"account_id": NOBODY}),
    Violation(secondary_user_instruction, "secondary_user_instruction_customer_id_fkey", {"customer_id": NOBODY}),
    Violation(secondary_user_instruction, "secondary_user_instruction_given_by_fkey", {"given_by": NOBODY}),
    Violation(
        secondary_user_instruction,
        "secondary_user_instruction_withdrawn_by_fkey",
        {"withdrawn_at": LATER, "withdrawn_by": NOBODY},
    ),
    Violation(secondary_user_instruction, "secondary_user_instruction_withdrawn_by_check", {"withdrawn_at": LATER}),
    Violation(
        secondary_user_instruction,
        "secondary_user_instruction_withdrawn_at_check",
        {"withdrawn_at": EARLIER, "withdrawn_by": "other"},
    ),
    Violation(secondary_user_instruction, "secondary_user_instruction_given_by_check", {"given_by": "customer"}),
    Violation(secondary_user_instruction, "secondary_user_instruction_open_key", {"given_at": LATER}),
    Violation(sharing_block, "sharing_block_set_by_check", {"set_by": "import"}),
    Violation(sharing_block, "sharing_block_period_check", {"until": EARLIER}),
    Violation(sharing_block, "sharing_block_account_id_fkey", {"account_id": NOBODY}),
    Violation(sharing_block, "sharing_block_customer_id_fkey", {"customer_id": NOBODY}),
    Violation(refusal, "refusal_subject_check", {"customer_id": None, "account_id": None}),
    Violation(refusal, "refusal_reason_check", {"reason": "mood"}),
    Violation(refusal, "refusal_period_check", {"until": EARLIER}),
    Violation(refusal, "refusal_customer_id_fkey", {"customer_id": NOBODY}),
    Violation(refusal, "refusal_account_id_fkey", {"account_id": NOBODY}),
    Violation(harm_flag, "harm_flag_period_check", {"until": EARLIER}),
    Violation(harm_flag, "harm_flag_customer_id_fkey", {"customer_id": NOBODY}),
    Violation(harm_flag, "harm_flag_account_id_fkey", {"account_id": NOBODY}),
    Violation(harm_flag, "harm_flag_open_key", {"since": LATER}),
)


def good(household: Household, violation: Violation, proposal_id: UUID, point_id: UUID) -> dict[str, Any]:
    """A row of the violation's table that breaks nothing."""
    now = household.now
    account, customer = {"account_id": household.account_id}, {"customer_id": household.customer_id}
    proposal = {"id": uuid4(), **account, "option": "pre-approval", "proposed_by": household.customer_id}
    rows: dict[Any, dict[str, Any]] = {
        # The household's own holding began in 2020.
        holding: {**account, **customer, "role": "holder", "valid_from": date(2021, 1, 1)},
        supply: {**account, "service_point_id": point_id, "valid_from": date(2020, 1, 1)},
        ineligibility: {
            **account, **customer, "id": uuid4(), "reason": "other", "valid_from": date(2020, 1, 1), "set_by": "staff",
        },
        disclosure_option: {**account, "option": "co-approval", "since": now, "set_by": "holder"},
        disclosure_proposal: {
            **proposal, "at": now, "due_at": now + timedelta(days=1), "state": "open", "state_at": now,
        },
        disclosure_answer: {
            "proposal_id": proposal_id, "answered_by": household.other_id, "answer": "agreed", "at": now,
        },
        secondary_user_instruction: {**account, **customer, "given_at": now, "given_by": household.other_id},
        sharing_block: {**account, "id": uuid4(), "set_by": "holder", "since": now},
        refusal: {
            **account, **customer, "id": uuid4(), "reason": "harm", "rule": "4.7(1)(a)", "refused_by": "x",
            "since": now,
        },
        harm_flag: {**account, **customer, "since": now, "set_by": "x"},
    }  # fmt: skip
    return rows[violation.table]


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda each: each.constraint)
async def test_a_row_that_breaks_a_constraint_is_refused(household: Household, violation: Violation) -> None:
    proposal_id, point_id, now = uuid4(), uuid4(), household.now
    lapsed = DisclosureProposal(
        id=proposal_id, account_id=household.account_id, option="pre-approval", proposed_by=household.customer_id,
        at=now, due_at=now + timedelta(days=1), state="lapsed", state_at=now,
    )  # fmt: skip
    await household.run(store.insert_decision, lapsed)
    point = {"id": point_id, "reference": "P", "national_metering_id": "1", "detail": {}, "updated_at": now}
    async with household.database.transaction(household.tenant.namespace) as tx:
        await tx.execute(insert(service_point).values(point))
    meant = {
        LATER: now + timedelta(hours=1),
        EARLIER: now - timedelta(hours=1),
        "other": household.other_id,
        "customer": household.customer_id,
    }
    changes = {name: meant.get(value, value) for name, value in violation.changes.items()}
    row = good(household, violation, proposal_id, point_id)
    await assert_violated(household.database, household.tenant, row, violation._replace(changes=changes))


def test_every_constraint_has_a_violation() -> None:
    assert {violation.constraint for violation in VIOLATIONS} == names(*TABLES)


async def test_a_customer_can_hold_an_account_in_several_periods(household: Household) -> None:
    row = household.holding_row(household.customer_id)
    async with household.database.transaction(household.tenant.namespace) as tx:
        await tx.execute(insert(holding).values({**row, "valid_from": date(2010, 1, 1), "valid_to": date(2012, 1, 1)}))


async def test_a_proposal_collects_answers_until_it_is_closed(household: Household) -> None:
    now = household.now
    proposal = DisclosureProposal(
        id=uuid4(), account_id=household.account_id, option="pre-approval", proposed_by=household.customer_id,
        at=now, due_at=now + timedelta(days=7), state_at=now,
    )  # fmt: skip
    assert await household.run(store.open_proposal, household.account_id) is None
    await household.run(store.insert_decision, proposal)
    assert await household.run(store.open_proposal, household.account_id) == proposal
    answer = ProposalAnswer(proposal_id=proposal.id, answered_by=household.other_id, answer="agreed", at=now)
    await household.run(store.insert_decision, answer)
    assert await household.run(store.proposal_answers, proposal.id) == [answer]
    await household.run(store.close_proposal, proposal.id, "agreed", now)
    assert await household.run(store.open_proposal, household.account_id) is None
