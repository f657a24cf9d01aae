"""Protecting a customer's sharing of an account from the other holders (CDR Rules 4A.15; K-14).

Only a member of the staff with a role for it may call these functions; the caller checks that. While a flag is in
force, the account is shared as if the customer were its only holder, and nothing about it reaches the others. What a
flag has concealed stays concealed when it ends: nothing becomes visible, and nobody is told of it later.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from haas.database import Transaction
from tenants.accounts import store as accounts
from tenants.accounts.models import HarmFlag
from tenants.accounts.service import market_day
from tenants.audit import service as audit
from tenants.audit.models import AuditedChange
from tenants.joint_accounts import store
from tenants.joint_accounts.errors import NotAHolder
from tenants.notices.holding_back import hold_back_waiting

ROLE: Final = "harm-protection"
"""The role in the audit trail, so that a screen for other staff can leave these entries out."""


async def protect(tx: Transaction, staff: str, customer_id: UUID, account_id: UUID, *, now: datetime) -> int:
    """Set the flag. Return how many notices to others and receipts, not delivered yet, are held back.

    These are the notices about what the customer shares of the account and decides about it, also letters that wait to
    be posted. A flag in force stays as it is. Raise NotAHolder unless the customer holds or may use the account today.
    """
    await store.lock_account(tx, account_id)
    if not await store.has_holding(tx, customer_id, account_id, market_day(now)):
        raise NotAHolder(f"customer {customer_id} neither holds nor uses account {account_id}")
    if await store.has_flag(tx, customer_id, account_id):
        return 0  # what is written under the flag conceals it already
    flag = HarmFlag(customer_id=customer_id, account_id=account_id, since=now, set_by=staff)
    await accounts.insert_decision(tx, flag)
    await _record(tx, staff, "harm-flag.set", customer_id, account_id, now=now)
    arrangement_ids = await store.arrangements_about(tx, customer_id, account_id)
    return await hold_back_waiting(tx, customer_id, account_id, arrangement_ids, now)


async def end_protection(tx: Transaction, staff: str, customer_id: UUID, account_id: UUID, *, now: datetime) -> bool:
    """End the flag. Return whether there was one. The rules for joint accounts apply to what is authorised from now on.

    What was authorised before stays approved; only the option of no disclosure applies to it again.
    """
    if not await store.has_flag(tx, customer_id, account_id):
        return False
    await accounts.end_harm_flag(tx, customer_id, account_id, now)
    await _record(tx, staff, "harm-flag.end", customer_id, account_id, now=now)
    return True


async def _record(
    tx: Transaction, staff: str, action: str, customer_id: UUID, account_id: UUID, *, now: datetime
) -> None:
    after = {"account": str(account_id)}
    change = AuditedChange(actor=staff, role=ROLE, action=action, subject=str(customer_id), after=after)
    await audit.record(tx, change, now=now)
