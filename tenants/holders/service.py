"""Tells the holders of an account what the CDR Rules demand when a time is over (4A.14(1), 4.28; decision 0054).

The expiry of an authorisation: the other holders of each of its accounts. An approval that did not come in time: who
has authorised. Nothing is told that a harm flag conceals (4A.15). Each notice is added in the transaction that ends the
authorisation or the approval, with an id that is made of what it tells and to whom, so it is never added twice.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from haas.database import Transaction
from tenants.accounts.models import account_hint, account_name
from tenants.accounts.service import market_day
from tenants.holders import store
from tenants.holders.models import Addressee, Event, Receiver
from tenants.holders.notice_text import addressed, kind_of, written
from tenants.holders.store import HolderRow
from tenants.notices import outbox
from tenants.notices.models import About
from tenants.registry.models import Tenant


async def tell_of_expiry(tx: Transaction, tenant: Tenant, arrangement_ids: Collection[UUID], now: datetime) -> int:
    """Tell the other holders of the accounts that these arrangements have expired. Return the number of notices.

    Who authorised is told nothing: a receipt for that person is a choice of the retailer (K-26).
    """
    if not arrangement_ids:
        return 0
    found: dict[tuple[UUID, UUID, bool], list[HolderRow]] = defaultdict(list)
    for row in await store.other_holders(tx, arrangement_ids, market_day(now)):
        found[row.arrangement_id, row.holder_id, row.role == "secondary-user"].append(row)
    told = 0
    for (_, _, is_of_user), rows in found.items():
        contacts = _contacts(rows)
        if contacts is not None:
            event = msgspec.structs.replace(_event(rows, rows[0].expires_at), is_of_user=is_of_user)
            told += await _tell(tx, tenant, "authorisation-expired", event, _addressee(rows[0], contacts), now=now)
    return told


async def lapse_approvals(tx: Transaction, tenant: Tenant, now: datetime) -> int:
    """End the approvals whose time limit is over, and tell those who authorised. Return the number of accounts."""
    lapsed = await store.lapse_approvals(tx, now)
    found: dict[UUID, list[HolderRow]] = defaultdict(list)
    for row in await store.requesters(tx, lapsed, now) if lapsed else []:
        found[row.authorisation_id].append(row)
    for rows in found.values():
        contacts = [] if rows[0].contact_id is None else [_contact(rows[0])]
        due_at = max(row.due_at for row in rows)
        await _tell(tx, tenant, "approval-lapsed", _event(rows, due_at), _addressee(rows[0], contacts), now=now)
    return len(lapsed)


async def _tell(tx: Transaction, tenant: Tenant, about: About, event: Event, to: Addressee, *, now: datetime) -> int:
    notice = written(about, event, tenant)
    receivers: Sequence[Receiver | None] = to.contacts or (None,)
    for contact in receivers:
        payload = addressed(notice, to, contact)
        receiver = to.customer_id if contact is None else contact.login_id
        await outbox.put(
            tx,
            kind_of(payload),
            msgspec.structs.asdict(payload),
            now=now,
            arrangement_id=event.arrangement_id,
            customer_id=to.customer_id,
            about=about,
            key=f"{about} {event.key} {to.customer_id} {receiver}",
        )
    return len(receivers)


def _event(rows: Sequence[HolderRow], at: datetime) -> Event:
    accounts = {row.account_id: _account(row) for row in rows}
    row = rows[0]
    return Event(
        arrangement_id=row.arrangement_id,
        key=" ".join(map(str, (row.authorisation_id, *sorted(accounts)))),
        at=at,
        recipient=row.registration.get("legal_entity_name") or row.registration["org_name"],
        accounts=tuple(sorted(accounts.values())),
    )


def _contacts(rows: Iterable[HolderRow]) -> list[Receiver] | None:
    """Return the persons who are told for a holder: the holder's own logins, else all who may act for the holder.

    Return None if that is only the person who has authorised. Nobody is known if the list is empty.
    """
    people = {row.contact_id: row for row in rows if row.contact_id is not None}
    own = {key: row for key, row in people.items() if row.acts_as == "self"}
    chosen = own or people
    contacts = [_contact(row) for row in chosen.values() if row.contact_id != row.login_id]
    return None if chosen and not contacts else contacts


def _addressee(row: HolderRow, contacts: Iterable[Receiver]) -> Addressee:
    return Addressee(customer_id=row.holder_id, reference=row.reference, name=row.name, contacts=tuple(contacts))


def _contact(row: HolderRow) -> Receiver:
    return Receiver(
        login_id=row.contact_id, name=row.contact_name, email=row.email, mobile=row.mobile, channel=row.channel
    )


def _account(row: HolderRow) -> str:
    hint = account_hint(row.account_number, row.creation_date)
    return account_name(row.display_name) + (f" ({hint})" if hint else "")
