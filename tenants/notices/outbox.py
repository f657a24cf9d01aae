"""Putting a notice into the outbox, in the transaction of what it tells of."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from haas.database import Transaction
from tenants.notices import store

NOTIFY_CHANNEL: Final = "haas_outbox"
NoticeKind = Literal["email", "sms", "arrangement-revoked"]


async def put(
    tx: Transaction,
    kind: NoticeKind,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> UUID:
    """Leave a notice to be delivered once the transaction has committed; return its id, its idempotency key.

    It is delivered at least once, from `due_at` on (at once where that is None). From `expires_at` on it is given up
    instead: give it for a one-time password. Payloads are the Structs of `tenants.notices.models`, by kind:
    email {to, subject, text}, sms {to, text}, arrangement-revoked {arrangement_id, client_id}.
    """
    notice = UUID(bytes=secrets.token_bytes(16), version=4)
    await store.insert_notice(
        tx,
        notice,
        kind,
        msgspec.json.encode(payload).decode(),
        channel=NOTIFY_CHANNEL,
        now=now,
        due_at=now if due_at is None else due_at,
        expires_at=expires_at,
    )
    return notice
