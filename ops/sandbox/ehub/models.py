"""The stored objects of the e-Hub: participants, their users, and the service points of each."""

from datetime import date, datetime
from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

Mode = Literal["basic", "basic-with-key", "bearer"]
"""How a participant authenticates besides its certificate: password, password with subscription key, or token."""

MAXIMUM_TRIES: Final = 6
"""AEMO, user rights management: a user is locked after so many wrong passwords."""


class Participant(msgspec.Struct, frozen=True, kw_only=True):
    """A market participant and its user. Nothing is encrypted: no party outside the sandbox trusts these secrets."""

    participant_id: str
    mode: Mode = "basic"
    username: str
    """The user's name; in the mode `bearer` the client id."""
    password: str
    """The user's password; in the mode `bearer` the client secret, which does not expire."""
    subscription_key: str | None = None
    has_permission: bool = True
    """Whether the user has the right to the CDR API."""
    password_changed_at: datetime
    previous_passwords: list[str] = []
    wrong_tries: int = 0
    """Wrong passwords since the last right one."""

    @property
    def is_locked(self) -> bool:
        """Whether the user is locked. The right password does not unlock it."""
        return self.wrong_tries >= MAXIMUM_TRIES


Meter = Literal[
    "interval-5",
    "interval-5-controlled-load",
    "interval-5-solar",
    "interval-5-solar-battery",
    "interval-30",
    "interval-30-solar",
    "basic-daily",
    "basic-quarterly",
    "none",
]
"""What is installed: a meter with intervals of so many minutes, or one without intervals and how often it is read."""

PointStatus = Literal["ACTIVE", "DE_ENERGISED", "EXTINCT", "GREENFIELD", "OFF_MARKET"]


class PointRange(msgspec.Struct, frozen=True, kw_only=True):
    """The service points of consecutive numeric NMIs, for which one participant is the FRMP."""

    participant_id: str
    first: int
    count: int

    def __contains__(self, number: object) -> bool:
        """Return whether the range has this NMI, as a number."""
        return isinstance(number, int) and self.first <= number < self.first + self.count


class PointSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is set for one service point. The other properties follow from its NMI."""

    participant_id: str
    meter: Meter | None = None
    status: PointStatus | None = None
    last_consumer_change_date: date | UnsetType | None = UNSET
    """None: there is none. Unset: it follows from the NMI."""
    financially_responsible_since: date | None = None
    """Since when the participant is the FRMP; None: for longer than data is kept."""


class ServicePoint(msgspec.Struct, frozen=True, kw_only=True):
    """A service point and who is financially responsible for it (FRMP)."""

    nmi: str
    participant_id: str
    meter: Meter
    status: PointStatus
    last_consumer_change_date: date | None
    financially_responsible_since: date | None
    seed: bytes
    """Bytes that are different for each NMI. What is generated follows from them."""


class HubSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the real e-Hub does is not published in every point. These settings choose."""

    half_hour_word: Literal["MIN_30", "30MIN"] = "MIN_30"
    """The value of `interval-reads` for half hours. The standards have MIN_30, AEMO's own page has 30MIN (C-A11)."""
    old_dates: Literal["clamp", "refuse"] = "clamp"
    """What happens to an `oldest-date` more than 24 months ago (C-A12)."""
    forbidden_headers: Literal["record", "refuse"] = "record"
    """What happens to headers that must never be sent to a secondary data holder (C-A2)."""
    refused_points: Literal["all", "first"] = "all"
    """Which of the NMIs whose FRMP the caller is not are in the error (C-D6). AEMO does not say."""
    continuation_tokens: bool = True
    """Whether pages after the first one can only be reached through `links.next` (C-A10)."""
    nmis_of_a_request: int = 1000
    """How many NMIs one request may have. AEMO publishes no number (C-A15)."""
    calls_per_second: float = 50.0
    """The calls of one participant that are answered, on average (C-A14). AEMO publishes no number."""
    burst: int = 200
    """The calls of one participant that are answered at once."""
