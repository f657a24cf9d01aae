"""Adding a notice to the outbox, in the same transaction as the change that it reports."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID, uuid5

import msgspec

from haas.database import Transaction
from tenants.notices import store
from tenants.notices.models import About, DecidedFor

NOTIFY_CHANNEL: Final = "haas_outbox"
NoticeKind = Literal["email", "sms", "letter", "arrangement-revoked", "register-refresh"]
MESSAGE_KINDS: Final[tuple[NoticeKind, ...]] = ("email", "sms")
"""The kinds that contain the contact of a person."""
OWED_KINDS: Final[tuple[NoticeKind, ...]] = ("arrangement-revoked", "letter")
"""The kinds that must reach their receiver: if they cannot be delivered, a person does it in another way. The same is
true for each notice that has an `about`, unless it is a receipt."""
_IDS: Final = UUID("6f6f9a0e-7a44-4c6d-9a6b-0d0f5f6b3f51")
"""The name space of the ids that are made of a key."""


async def put(
    tx: Transaction,
    kind: NoticeKind,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    arrangement_id: UUID | None = None,
    customer_id: UUID | None = None,
    about: About | None = None,
    decided_for: DecidedFor | None = None,
    key: str | None = None,
) -> UUID:
    """Add a notice that is delivered after the transaction has committed. Return its id, which is its idempotency key.

    The id is made of `key`, if one is given, and a notice that has the id already is not added again.

    The notice is delivered at least once, at `due_at` or later (immediately if `due_at` is None). A notice that was not
    delivered before `expires_at` is given up; a one-time password needs this. A notice about an arrangement is kept for
    years as evidence, without its payload, if `arrangement_id` names it; `customer_id` and `about` then say who was
    told of what. A harm flag of `decided_for` holds it back until it is sent. `payload` has the fields of a Struct of
    `tenants.notices.models`, by kind: email {to, subject, text}, sms {to, text}, letter {customer_reference, to,
    subject, text}, arrangement-revoked {arrangement_id, client_id}, register-refresh {interaction_id}.
    """
    notice = UUID(bytes=secrets.token_bytes(16), version=4) if key is None else _id_of(key)
    await store.insert_notice(
        tx,
        notice,
        kind,
        msgspec.json.encode(payload).decode(),
        channel=NOTIFY_CHANNEL,
        now=now,
        due_at=now if due_at is None else due_at,
        expires_at=expires_at,
        arrangement_id=arrangement_id,
        customer_id=customer_id,
        about=about,
        decided_for=decided_for,
    )
    return notice


async def mark_received(tx: Transaction, key: str, now: datetime) -> None:
    """Mark the notice that was added with this key as delivered: its receiver has answered it.

    So it is not sent again if the worker that sent it died before it could mark it, or if another try was due.
    """
    await store.mark_received(tx, _id_of(key), now)


def _id_of(key: str) -> UUID:
    return uuid5(_IDS, key)
