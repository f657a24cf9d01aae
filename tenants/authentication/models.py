"""Challenges (one-time passwords that were sent), and sessions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from tenants.authentication.limits import TRIES_PER_CODE

CodePurpose = Literal["authorisation", "dashboard"]


class AuthenticationContext(msgspec.Struct, frozen=True, kw_only=True):
    """The tenant's values that authentication needs: its key, its brand name, and the sandbox's preset codes."""

    key: bytes
    brand_name: str
    host: str
    """The host on which the person enters the code, without its port."""
    network_hash: bytes
    """The network from which the request came (`networks.network_hash`)."""
    known_browser: str = ""
    """The value of the browser's cookie with the marks of earlier sign-ins (`known_browsers`)."""
    sign_in_link: str = ""
    """The address to which the token of a link is appended (`links`). Empty: the message has no link."""
    preset_codes: Mapping[str, str] = {}
    """Preset codes by canonical identifier, for tests. Empty in production."""

    def __repr__(self) -> str:
        """Return a text without the key."""
        return f"AuthenticationContext(brand_name={self.brand_name!r})"


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a one-time password. An identifier without a login gets one too, to hide that there is no login."""

    id: UUID
    login_id: UUID | None
    identifier_hash: bytes
    purpose: CodePurpose
    code_hash: bytes
    created_at: datetime
    expires_at: datetime
    failures: int = 0
    tries: int = TRIES_PER_CODE
    """How many answers it accepts altogether. While the tenant is under attack, there are fewer for strangers."""
    answered_at: datetime | None = None
    network_hash: bytes | None = None
    """The network from which the code was asked for."""
    is_known_browser: bool = False
    """Whether the browser that asked for the code has signed in with the same identifier before."""
    attempt_id: UUID | None = None
    """The attempt whose consent flow the code is for. None: it is for the dashboard."""

    @property
    def tries_left(self) -> int:
        """How many more answers the challenge accepts."""
        return max(0, self.tries - self.failures)

    def can_be_answered(self, now: datetime) -> bool:
        """Return whether the challenge can still be answered."""
        return self.answered_at is None and self.tries_left > 0 and now < self.expires_at


CodeState = Literal["open", "expired", "spent", "locked"]


class CodeStatus(NamedTuple):
    """What a person can do with the code that was sent last, for a page that says so.

    - open: the code can be entered.
    - expired: its lifetime is over. A new code can be sent.
    - spent: it had too many wrong answers. A new code can be sent.
    - locked: no code is accepted, or none is sent to replace one that is over.
    """

    state: CodeState
    locked_until: datetime | None = None
    """Until when it is locked. In the state `open`, until when no new code is sent; None if one can be sent."""


class SharingFlow(NamedTuple):
    """The consent flow that a code is for."""

    attempt_id: UUID
    recipient: str
    """The name of the software product that asks for the data."""


class ChallengeSummary(msgspec.Struct, frozen=True):
    """The result of an earlier challenge for the same identifier, or from the same network."""

    created_at: datetime
    failures: int
    answered: bool


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A browser's session: of a customer at the dashboard, or of a member of the staff.

    `challenge_id` and `login_id` are None for staff, `staff_id` is None for customers. Before the sign-in, both
    `login_id` and `staff_id` are None.
    """

    challenge_id: UUID | None
    login_id: UUID | None
    staff_id: UUID | None
    created_at: datetime
    seen_at: datetime
