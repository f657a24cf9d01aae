"""What other holders share of joint accounts, as a co-holder may see it (CDR Rules 1.15, 4A.13(1); K-12, K-14, K-25).

Of each sharing it says the account, the recipient, the data of the account, and the times. It says nothing about the
person who shares, about that person's other accounts, or about what a harm flag conceals or has concealed.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from haas.database import Transaction
from tenants.accounts.models import HoldingRole
from tenants.accounts.service import end_of_market_day, labels_of, market_day
from tenants.data_language import clusters
from tenants.holders.models import ONCE_OFF
from tenants.joint_accounts import store
from tenants.joint_accounts.errors import SharingNotFound
from tenants.joint_accounts.models import SharedByOther, SharingState
from tenants.joint_accounts.store import SharedRow
from tenants.parties.acted_by import ActedBy
from tenants.parties.acting import Acting, require_may_act

_OF_ACCOUNTS: Final = "energy:"
"""How scopes begin whose data is about an account, and not about a person."""
_USERS: Final[tuple[HoldingRole, ...]] = ("secondary-user",)
_IDS: Final = UUID("b0a4f1de-5a0f-4d0c-9b3d-8b8f6f0f6c1d")
"""The name space of the ids by which a co-holder names a sharing."""


class SeenSharing(NamedTuple):
    """A sharing as a holder sees it, and its last version."""

    view: SharedByOther
    version: SharedRow


async def shared_by_others(
    tx: Transaction, acting: Acting, *, account_id: UUID | None = None, now: datetime
) -> list[SharedByOther]:
    """Return what other holders share, or have shared, of the accounts that a customer holds; the newest first.

    With `account_id`, only of this account. What a secondary user shares is left out: it is for
    `tenants.secondary_users`. Raise MayNotAct.
    """
    return [each.view for each in await _load(tx, acting, now, store.HOLDERS, account_id)]


async def look_up(
    tx: Transaction, acting: Acting, account_id: UUID, sharing_id: UUID, *, now: datetime
) -> SharedByOther:
    """Return the sharing of an account that a co-holder names, also if it has ended.

    Raise MayNotAct or SharingNotFound.
    """
    for each in await shared_by_others(tx, acting, account_id=account_id, now=now):
        if each.id == sharing_id:
            return each
    raise SharingNotFound(f"customer {acting.customer_id} sees no sharing {sharing_id} of account {account_id}")


async def shared_by_secondary_users(tx: Transaction, acting: Acting, *, now: datetime) -> list[SeenSharing]:
    """Return what secondary users share, or have shared, of the accounts that a customer holds. Raise MayNotAct."""
    return await _load(tx, acting, now, _USERS)


async def find(tx: Transaction, acting: Acting, sharing_id: UUID, *, now: datetime) -> SeenSharing:
    """Return the sharing that a co-holder names. Raise MayNotAct, or SharingNotFound also if it has ended."""
    for each in await _load(tx, acting, now, store.HOLDERS):
        if each.view.id == sharing_id and each.view.state != "ended":
            return each
    raise SharingNotFound(f"customer {acting.customer_id} sees no sharing {sharing_id} that is in force")


def awaits_answer(shared: SharedByOther, now: datetime) -> bool:
    """Return whether the viewer can approve or decline a sharing: nobody has declined it, and there is time left."""
    return (
        shared.state == "approval-pending"
        and shared.own_approval == "pending"
        and shared.approve_by is not None
        and shared.approve_by > now
    )


async def _load(
    tx: Transaction, acting: Acting, now: datetime, roles: Collection[HoldingRole], account_id: UUID | None = None
) -> list[SeenSharing]:
    today = market_day(now)
    await require_may_act(tx, acting, today, to_see=True)
    held = await store.held_accounts(tx, acting.customer_id, today)
    found: dict[tuple[UUID, UUID], list[SharedRow]] = defaultdict(list)
    for row in await store.shared_by_others(tx, acting.customer_id, account_id=account_id):
        if row.account_id in held and row.role in roles:
            found[row.arrangement_id, row.account_id].append(row)
    names = await labels_of(tx, {account_id for _, account_id in found}, now)
    shared = [SeenSharing(_view(rows, names[rows[0].account_id], now), rows[-1]) for rows in found.values()]
    return sorted(shared, key=lambda each: each.view.authorised_at, reverse=True)


def _view(versions: Sequence[SharedRow], account: str, now: datetime) -> SharedByOther:
    last = versions[-1]
    scopes = [scope for scope in last.scopes if scope.startswith(_OF_ACCOUNTS)]
    ended_at = last.ended_at or last.replaced_at or (last.expires_at if last.expires_at <= now else None)
    if ended_at is None and last.held_until is not None and last.held_until < market_day(now):
        ended_at = end_of_market_day(last.held_until)  # who shares has left the account, and it is not shared any more
    is_asked = ended_at is None and last.own_approval == "pending"
    return SharedByOther(
        id=uuid5(_IDS, f"{last.arrangement_id} {last.account_id}"),
        arrangement_id=last.arrangement_id,
        account_id=last.account_id,
        account=account,
        recipient=last.registration.get("legal_entity_name") or last.registration["org_name"],
        brand=last.registration["org_name"],
        product=last.registration["client_name"],
        recipient_id=last.recipient_id,
        policy_uri=last.registration.get("policy_uri"),
        data=tuple(clusters(scopes, "person")),  # the clusters of accounts are the same for every kind of customer
        authorised_at=versions[0].authorised_at,
        changed_at=tuple(each.authorised_at for each in versions[1:]),
        until=last.expires_at,
        is_once_off=last.sharing_duration <= ONCE_OFF,
        ended_at=ended_at,
        state="ended" if ended_at is not None else _state(last),
        own_approval=last.own_approval,
        own_approval_by=(
            None if last.own_approval_by is None else ActedBy(login_id=last.own_approval_by, role=last.own_approval_as)
        ),
        approve_by=last.approve_by if is_asked else None,
    )


def _state(last: SharedRow) -> SharingState:
    """Return whether the account is shared now, as far as it depends on its holders."""
    by_approval: dict[str, SharingState] = {
        "pending": "approval-pending",
        "declined": "approval-declined",
        "lapsed": "approval-lapsed",
        "withdrawn": "approval-withdrawn",
    }
    return by_approval.get(last.approval) or ("sharing-off" if last.option == "no-disclosure" else "sharing")
