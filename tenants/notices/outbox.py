"""Putting a notice into the outbox, in the transaction of what it tells of."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Text, bindparam, func, insert, select

from haas.database import Statement, Transaction
from tenants.notices.tables import outbox

CHANNEL: Final = "haas_outbox"
NoticeKind = Literal["email", "sms", "arrangement-revoked"]

# One round trip. The notification goes out when the transaction commits, and names the schema that has work.
_PUT = Statement(
    select(func.pg_notify(bindparam("channel", type_=Text), bindparam("schema", type_=Text))).add_cte(
        insert(outbox)
        .values(
            id=bindparam("id"),
            kind=bindparam("kind"),
            payload=bindparam("payload"),
            created_at=bindparam("now"),
            due_at=bindparam("due"),
            worthless_at=bindparam("worthless"),
            tries=bindparam("tries"),
        )
        .cte("put")
    )
)


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
    await tx.rows(
        _PUT,
        channel=CHANNEL,
        schema=tx.namespace.schema,
        id=notice,
        kind=kind,
        payload=msgspec.json.encode(payload).decode(),
        now=now,
        due=now if due is None else due,
        worthless=worthless,
        tries=0,
    )
    return notice
