"""Notices of the outbox, and the payload of each kind."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class EmailPayload(msgspec.Struct, frozen=True):
    """An email in plain text."""

    to: str
    subject: str
    text: str


class SmsPayload(msgspec.Struct, frozen=True):
    """A text message."""

    to: str
    text: str


class ArrangementRevokedPayload(msgspec.Struct, frozen=True):
    """An ended arrangement. There is no notice if its recipient or the Register ended it, or if it expired."""

    arrangement_id: UUID
    client_id: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that is leased for one delivery attempt."""

    id: UUID
    lease: UUID
    kind: str
    payload: Any
    created_at: datetime
    expires_at: datetime | None
    tries: int  # the number of delivery attempts, including the current one
