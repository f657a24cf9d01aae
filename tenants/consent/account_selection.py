"""The step of the consent flow in which a person chooses accounts: filter, groups, and what is chosen.

Like the functions of `tenants.consent.flow`, these run in the caller's transaction. What is chosen is stored with the
attempt, so that it survives a filter, the way back, and a reload.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from haas.database import Transaction
from tenants.accounts.descriptions import natural_order
from tenants.accounts.models import HeldAccount
from tenants.attempts import store
from tenants.consent import flow as flows
from tenants.consent.errors import ChoiceMissing, StepNotCurrent
from tenants.consent.models import Flow, StepOutcome

FILTER_ABOVE: Final = 10
"""With more accounts than this, a person can filter them, and they are in groups."""
MAXIMUM_FILTER: Final = 100
"""The most characters of a filter; the others are ignored."""
_LEAST_DIGITS: Final = 4
_NUMBERS: Final = re.compile(r"\d+")
_LEAST_IN_GROUP: Final = 3
"""Accounts are grouped by towns or states that have this many accounts on average."""

GroupKind = Literal["own", "joint", "used", "closed"]
SelectionChange = Literal["all", "none", "show"]
"""How a person changes the list: choose all accounts that it shows, choose none of them, or show others."""


class AccountGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts that are listed together."""

    kind: GroupKind
    place: str | None = None
    """The town or the state. None if the accounts are not grouped by it, "" if it is not known."""
    accounts: Sequence[HeldAccount]

    @property
    def key(self) -> str:
        """The name of the group in a form."""
        return self.kind if self.place is None else f"{self.kind}:{self.place}"


