"""The accounts that a customer holds together with others, and what waits for the customer's answer (CDR Rules 4A)."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from haas.database import Transaction
from tenants.accounts.models import DEFAULT_OPTION
from tenants.accounts.service import market_day
from tenants.joint_accounts import store
from tenants.joint_accounts.models import JointAccount, SharedByOther
from tenants.joint_accounts.sharing import awaits_answer, shared_by_others
from tenants.parties.acting import Acting, require_may_act


async def joint_accounts(tx: Transaction, acting: Acting, *, now: datetime) -> list[JointAccount]:
    """Return the joint accounts of a customer, in the order of their ids. Raise MayNotAct."""
    today = market_day(now)
    await require_may_act(tx, acting, today, to_see=True)
    rows = await store.joint_accounts(tx, acting.customer_id, today, now)
    shared: dict[UUID, list[SharedByOther]] = defaultdict(list)
    for each in await shared_by_others(tx, acting, now=now) if rows else []:
        shared[each.account_id].append(each)
    return [
        JointAccount(
            account_id=row.account_id,
            option=row.option or DEFAULT_OPTION,
            has_others=row.has_others,
            to_answer=row.is_asked + sum(awaits_answer(each, now) for each in shared[row.account_id]),
            products=tuple(sorted({each.product for each in shared[row.account_id] if each.state == "sharing"})),
        )
        for row in rows
    ]
