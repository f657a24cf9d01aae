"""Tells the holders of an account what the CDR Rules demand (4A.14(1), 4.28; decisions 0054 and 0059).

What happens to an authorisation: the other holders of each of its accounts. An approval that did not come in time: who
has authorised. These are duties; receipts to who has authorised are the brand's choice (`tenants.holders.receipts`).
Nothing is told that a harm flag conceals (4A.15). Each notice is added in the transaction of the change that it tells,
with an id that is made of what it tells and to whom, so it is never added twice.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

import msgspec

from haas.database import Transaction
from tenants.accounts.service import market_day
from tenants.arrangements.models import EndedBy
from tenants.arrangements.service import TellHolders
from tenants.holders import store
from tenants.holders.models import Addressee, Event, NoticeChoice, Receiver, Written
from tenants.holders.notice_text import written
from tenants.holders.receipts import confirm_ends
from tenants.holders.sending import account_names, end_of, labels_of_rows, receiver_of, recipient_of, send
from tenants.holders.store import HolderRow
from tenants.notices.models import About, DecidedFor
from tenants.registry.models import Tenant

_ABOUT_BY: Final[Mapping[EndedBy, About]] = {
    "consumer": "authorisation-withdrawn",
    "recipient": "authorisation-withdrawn",
    "expiry": "authorisation-expired",
    "retailer": "authorisation-ended",
    "register": "authorisation-ended",
    "replay": "authorisation-ended",
    "ineligible": "authorisation-ended",
}
"""What the others are told, by who ended an arrangement. Of an end because of harm they are told nothing (4A.15)."""

_GIVEN_AND_AMENDED: Final[frozenset[About]] = frozenset({"authorisation-given", "authorisation-amended"})


def tell_of_end(tenant: Tenant) -> TellHolders:
    """Return what tells the other holders that arrangements of this tenant have ended.

    It also sends the receipts to those who authorised, if the brand has chosen them.
    """
    return partial(_tell_of_end, tenant)


async def _tell_of_end(
    tenant: Tenant, tx: Transaction, arrangement_ids: Collection[UUID], by: EndedBy, now: datetime
) -> int:
    about = _ABOUT_BY.get(by)
    if about is None or not arrangement_ids:
        return 0
    await confirm_ends(tx, tenant, arrangement_ids, by, now)
    told = 0
    by_holder = await _by_holder(tx, store.in_force_under(arrangement_ids), now)
    names = await labels_of_rows(tx, by_holder, now)
    for rows in by_holder:
        visible = [row for row in rows if not row.is_concealed and _wants(row, about)]
        if visible:
            at = min(now, visible[0].expires_at)
            told += await _tell_other_holder(tx, tenant, about, _event(visible, names, at), visible, now=now)
    return told


async def tell_of_authorisation(tx: Transaction, tenant: Tenant, authorisation_id: UUID, now: datetime) -> int:
    """Tell the other holders that an authorisation was given, or amended, and is in force. Return how many notices.

    Holders whose approval is pending are asked for it. Who holds an account that an amendment has removed is told too.
    The holders of an account are not told that a secondary user has given an authorisation, but that one was amended
    (CDR Rules 4.28; K-15).
    """
    told = 0
    by_holder = await _by_holder(tx, store.is_or_was_replaced_by(authorisation_id), now)
    names = await labels_of_rows(tx, by_holder, now)
    for rows in by_holder:
        new = [row for row in rows if row.authorisation_id == authorisation_id and not row.is_concealed]
        old = [row for row in rows if row.authorisation_id != authorisation_id]
        if asked := [row for row in new if row.approval == "pending" and row.due_at is not None]:
            event = msgspec.structs.replace(_event(asked, names, now), until=end_of(asked), due_at=asked[0].due_at)
            told += await _tell_other_holder(tx, tenant, "approval-asked", event, asked, now=now)
        new_ids = {row.account_id for row in rows if row.authorisation_id == authorisation_id}
        removed = [row for row in old if row.account_id not in new_ids and not row.is_concealed]
        # For a holder of whose accounts none was covered before, or whose accounts a harm flag concealed before, the
        # authorisation is a new one: what else it covered is not told.
        is_first = all(row.is_concealed for row in old)
        if rows[0].role == "secondary-user":
            if not any(row.is_amendment for row in rows) or (old and is_first):
                continue
            is_first = False
        about: About = "authorisation-given" if is_first else "authorisation-amended"
        shown = [row for row in new if row.approval != "pending" and _wants(row, about)]
        removed = [row for row in removed if _wants(row, about)]
        if not (shown or removed):
            continue
        event = msgspec.structs.replace(
            _event(shown or removed, names, now),
            key=f"{authorisation_id}",
            decided_for=_shared_by([*shown, *removed]),
            accounts=account_names(shown, names),
            removed=account_names(removed, names),
            until=end_of(shown),
        )
        told += await _tell_other_holder(tx, tenant, about, event, rows, now=now)
    return told


async def lapse_approvals(tx: Transaction, tenant: Tenant, now: datetime) -> int:
    """End the approvals whose time limit is over, and tell those who authorised. Return the number of accounts."""
    lapsed = await store.lapse_approvals(tx, now)
    await tell_requesters(tx, tenant, "approval-lapsed", lapsed, now=now)
    return len(lapsed)


async def tell_requesters(
    tx: Transaction,
    tenant: Tenant,
    about: About,
    shared: Sequence[store.ApprovalKey],
    *,
    decided_for: DecidedFor | None = None,
    now: datetime,
) -> None:
    """Tell those who authorised that these accounts are not shared, for want of the approval of others.

    `decided_for` is the other holder for whom that was decided; None if the time was over.
    """
    found: dict[UUID, list[HolderRow]] = defaultdict(list)
    for row in await store.requesters(tx, shared, now) if shared else []:
        if _has_chosen(row, about):
            found[row.authorisation_id].append(row)
    names = await labels_of_rows(tx, found.values(), now)
    for rows in found.values():
        contacts = [] if rows[0].contact_id is None else [receiver_of(rows[0])]
        at = max(row.due_at for row in rows) if about == "approval-lapsed" else now
        event = msgspec.structs.replace(_event(rows, names, at), decided_for=decided_for)
        await _tell(tx, tenant, about, event, _addressee(rows[0], contacts), now=now)


async def tell_holders(
    tx: Transaction,
    notice: Written,
    holders: Iterable[Sequence[HolderRow]],
    *,
    about: About,
    decided_for: DecidedFor | None,
    key: str,
    by_login: UUID | None,
    now: datetime,
) -> int:
    """Tell holders, each given with the persons who may act for them, and not the person who acts. See `send`."""
    told = 0
    for rows in holders:
        contacts = _contacts(rows, by_login)
        if contacts is not None:
            to = _addressee(rows[0], contacts)
            told += await send(tx, notice, to, about=about, decided_for=decided_for, key=key, now=now)
    return told


async def _by_holder(tx: Transaction, which: store.AuthorisationCondition, now: datetime) -> list[list[HolderRow]]:
    """Return the rows of each other holder, separately for each arrangement and the two kinds of who authorised."""
    found: dict[tuple[UUID, UUID, bool], list[HolderRow]] = defaultdict(list)
    for row in await store.other_holders(tx, which, market_day(now)):
        found[row.arrangement_id, row.holder_id, row.role == "secondary-user"].append(row)
    return list(found.values())


async def _tell_other_holder(
    tx: Transaction, tenant: Tenant, about: About, event: Event, rows: Sequence[HolderRow], *, now: datetime
) -> int:
    contacts = _contacts(rows, rows[0].login_id)
    if contacts is None:
        return 0
    event = msgspec.structs.replace(event, is_of_user=rows[0].role == "secondary-user")
    return await _tell(tx, tenant, about, event, _addressee(rows[0], contacts), now=now)


async def _tell(tx: Transaction, tenant: Tenant, about: About, event: Event, to: Addressee, *, now: datetime) -> int:
    notice, arrangement_id = written(about, event, tenant), event.arrangement_id
    decided_for, key = event.decided_for, event.key
    return await send(
        tx, notice, to, about=about, decided_for=decided_for, key=key, arrangement_id=arrangement_id, now=now
    )


def _event(rows: Sequence[HolderRow], names: Mapping[UUID, str], at: datetime) -> Event:
    row = rows[0]
    accounts = sorted({row.account_id for row in rows})
    return Event(
        arrangement_id=row.arrangement_id,
        decided_for=_shared_by(rows),
        key=" ".join(map(str, (row.authorisation_id, *accounts))),
        at=at,
        recipient=recipient_of(row),
        accounts=account_names(rows, names),
    )


def _shared_by(rows: Sequence[HolderRow]) -> DecidedFor:
    """Return the customer whose authorisation the rows are about, and its accounts."""
    return DecidedFor(rows[0].sharer_id, tuple(sorted({row.account_id for row in rows})))


def _wants(row: HolderRow, about: About) -> bool:
    """Return whether a holder is told. The choice of notices is not about secondary users (CDR Rules 4A.14(3))."""
    return row.role == "secondary-user" or _has_chosen(row, about)


def _has_chosen(row: HolderRow, about: About) -> bool:
    choice: NoticeChoice = row.choice or "all"
    return choice == "all" or (choice == "given-and-amended" and about in _GIVEN_AND_AMENDED)


def _contacts(rows: Iterable[HolderRow], by_login: UUID | None) -> list[Receiver] | None:
    """Return the persons who are told for a holder: the holder's own logins, else all who may act for the holder.

    Return None if that is only the person who has acted, `by_login`. Nobody is known if the list is empty.
    """
    people = {row.contact_id: row for row in rows if row.contact_id is not None}
    own = {key: row for key, row in people.items() if row.in_person}
    chosen = own or people
    contacts = [receiver_of(row) for row in chosen.values() if row.contact_id != by_login]
    return None if chosen and not contacts else contacts


def _addressee(row: HolderRow, contacts: Iterable[Receiver]) -> Addressee:
    return Addressee(customer_id=row.holder_id, reference=row.reference, name=row.name, contacts=tuple(contacts))
