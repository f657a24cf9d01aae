"""What each kind of notice says."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class EmailPayload(msgspec.Struct, frozen=True):
    """A message of plain text."""

    to: str
    subject: str
    text: str


class SmsPayload(msgspec.Struct, frozen=True):
    """A text message."""

    to: str
    text: str


class ArrangementRevokedPayload(msgspec.Struct, frozen=True):
    """An arrangement that ended otherwise than by its recipient, the Register, or time."""

    arrangement_id: UUID
    client_id: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that is leased to whoever delivers it now."""

    id: UUID
    lease: UUID
    kind: str
    payload: Any
    created_at: datetime
    expires_at: datetime | None
    tries: int  # this one included
