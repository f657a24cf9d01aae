"""Putting a notice into the outbox, in the transaction of what it tells of."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from haas.database import Transaction
from tenants.notices import store

CHANNEL: Final = "haas_outbox"
NoticeKind = Literal["email", "sms", "arrangement-revoked"]


async def put(
    tx: Transaction,
    kind: NoticeKind,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    due: datetime | None = None,
    worthless: datetime | None = None,
) -> UUID:
    """Leave a notice to be delivered once the transaction has committed; return its id, its idempotency key.

    It is delivered at least once, from `due` on (at once where that is None). From `worthless` on it is given up
    instead: give it for a one-time password. Payloads are the Structs of `tenants.notices.models`, by kind:
    email {to, subject, text}, sms {to, text}, arrangement-revoked {arrangement_id, client_id}.
    """
    notice = UUID(bytes=secrets.token_bytes(16), version=4)
    await store.put(
        tx,
        notice,
        kind,
        msgspec.json.encode(payload).decode(),
        channel=CHANNEL,
        now=now,
        due=now if due is None else due,
        worthless=worthless,
    )
    return notice
