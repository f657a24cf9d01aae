"""The accounts that a customer holds, and whether the data of each can be shared."""

from datetime import date, datetime, timedelta, timezone
from typing import Final
from uuid import UUID

from haas.database import Transaction
from tenants.accounts import store
from tenants.accounts.models import HeldAccount, StoredAccount, Unavailability, account_hint, account_name

_MARKET_TIME: Final = timezone(timedelta(hours=10))
"""The National Electricity Market's day, the same in every state and season."""


def market_day(now: datetime) -> date:
    """Return the day by which holdings begin and end."""
    return now.astimezone(_MARKET_TIME).date()


async def accounts_of(tx: Transaction, customer_id: UUID, now: datetime) -> list[HeldAccount]:
    """Return a customer's accounts, each with the reason why it cannot be shared where there is one."""
    held = await store.accounts_of(tx, customer_id, market_day(now))
    eligible = any(account.open_status == "OPEN" and account.role != "secondary-user" for account in held)
    return [_shareable(account, eligible=eligible) for account in held]


def _shareable(account: StoredAccount, *, eligible: bool) -> HeldAccount:
    return HeldAccount(
        id=account.id,
        name=account_name(account.display_name),
        number=account_hint(account.account_number, account.creation_date),
        joint=account.role == "joint-holder",
        closed=account.open_status == "CLOSED",
        unavailable=_unavailability(account, eligible=eligible),
    )


def _unavailability(account: StoredAccount, *, eligible: bool) -> Unavailability | None:
    """Tell why an account cannot be shared.

    An eligible consumer holds at least one open account (CDR Rules 1.10B and Schedule 4); a closed one can then be
    shared too. A secondary user needs the holder's instruction (CDR Rules 1.13), of a joint account the disclosure
    option must allow it (CDR Rules 4A.5).
    """
    if account.role == "secondary-user":
        return "secondary-user"
    if account.disclosure_option == "no-disclosure":
        return "sharing-off"
    return None if eligible else "no-open-account"
