"""The accounts of a customer, and whether the data of each can be shared."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta, timezone
from typing import Final
from uuid import UUID

from haas.database import Transaction
from tenants.accounts import store
from tenants.accounts.descriptions import (
    AccountName,
    AccountSupplies,
    describe_account,
    name_account,
    natural_order,
)
from tenants.accounts.disclosure_rule import makes_eligible, needs_approval, withholding_reason
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


async def accounts_of(
    tx: Transaction,
    customer_id: UUID,
    recipient_id: str,
    now: datetime,
    *,
    login_id: UUID | None = None,
    authorised_at: datetime | None = None,
) -> list[HeldAccount]:
    """Return a customer's accounts, each with the reason why it cannot be shared with a recipient, or None.

    Open accounts are first. Then the order is by title and number. `recipient_id` identifies the recipient's legal
    entity. `login_id` is the person who authorises or reads now, or who has authorised at `authorised_at`. A harm flag
    counts only if that is, or was then, the customer in person; for everybody else, the result is the one without the
    flag (CDR Rules 4A.15, decision 0061).
    """
    today = market_day(now)
    login_on = today if authorised_at is None else market_day(authorised_at)
    held = await store.accounts_of(
        tx, customer_id, recipient_id, login_id=login_id, login_on=login_on, today=today, now=now
    )
    supplies = await store.supplies_of(tx, [account.id for account in held], today)
    eligible = _is_eligible(held)
    accounts = [_held(account, supplies.get(account.id), today, eligible=eligible) for account in held]
    return sorted(
        accounts, key=lambda each: (each.closed, natural_order(each.name), natural_order(each.account_number or ""))
    )


def _held(account: StoredAccount, supplies: AccountSupplies | None, today: date, *, eligible: bool) -> HeldAccount:
    described, facts = describe_account(account, supplies, today), account.disclosure_facts
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
        joint=facts.role == "joint-holder",
        closed=account.open_status == "CLOSED",
        needs_approval=needs_approval(facts, has_other_holder=account.has_other_holder),
        disclosure_facts=facts,
        unavailable=_unavailability_reason(facts, eligible=eligible),
    )


async def names_of(tx: Transaction, account_ids: Collection[UUID], now: datetime) -> dict[UUID, AccountName]:
    """Return the names of accounts by their ids. An account that we do not have any more is not in the result."""
    if not account_ids:
        return {}
    today, ids = market_day(now), sorted(set(account_ids))
    supplies = await store.supplies_of(tx, ids, today)
    return {each.id: name_account(each, supplies.get(each.id), today) for each in await store.known_accounts(tx, ids)}


async def labels_of(tx: Transaction, account_ids: Collection[UUID], now: datetime) -> dict[UUID, str]:
    """Return the names of accounts as a message states them, by their ids: see `names_of`."""
    return {account_id: name.label for account_id, name in (await names_of(tx, account_ids, now)).items()}


async def is_eligible(tx: Transaction, customer_id: UUID, recipient_id: str, now: datetime) -> bool:
    """Return whether a customer is an eligible consumer, who can share data (`disclosure_rule.makes_eligible`)."""
    today = market_day(now)
    held = await store.accounts_of(tx, customer_id, recipient_id, login_id=None, login_on=today, today=today, now=now)
    return _is_eligible(held)


def _is_eligible(held: Sequence[StoredAccount]) -> bool:
    return any(makes_eligible(account.disclosure_facts, account.open_status) for account in held)


def _unavailability_reason(facts: DisclosureFacts, *, eligible: bool) -> UnavailabilityReason | None:
    """Return why an account cannot be chosen: it is withheld, or the customer is not `eligible`.

    An eligible customer can also share closed accounts.
    """
    return withholding_reason(facts) or (None if eligible else "no-open-account")
