"""A participant of the electricity market, its unsealed secrets, and both together."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

MarketEnvironment = Literal["production", "pre-production"]
AuthenticationMode = Literal["basic", "basic-with-key", "bearer"]
"""How calls are authenticated besides the client certificate: password, password with subscription key, or token."""


class ParticipantKey(msgspec.Struct, frozen=True):
    """The key of a participant: its id at AEMO and the environment of AEMO."""

    participant_id: str
    environment: MarketEnvironment


class Participant(msgspec.Struct, frozen=True, kw_only=True):
    """A participant without its secrets."""

    id: ParticipantKey
    retailer_id: UUID
    base_uri: str
    mode: AuthenticationMode
    token_uri: str | None = None
    username: str
    certificate: str
    """The client certificate and its chain, PEM."""
    proxy_uri: str | None = None


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """The unsealed secrets of a participant. The representation of the object does not contain them."""

    secret: str
    """The password, or the client secret in the mode `bearer`."""
    key: str
    """The private key of the client certificate, PEM."""
    subscription_key: str | None = None
    next_secret: str | None = None
    """The new password during a change. While it is set, it is unknown which of the two passwords AEMO accepts."""

    def __repr__(self) -> str:
        """Return no values, because they could appear in tracebacks."""
        return "Secrets(…)"

    def __rich_repr__(self) -> list[Any]:
        """Return no values for the library rich either."""
        return []


class MarketCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """The data of a participant that a call to AEMO needs."""

    participant: Participant
    secrets: Secrets
    changed_at: datetime
    """When the current secret came into use. Passwords of AEMO expire after 90 days."""
