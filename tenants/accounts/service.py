"""The accounts of a customer, and whether the data of each can be shared."""

from datetime import date, datetime, timedelta, timezone
from typing import Final
from uuid import UUID

from haas.database import Transaction
from tenants.accounts import store
from tenants.accounts.models import (
    ApprovalState,
    DisclosureFacts,
    HeldAccount,
    StoredAccount,
    UnavailabilityReason,
    WithholdingReason,
    account_hint,
    account_name,
)

_MARKET_TIME: Final = timezone(timedelta(hours=10))
"""The time zone of the National Electricity Market: UTC+10 in every state, without daylight saving."""
_REASON_BY_APPROVAL: Final[dict[ApprovalState, WithholdingReason]] = {
    "pending": "approval-pending",
    "declined": "approval-declined",
    "lapsed": "approval-lapsed",
    "withdrawn": "approval-withdrawn",
}


def market_day(now: datetime) -> date:
    """Return the date in the market's time zone, by which holdings begin and end."""
    return now.astimezone(_MARKET_TIME).date()


def withholding_reason(facts: DisclosureFacts, approval: ApprovalState = "approved") -> WithholdingReason | None:
    """Return the first reason why an account is not disclosed now, or None if it is disclosed.

    `approval` is the approval of the authorised account. Before an authorisation there is no such approval: omit the
    argument. `store.withholding_reason` is the same rule in SQL (compared in `tests/tenants/accounts/test_service.py`).
    """
    reasons: tuple[tuple[bool, WithholdingReason], ...] = (
        (facts.role is None, "not-held"),
        # A secondary user needs a holder's instruction (CDR Rules 1.13).
        (facts.role == "secondary-user" and not facts.is_instructed, "secondary-user"),
        (facts.is_ineligible, "ineligible"),  # CDR Rules 1.10B and Schedule 4
        (facts.is_refused, "refused"),  # CDR Rules 4.7
        (facts.is_blocked, "blocked"),
    )
    reason = next((reason for holds, reason in reasons if holds), None)
    # The approval of the other holders is not needed where asking for it could cause harm (CDR Rules 4A.15).
    if reason is not None or facts.is_harm_flagged:
        return reason
    if approval != "approved":
        return _REASON_BY_APPROVAL[approval]
    return "sharing-off" if facts.option == "no-disclosure" else None  # CDR Rules 4A.5


async def accounts_of(tx: Transaction, customer_id: UUID, recipient_id: str, now: datetime) -> list[HeldAccount]:
    """Return a customer's accounts, each with the reason why it cannot be shared with a recipient, or None.

    `recipient_id` identifies the recipient's legal entity.
    """
    held = await store.accounts_of(tx, customer_id, recipient_id, today=market_day(now), now=now)
    eligible = any(_makes_eligible(account) for account in held)
    return [
        HeldAccount(
            id=account.id,
            name=account_name(account.display_name),
            number=account_hint(account.account_number, account.creation_date),
            joint=account.disclosure_facts.role == "joint-holder",
            closed=account.open_status == "CLOSED",
            disclosure_facts=account.disclosure_facts,
            unavailable=_unavailability_reason(account.disclosure_facts, eligible=eligible),
        )
        for account in held
    ]


def _makes_eligible(account: StoredAccount) -> bool:
    """Return whether the account makes its customer an eligible consumer (CDR Rules 1.10B, Schedule 4).

    An eligible consumer holds at least one open account, or is a secondary user of one with a holder's instruction.
    """
    facts = account.disclosure_facts
    return account.open_status == "OPEN" and (facts.role != "secondary-user" or facts.is_instructed)


def _unavailability_reason(facts: DisclosureFacts, *, eligible: bool) -> UnavailabilityReason | None:
    """Return why an account cannot be chosen: it is withheld, or the customer is not `eligible`.

    An eligible customer can also share closed accounts.
    """
    return withholding_reason(facts) or (None if eligible else "no-open-account")
