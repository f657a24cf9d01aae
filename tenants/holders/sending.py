"""Adding what a customer is told to the outbox, and what a row of `tenants.holders.store` says for it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from haas.database import Transaction
from tenants.accounts.service import labels_of
from tenants.holders.models import ONCE_OFF, Addressee, Receiver, Written
from tenants.holders.notice_text import addressed, kind_of
from tenants.holders.store import HolderRow
from tenants.notices import outbox
from tenants.notices.models import RECEIPTS, About, DecidedFor


async def send(
    tx: Transaction,
    notice: Written,
    to: Addressee,
    *,
    about: About,
    decided_for: DecidedFor | None,
    key: str,
    arrangement_id: UUID | None = None,
    now: datetime,
) -> int:
    """Add a notice to each person who is told for a customer. Return the number of notices.

    `key` tells what happened from all else that a customer is told: a notice with the same `about` and key is not added
    to the same person again. `decided_for` is whose sharing or decision is told, unless a harm flag was looked at. What
    the customer is told of this customer's own act is held back by no flag, unless it is a receipt.
    """
    is_held_back = decided_for is not None and (decided_for.customer_id != to.customer_id or about in RECEIPTS)
    receivers: Sequence[Receiver | None] = to.contacts or (None,)
    for contact in receivers:
        payload = addressed(notice, to, contact)
        receiver = to.customer_id if contact is None else contact.login_id
        await outbox.put(
            tx,
            kind_of(payload),
            msgspec.structs.asdict(payload),
            now=now,
            arrangement_id=arrangement_id,
            customer_id=to.customer_id,
            about=about,
            decided_for=decided_for if is_held_back else None,
            key=f"{about} {key} {to.customer_id} {receiver}",
        )
    return len(receivers)


def receiver_of(row: HolderRow) -> Receiver:
    """Return the person of a row."""
    return Receiver(
        login_id=row.contact_id, name=row.contact_name, email=row.email, mobile=row.mobile, channel=row.channel
    )


def recipient_of(row: HolderRow) -> str:
    """Return the name of the data recipient."""
    name: str = row.registration.get("legal_entity_name") or row.registration["org_name"]
    return name


async def labels_of_rows(tx: Transaction, found: Iterable[Sequence[HolderRow]], now: datetime) -> Mapping[UUID, str]:
    """Return the names of all accounts of these rows, by their ids."""
    ids = {row.account_id for rows in found for row in rows if row.account_id is not None}
    return await labels_of(tx, ids, now)


def account_names(rows: Iterable[HolderRow], labels: Mapping[UUID, str]) -> tuple[str, ...]:
    """Return the name of each account, in their order. `labels` are the names of all accounts by their ids."""
    return tuple(sorted(labels[account_id] for account_id in {row.account_id for row in rows}))


def end_of(rows: Iterable[HolderRow]) -> datetime | None:
    """Return the end of an authorisation, or None if it is a once-off one."""
    return next((row.expires_at for row in rows if row.sharing_duration > ONCE_OFF), None)
