"""The accounts that a customer holds, and whether the data of each can be shared."""

from datetime import date, datetime, timedelta, timezone
from typing import Final
from uuid import UUID

from haas.database import Transaction
from tenants.accounts import store
from tenants.accounts.models import (
    Approval,
    HeldAccount,
    Standing,
    StoredAccount,
    Unavailability,
    Withholding,
    account_hint,
    account_name,
)

_MARKET_TIME: Final = timezone(timedelta(hours=10))
"""The National Electricity Market's day, the same in every state and season."""
_OF_APPROVAL: Final[dict[Approval, Withholding]] = {
    "pending": "approval-pending",
    "declined": "approval-declined",
    "lapsed": "approval-lapsed",
    "withdrawn": "approval-withdrawn",
}


def market_day(now: datetime) -> date:
    """Return the day by which holdings begin and end."""
    return now.astimezone(_MARKET_TIME).date()


def withholding(standing: Standing, approval: Approval = "approved") -> Withholding | None:
    """Return why an account is not disclosed now, or None where it is; the first reason that holds.

    `approval` is that of the authorised account; before an authorisation there is none to ask for. `store.withholding`
    says the same in SQL: `tests/tenants/accounts/test_service.py` compares the two.
    """
    reasons: tuple[tuple[bool, Withholding], ...] = (
        (standing.role is None, "not-held"),
        # A secondary user needs a holder's instruction (CDR Rules 1.13).
        (standing.role == "secondary-user" and not standing.is_instructed, "secondary-user"),
        (standing.is_ineligible, "ineligible"),  # CDR Rules 1.10B and Schedule 4
        (standing.is_refused, "refused"),  # CDR Rules 4.7
        (standing.is_blocked, "blocked"),
    )
    reason = next((reason for holds, reason in reasons if holds), None)
    # What the other holders of a joint account say does not count where asking them would do harm (CDR Rules 4A.15).
    if reason is not None or standing.is_harm_flagged:
        return reason
    if approval != "approved":
        return _OF_APPROVAL[approval]
    return "sharing-off" if standing.option == "no-disclosure" else None  # CDR Rules 4A.5


async def accounts_of(tx: Transaction, customer_id: UUID, recipient_id: str, now: datetime) -> list[HeldAccount]:
    """Return a customer's accounts, each with the reason why it cannot be shared with a recipient, or None.

    `recipient_id` is the recipient's legal entity.
    """
    held = await store.accounts_of(tx, customer_id, recipient_id, today=market_day(now), now=now)
    eligible = any(_makes_eligible(account) for account in held)
    return [
        HeldAccount(
            id=account.id,
            name=account_name(account.display_name),
            number=account_hint(account.account_number, account.creation_date),
            joint=account.standing.role == "joint-holder",
            closed=account.open_status == "CLOSED",
            standing=account.standing,
            unavailable=_unavailability(account.standing, eligible=eligible),
        )
        for account in held
    ]


def _makes_eligible(account: StoredAccount) -> bool:
    """An eligible consumer holds, or is instructed to use, at least one open account (CDR Rules 1.10B, Schedule 4)."""
    standing = account.standing
    return account.open_status == "OPEN" and (standing.role != "secondary-user" or standing.is_instructed)


def _unavailability(standing: Standing, *, eligible: bool) -> Unavailability | None:
    """Return why an account cannot be chosen: it is withheld, or sharing cannot begin without an open account.

    With an open account a closed one can be shared too.
    """
    return withholding(standing) or (None if eligible else "no-open-account")