class AccountChoices(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts of a customer as the step shows them."""

    available: Sequence[HeldAccount]
    unavailable: Sequence[HeldAccount]
    chosen: frozenset[UUID]
    """The ids of the accounts that are chosen. All of them are available."""
    groups: Sequence[AccountGroup]
    """The available accounts that the filter lets through, in their order."""
    filter: str
    """The text by which the accounts are filtered; empty if they are not."""

    @property
    def listed(self) -> list[HeldAccount]:
        """The accounts of all groups."""
        return [account for group in self.groups for account in group.accounts]

    @property
    def hidden(self) -> list[UUID]:
        """The chosen accounts that the filter does not let through. The form sends them too, so they stay chosen."""
        listed = {account.id for account in self.listed}
        return [account.id for account in self.available if account.id in self.chosen and account.id not in listed]

    @property
    def has_many(self) -> bool:
        """Whether there are so many accounts that a person can filter them."""
        return len(self.available) > FILTER_ABOVE


async def load_selection(tx: Transaction, flow: Flow, text: str = "", *, now: datetime) -> AccountChoices:
    """Return the accounts of the step, filtered by `text`. Raise StepNotCurrent or FlowClosed.

    Those of an amended arrangement are chosen in advance (CDS, Amending Authorisation, Account Selection).
    """
    flows.require_step(flow, "accounts", now)
    held = await flows.held_accounts(tx, flow, now)
    chosen = set(flow.attempt.accounts or ())
    if flow.attempt.accounts is None and flow.amended_arrangement is not None:
        chosen = {account.id for account in flow.amended_arrangement.authorisation.accounts}
    available = [account for account in held if account.unavailable is None]
    text = text[:MAXIMUM_FILTER].strip() if len(available) > FILTER_ABOVE else ""
    return AccountChoices(
        available=available,
        unavailable=[account for account in held if account.unavailable is not None],
        chosen=frozenset(account.id for account in available if account.id in chosen),
        groups=grouped(filtered(available, text), by_place=len(available) > FILTER_ABOVE),
        filter=text,
    )


async def change_selection(
    tx: Transaction,
    flow: Flow,
    sent: Collection[UUID],
    change: SelectionChange,
    *,
    group: str = "",
    text: str = "",
    now: datetime,
) -> None:
    """Store which accounts are chosen, when a person has not continued to the review yet. Raise StepNotCurrent.

    `sent` are the accounts that the form sent as chosen, and `text` is the filter of the page with the form. With
    `group`, the key of a group, only this group is changed. Accounts that cannot be shared are never chosen (K-23), and
    those that the page did not show stay as they were.
    """
    selection = await load_selection(tx, flow, text, now=now)
    chosen = {account.id for account in selection.available}.intersection(sent)
    changed = {
        account.id for shown in selection.groups if group in {"", shown.key} for account in shown.accounts
    }  # fmt: skip
    if change == "all":
        chosen |= changed
    elif change == "none":
        chosen -= changed
    await store.set_stage(tx, flow.attempt.id, "preAccountSelection", now=now, accounts=sorted(chosen))


async def choose_accounts(tx: Transaction, flow: Flow, chosen: Collection[UUID], *, now: datetime) -> StepOutcome:
    """Set the accounts that are shared.

    Raise StepNotCurrent. Raise ChoiceMissing if no account is chosen, or if a chosen account cannot be shared. Then the
    page shows what was sent: the other accounts stay chosen, and none if none was sent.
    """
    selection = await load_selection(tx, flow, now=now)
    available = {account.id for account in selection.available}
    if not chosen or not available.issuperset(chosen):
        remaining = sorted(available.intersection(chosen))
        await store.set_stage(tx, flow.attempt.id, "preAccountSelection", now=now, accounts=remaining)
        tx.commit_on_refusal()
        raise ChoiceMissing("accounts")
    await store.set_stage(tx, flow.attempt.id, "preAuthorisation", now=now, accounts=sorted(set(chosen)))
    return "review"


async def chosen_accounts(tx: Transaction, flow: Flow, *, now: datetime) -> list[HeldAccount]:
    """Return the accounts that were chosen for sharing.

    If one of them can no longer be shared, make the account selection the current step and raise StepNotCurrent.
    """
    flows.require_step(flow, "review", now)
    chosen = set(flow.attempt.accounts or ())
    held = [account for account in await flows.held_accounts(tx, flow, now) if account.id in chosen]
    if len(held) != len(chosen) or any(account.unavailable for account in held):
        await store.set_stage(tx, flow.attempt.id, "preAccountSelection", now=now)
        tx.commit_on_refusal()
        raise StepNotCurrent("accounts")
    return held


def filtered(accounts: Iterable[HeldAccount], text: str) -> list[HeldAccount]:
    """Return the accounts that have every word of `text` in one of their texts. The case of letters is ignored."""
    words = text.casefold().split()
    return [account for account in accounts if all(_matches(account, word) for word in words)]


def grouped(accounts: Sequence[HeldAccount], *, by_place: bool) -> list[AccountGroup]:
    """Return the accounts in groups: by what the person has to do with them, and `by_place` where that helps."""
    kinds: dict[GroupKind, list[HeldAccount]] = {"own": [], "joint": [], "used": [], "closed": []}
    for account in accounts:
        kinds[_kind(account)].append(account)
    groups = []
    for kind, members in kinds.items():
        places = _by_place(members) if by_place and len(members) > FILTER_ABOVE else {None: members}
        groups += [AccountGroup(kind=kind, place=place, accounts=found) for place, found in places.items() if found]
    return groups


def _kind(account: HeldAccount) -> GroupKind:
    if account.closed:
        return "closed"
    if account.disclosure_facts.role == "secondary-user":
        return "used"
    return "joint" if account.joint else "own"


def _by_place(accounts: Sequence[HeldAccount]) -> Mapping[str | None, Sequence[HeldAccount]]:
    """Return the accounts by town if the towns have several accounts each, or else by state. Unknown ones are last."""
    for field in ("town", "state"):
        places: dict[str | None, list[HeldAccount]] = {}
        for account in accounts:
            places.setdefault(getattr(account, field) or "", []).append(account)
        if 1 < len(places) <= len(accounts) / _LEAST_IN_GROUP:
            return {
                place: places[place] for place in sorted(places, key=lambda each: (not each, natural_order(each or "")))
            }
    return {None: accounts}


def _matches(account: HeldAccount, word: str) -> bool:
    """Return whether an account has a word in one of its texts.

    A number must be a whole number of an address, or a part of the account number that is long enough to mean one.
    """
    texts = (account.name, account.address, account.plan, account.fuel, account.town)
    text = "\n".join(text for text in texts if text).casefold()
    if not word.isdecimal():
        return word in text
    is_part = len(word) >= _LEAST_DIGITS and word in (account.account_number or "")
    return is_part or word in _NUMBERS.findall(text)
