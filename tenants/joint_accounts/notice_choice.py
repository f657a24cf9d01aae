"""Which notices about the others' sharing of an account a holder wants (CDR Rules 4A.14(3); K-13).

No other holder learns of the choice (K-25).
"""

from datetime import datetime
from uuid import UUID

from haas.database import Transaction
from tenants.holders import store
from tenants.holders.models import NoticeChoice
from tenants.joint_accounts.holders import require_holder
from tenants.parties.acting import Acting
from tenants.registry.models import Tenant


async def chosen(tx: Transaction, tenant: Tenant, acting: Acting, account_id: UUID, *, now: datetime) -> NoticeChoice:
    """Return the holder's choice for an account. Raise MayNotAct or NotAHolder."""
    await require_holder(tx, tenant, acting, account_id, now, to_see=True)
    return await store.notice_choice_of(tx, acting.customer_id, account_id)


async def choose(
    tx: Transaction, tenant: Tenant, acting: Acting, account_id: UUID, choice: NoticeChoice, *, now: datetime
) -> None:
    """Set which notices about an account the holder gets from now on. Raise MayNotAct or NotAHolder."""
    holders = await require_holder(tx, tenant, acting, account_id, now)
    before = await store.notice_choice_of(tx, acting.customer_id, account_id)
    if before != choice:
        await store.set_notice_choice(tx, acting.customer_id, account_id, choice, now)
        await holders.record(tx, "notice-choice.set", before=before, after=choice)
