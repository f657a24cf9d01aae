"""The accounts of a customer, and whether the data of each can be shared."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone
from typing import Final
from uuid import UUID

from haas.database import Transaction
from tenants.accounts import store
from tenants.accounts.descriptions import AccountSupplies, describe, natural_order
from tenants.accounts.disclosure_rule import makes_eligible, withholding_reason
from tenants.accounts.models import (
    DisclosureFacts,
    HeldAccount,
    StoredAccount,
    UnavailabilityReason,
    account_hint,
)

_MARKET_TIME: Final = timezone(timedelta(hours=10))
"""The time zone of the National Electricity Market: UTC+10 in every state, without daylight saving."""


def market_day(now: datetime) -> date:
    """Return the date in the market's time zone, by which holdings begin and end."""
    return now.astimezone(_MARKET_TIME).date()


def start_of_market_day(now: datetime) -> datetime:
    """Return the time at which the date in the market's time zone began."""
    return now.astimezone(_MARKET_TIME).replace(hour=0, minute=0, second=0, microsecond=0)


def end_of_market_day(day: date) -> datetime:
    """Return the time at which a date in the market's time zone is over."""
    return datetime.combine(day + timedelta(days=1), time.min, _MARKET_TIME)


async def accounts_of(tx: Transaction, customer_id: UUID, recipient_id: str, now: datetime) -> list[HeldAccount]:
    """Return a customer's accounts, each with the reason why it cannot be shared with a recipient, or None.

    Open accounts are first. Then the order is by title and number. `recipient_id` identifies the recipient's legal
    entity.
    """
    today = market_day(now)
    held = await store.accounts_of(tx, customer_id, recipient_id, today=today, now=now)
    supplies = await store.supplies_of(tx, [account.id for account in held], today)
    eligible = _is_eligible(held)
    accounts = [_held(account, supplies.get(account.id), today, eligible=eligible) for account in held]
    return sorted(
        accounts, key=lambda each: (each.closed, natural_order(each.name), natural_order(each.account_number or ""))
    )


def _held(account: StoredAccount, supplies: AccountSupplies | None, today: date, *, eligible: bool) -> HeldAccount:
    described = describe(account.display_name, account.plans, account.fuels, supplies, today)
    return HeldAccount(
        id=account.id,
        name=described.title,
        number=account_hint(account.account_number, account.creation_date),
        account_number=account.account_number,
        address=described.address,
        plan=described.plan,
        fuel=described.fuel,
        town=described.town,
        state=described.state,
        joint=account.disclosure_facts.role == "joint-holder",
        closed=account.open_status == "CLOSED",
        disclosure_facts=account.disclosure_facts,
        unavailable=_unavailability_reason(account.disclosure_facts, eligible=eligible),
    )


async def is_eligible(tx: Transaction, customer_id: UUID, recipient_id: str, now: datetime) -> bool:
    """Return whether a customer is an eligible consumer, who can share data (`disclosure_rule.makes_eligible`)."""
    return _is_eligible(await store.accounts_of(tx, customer_id, recipient_id, today=market_day(now), now=now))


def _is_eligible(held: Sequence[StoredAccount]) -> bool:
    return any(makes_eligible(account.disclosure_facts, account.open_status) for account in held)


def _unavailability_reason(facts: DisclosureFacts, *, eligible: bool) -> UnavailabilityReason | None:
    """Return why an account cannot be chosen: it is withheld, or the customer is not `eligible`.

    An eligible customer can also share closed accounts.
    """
    return withholding_reason(facts) or (None if eligible else "no-open-account")
