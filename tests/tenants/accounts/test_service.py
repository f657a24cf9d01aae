"""The accounts of a customer, and whether the customer is an eligible consumer."""

from datetime import date, timedelta
from itertools import product
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, select, update

from tenants.accounts import service, store
from tenants.accounts.disclosure_rule import makes_eligible
from tenants.accounts.models import DisclosureFacts, HoldingRole, Ineligibility, SecondaryUserInstruction
from tenants.accounts.tables import account, holding
from tenants.parties.tables import customer
from tests.tenants.accounts.conftest import Household

RECIPIENT = "the recipient's legal entity"


async def test_a_secondary_user_needs_an_instruction_to_share_an_account(household: Household) -> None:
    user, now = household.customer_id, household.now
    await household.run(_make_secondary_user, household)
    [held] = await household.run(service.accounts_of, user, RECIPIENT, now)
    assert held.unavailable == "secondary-user"
    given = SecondaryUserInstruction(
        account_id=household.account_id, customer_id=user, given_at=now, given_by=household.other_id
    )
    await household.run(store.insert_decision, given)
    [held] = await household.run(service.accounts_of, user, RECIPIENT, now)
    assert held.unavailable is None


async def _make_secondary_user(tx: Any, household: Household) -> None:
    await tx.execute(
        update(holding).where(holding.c.customer_id == household.customer_id).values(role="secondary-user")
    )


ROLES: tuple[HoldingRole | None, ...] = (None, "holder", "joint-holder", "secondary-user")
STATUSES: tuple[Literal["OPEN", "CLOSED"], ...] = ("OPEN", "CLOSED")


async def test_the_rule_of_eligibility_and_its_sql_form_agree_for_every_account(household: Household) -> None:
    """K-1, K-2: one account of each kind at a time, for a customer who has no other one."""
    seen = set()
    for role, status, instructed, ineligible in product(ROLES, STATUSES, (False, True), (False, True)):
        customer_id = await household.run(
            _only_account, household, role, status, instructed=instructed, ineligible=ineligible
        )
        facts = DisclosureFacts(role=role, is_instructed=instructed, is_ineligible=ineligible)
        expected = makes_eligible(facts, status)
        assert await _is_eligible(household, customer_id) is expected, (role, status, instructed, ineligible)
        seen.add(expected)
    assert seen == {True, False}


async def _only_account(
    tx: Any, household: Household, role: HoldingRole | None, status: str, *, instructed: bool, ineligible: bool
) -> UUID:
    customer_id, account_id = uuid4(), uuid4()
    both = {"customer_id": customer_id, "account_id": account_id}
    await tx.execute(insert(customer).values(household.customer_row(customer_id)))
    await tx.execute(insert(account).values({**household.account_row(account_id), "open_status": status}))
    yesterday = household.today - timedelta(days=1)
    ended = {"role": "holder", "valid_from": date(2020, 1, 1), "valid_to": yesterday}
    held = {"role": role, "valid_from": household.today, "valid_to": household.today} if role else ended
    await tx.execute(insert(holding).values({**both, **held}))
    if instructed:
        given = SecondaryUserInstruction(**both, given_at=household.now, given_by=household.other_id)
        await store.insert_decision(tx, given)
    if ineligible:
        period = {"reason": "other", "valid_from": household.today, "set_by": "import"}
        await store.insert_decision(tx, Ineligibility(id=uuid4(), **both, **period))
    return customer_id


async def _is_eligible(household: Household, customer_id: UUID) -> bool:
    query = select(store.is_eligible(customer.c.id)).where(customer.c.id == customer_id)

    async def asked(tx: Any) -> bool:
        values = {"today": household.today, "now": household.now}
        return bool((await tx.execute(query, values)).scalar_one())

    return await household.run(asked)


@pytest.mark.parametrize("subject", ["customer_id", "account_id"])
async def test_a_customer_is_eligible_while_one_account_is(household: Household, subject: str) -> None:
    """K-2: one of several accounts closes or is excluded, and then the last one."""
    second = uuid4()
    rows = [household.account_row(second)]
    await household.run(_insert, account, rows)
    held = {**household.holding_row(household.customer_id), "account_id": second, "role": "holder"}
    await household.run(_insert, holding, [held])
    await household.run(_close, second)
    assert await _is_eligible(household, household.customer_id)
    excluded = {"customer_id": household.customer_id, "account_id": household.account_id}[subject]
    period: Any = {"reason": "other", "valid_from": household.today, "set_by": "import"}
    await household.run(store.insert_decision, Ineligibility(id=uuid4(), **{subject: excluded}, **period))
    assert not await _is_eligible(household, household.customer_id)
    for each in await household.run(service.accounts_of, household.customer_id, RECIPIENT, household.now):
        assert each.unavailable is not None


async def test_the_other_holder_of_a_joint_account_who_is_not_eligible_excludes_it(household: Household) -> None:
    """K-1; CDR Rules 1.7. A holder who no longer holds the account does not count."""
    period: Any = {"reason": "under-age", "valid_from": household.today, "set_by": "import"}
    await household.run(store.insert_decision, Ineligibility(id=uuid4(), customer_id=household.other_id, **period))
    assert not await _is_eligible(household, household.customer_id)
    await household.run(_remove_holder, household.other_id)
    assert await _is_eligible(household, household.customer_id)


async def _insert(tx: Any, table: Any, rows: list[dict[str, Any]]) -> None:
    await tx.execute(insert(table), rows)


async def _close(tx: Any, account_id: UUID) -> None:
    await tx.execute(update(account).where(account.c.id == account_id).values(open_status="CLOSED"))


async def _remove_holder(tx: Any, customer_id: UUID) -> None:
    await tx.execute(delete(holding).where(holding.c.customer_id == customer_id))
