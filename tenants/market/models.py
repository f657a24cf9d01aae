"""A participant of the electricity market, with its secrets open and without them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

Environment = Literal["production", "pre-production"]
Mode = Literal["basic", "basic-with-key", "bearer"]


class ParticipantKey(msgspec.Struct, frozen=True):
    """Who is asked for data at AEMO, in which of its environments."""

    participant_id: str
    environment: Environment


class Participant(msgspec.Struct, frozen=True, kw_only=True):
    """A participant without its secrets."""

    id: ParticipantKey
    retailer_id: UUID
    base_uri: str
    mode: Mode
    token_uri: str | None = None
    username: str
    certificate: str
    """PEM, with its chain."""
    proxy_uri: str | None = None


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """A participant's secrets, open. They are not shown where the object is printed."""

    secret: str
    """The password, or the client secret."""
    key: str
    """The certificate's private key, PEM."""
    subscription_key: str | None = None
    next_secret: str | None = None
    """The password that AEMO may have been asked to change to; whether it has is not known while it is here."""

    def __repr__(self) -> str:
        """Name nothing: secrets end up in tracebacks otherwise."""
        return "Secrets(…)"

    def __rich_repr__(self) -> list[Any]:
        """Name nothing to rich either."""
        return []


class MarketCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """All that a call to AEMO needs to know of a participant."""

    participant: Participant
    secrets: Secrets
    changed_at: datetime
    """Since when the secret is in use: AEMO's passwords expire after 90 days."""
