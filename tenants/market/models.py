"""A participant of the electricity market, its unsealed secrets, and both together."""

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

MarketEnvironment = Literal["production", "pre-production"]
AuthenticationMode = Literal["basic", "basic-with-key", "bearer"]
"""How calls are authenticated besides the client certificate: password, password with subscription key, or token."""


class ParticipantKey(msgspec.Struct, frozen=True):
    """The key of a participant: its id at AEMO and the environment of AEMO."""

    participant_id: str
    environment: MarketEnvironment


PASSWORD_MODES: Final[tuple[AuthenticationMode, ...]] = ("basic", "basic-with-key")
"""The modes whose secret is the password of a user of AEMO, which expires."""


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
    is_stopped: bool = False
    """Whether AEMO has refused the secret when it was to be changed, or no secret is known to be accepted."""

    @property
    def is_changing(self) -> bool:
        """Whether a change of the secret has begun. It is then unknown which secret AEMO accepts."""
        return self.secrets.next_secret is not None

    @property
    def is_usable(self) -> bool:
        """Whether requests may be sent. Otherwise the secret could be wrong, and wrong tries lock the user."""
        return not self.is_changing and not self.is_stopped


class SecretChange(msgspec.Struct, frozen=True, kw_only=True):
    """How far the change of a participant's secret is."""

    id: ParticipantKey
    begun_at: datetime | None
    is_pending: bool
    """Whether a next secret is stored, because an earlier attempt has ended without a known result."""


class AccessState(msgspec.Struct, frozen=True, kw_only=True):
    """Until when a participant has access to AEMO, without its secrets."""

    id: ParticipantKey
    password_set_at: datetime | None
    """When the present password came into use; None in the mode `bearer`."""
    is_stopped: bool
    """Whether it is unknown which password AEMO accepts, so that no change is tried any more."""
    certificate: str
    """The client certificate and its chain, PEM."""


class ParticipantSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A participant in a list for the provider's staff."""

    id: ParticipantKey
    retailer: str
    mode: AuthenticationMode
    base_uri: str
    changed_at: datetime
    stopped_at: datetime | None
    """Since when no change of the secret is tried any more, because it is unknown which secret AEMO accepts."""
    brands: list[str]
    """The slugs of the brands that call AEMO as this participant."""
