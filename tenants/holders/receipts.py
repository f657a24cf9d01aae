"""Receipts to the person who authorised: given, changed, withdrawn, about to end, expired.

They are the choice of the brand, and no duty (CX guidelines, K-26), so each kind has a setting and is off by default.
A receipt goes to the login that has authorised last, while it may act for the customer, and to nobody else. It is added
in the transaction of the change, with an id that is made of what it tells, so it is never added twice.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from haas.database import Transaction
from tenants.accounts.service import market_day
from tenants.arrangements.models import EndedBy
from tenants.holders import store
from tenants.holders.models import Addressee, Receipt, Receiver
from tenants.holders.receipt_text import written_receipt
from tenants.holders.sending import account_names, end_of, labels_of_rows, receiver_of, recipient_of, send
from tenants.holders.store import HolderRow
from tenants.notices.models import About, DecidedFor
from tenants.parties.acted_by import ActedBy, acted_by_text
from tenants.registry.models import Tenant, TenantSettings

_ABOUT_BY: Final[Mapping[EndedBy, About]] = {
    "consumer": "receipt-withdrawn",
    "recipient": "receipt-withdrawn",
    "expiry": "receipt-expired",
    "retailer": "receipt-ended",
    "register": "receipt-ended",
    "replay": "receipt-ended",
    "ineligible": "receipt-ended",
}
"""There is no receipt of an end because of harm (CDR Rules 4A.15): somebody else may read it."""


async def confirm_authorisation(tx: Transaction, tenant: Tenant, authorisation_id: UUID, now: datetime) -> int:
    """Send the receipt of an authorisation, or of a change, that is in force. Return the number of receipts."""
    if not (tenant.settings.sends_given_receipts or tenant.settings.sends_changed_receipts):
        return 0
    sent = 0
    found = await _by_arrangement(tx, store.is_or_was_replaced_by(authorisation_id), now)
    labels = await labels_of_rows(tx, found, now)
    for rows in found:
        new = [row for row in rows if row.authorisation_id == authorisation_id]
        about: About = "receipt-changed" if new[0].is_amendment else "receipt-given"
        if _is_chosen(tenant.settings, about):
            shared = {row.account_id for row in new}
            removed = [row for row in rows if row.account_id not in shared]
            receipt = _receipt(new, labels, new[0].authorised_at, removed=removed)
            sent += await _send(tx, tenant, about, receipt, rows, now=now)
    return sent


async def confirm_ends(
    tx: Transaction, tenant: Tenant, arrangement_ids: Collection[UUID], by: EndedBy, now: datetime
) -> int:
    """Send the receipts of the end of arrangements. Return their number. The end of once-off sharing has none."""
    about = _ABOUT_BY.get(by)
    if about is None or not _is_chosen(tenant.settings, about):
        return 0
    sent = 0
    found = await _by_arrangement(tx, store.in_force_under(arrangement_ids), now)
    labels = await labels_of_rows(tx, found, now)
    for rows in found:
        if by == "expiry" and end_of(rows) is None:
            continue
        receipt = _receipt(rows, labels, min(now, rows[0].expires_at), ended_by=by)
        sent += await _send(tx, tenant, about, receipt, rows, now=now)
    return sent


async def confirm_ends_before_they_come(tx: Transaction, tenant: Tenant, now: datetime) -> int:
    """Send the receipts of authorisations that end within the days that the brand has chosen. Return their number.

    There is one for each authorisation. One that was given for no longer than these days has none.
    """
    days = tenant.settings.receipt_days_before_end
    if days is None:
        return 0
    sent = 0
    found = await _by_arrangement(tx, store.ends_soon(now, timedelta(days=days)), now)
    labels = await labels_of_rows(tx, found, now)
    for rows in found:
        receipt = _receipt(rows, labels, rows[0].expires_at)
        sent += await _send(tx, tenant, "receipt-expiring", receipt, rows, now=now)
    return sent


async def _by_arrangement(
    tx: Transaction, which: store.AuthorisationCondition, now: datetime
) -> Collection[list[HolderRow]]:
    found: dict[UUID, list[HolderRow]] = defaultdict(list)
    for row in await store.authorisers(tx, which, market_day(now)):
        found[row.arrangement_id].append(row)
    return found.values()


async def _send(
    tx: Transaction, tenant: Tenant, about: About, receipt: Receipt, rows: Sequence[HolderRow], *, now: datetime
) -> int:
    row = rows[0]
    receiver = await _receiver(tx, rows)
    if receiver is None:
        return 0
    to = Addressee(customer_id=row.holder_id, reference=row.reference, name=row.name, contacts=(receiver,))
    key, arrangement_id = str(row.authorisation_id), row.arrangement_id
    notice = written_receipt(about, receipt, tenant)
    accounts = sorted({each.account_id for each in rows if each.account_id is not None})
    is_looked_at = not accounts or any(each.is_concealed for each in rows)
    decided_for = None if is_looked_at else DecidedFor(row.holder_id, tuple(accounts))
    return await send(
        tx, notice, to, about=about, decided_for=decided_for, key=key, arrangement_id=arrangement_id, now=now
    )


async def _receiver(tx: Transaction, rows: Sequence[HolderRow]) -> Receiver | None:
    """Return the person who authorised, or None if the others could read a receipt that a harm flag conceals.

    Under a flag (CDR Rules 4A.15), only the customer in person gets receipts, by a contact that nobody else has, and
    not by post: other people may open the letters of a household.
    """
    receiver = receiver_of(rows[0])
    if not any(row.is_concealed for row in rows):
        return receiver
    has_contact = receiver.channel != "post" and (receiver.email or receiver.mobile)
    if not (rows[0].in_person and has_contact):
        return None
    shares = await store.others_have_contact(tx, receiver.login_id, receiver.email, receiver.mobile)
    return None if shares else receiver


def _receipt(
    rows: Sequence[HolderRow],
    labels: Mapping[UUID, str],
    at: datetime,
    *,
    removed: Iterable[HolderRow] = (),
    ended_by: EndedBy | None = None,
) -> Receipt:
    with_account = [row for row in rows if row.account_id is not None]
    return Receipt(
        at=at,
        recipient=recipient_of(rows[0]),
        customer=None if rows[0].in_person else rows[0].name,
        accounts=account_names((row for row in with_account if row.approval == "approved"), labels),
        pending=account_names((row for row in with_account if row.approval == "pending" and ended_by is None), labels),
        removed=account_names((row for row in removed if row.account_id is not None), labels),
        until=end_of(rows),
        ended_by=ended_by,
        withdrawn_by=_withdrawn_by(rows[0]) if ended_by == "consumer" else None,
    )


def _withdrawn_by(row: HolderRow) -> str | None:
    acted = None
    if row.ended_by_login_id is not None:
        acted = ActedBy(login_id=row.ended_by_login_id, role=row.withdrawn_as)
    return acted_by_text(acted, row.contact_id, row.name, reader_is_customer=row.in_person)


def _is_chosen(settings: TenantSettings, about: About) -> bool:
    chosen: Mapping[About, bool] = {
        "receipt-given": settings.sends_given_receipts,
        "receipt-changed": settings.sends_changed_receipts,
        "receipt-withdrawn": settings.sends_withdrawn_receipts,
        "receipt-ended": settings.sends_withdrawn_receipts,
        "receipt-expired": settings.sends_expired_receipts,
    }
    return chosen[about]
