"""The accounts of a customer, and whether the customer is an eligible consumer."""

from typing import Any

from sqlalchemy import update

from tenants.accounts import service, store
from tenants.accounts.models import SecondaryUserInstruction
from tenants.accounts.tables import holding
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
