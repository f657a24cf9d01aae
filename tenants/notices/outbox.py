"""Adding a notice to the outbox, in the same transaction as the change that it reports."""

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
    """Add a notice that is delivered after the transaction has committed. Return its id, which is its idempotency key.

    The notice is delivered at least once, at `due_at` or later (immediately if `due_at` is None). A notice that was not
    delivered before `expires_at` is given up; a one-time password needs this. `payload` has the fields of a Struct of
    `tenants.notices.models`, by kind: email {to, subject, text}, sms {to, text}, arrangement-revoked {arrangement_id,
    client_id}.
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
