"""One-time passwords and dashboard sessions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import msgspec

from tenants.parties.directory import Directory

CodePurpose = Literal["authorisation", "dashboard"]

CODE_DIGITS: Final = 6
"""CDS, One Time Password Credential Requirements: "numeric digits and be between 4 and 6 digits in length"."""
CODE_LIFETIME: Final = timedelta(minutes=10)
TRIES_PER_CODE: Final = 5
LIMIT_WINDOW: Final = timedelta(hours=1)
WRONG_ANSWERS_PER_WINDOW: Final = 10
UNANSWERED_CODES_PER_WINDOW: Final = 20
"""More codes than this are not sent within the window to somebody who answers none of them."""
TENANT_CODES_PER_WINDOW: Final = 20_000
"""More codes than this are not sent within the window for one tenant, whoever asks: far above any brand's busiest hour,
and the end of what somebody can have sent who goes through identifiers from many addresses."""

SESSION_IDLE_LIMIT: Final = timedelta(minutes=15)
SESSION_LIFETIME: Final = timedelta(hours=1)


class AuthenticationContext(msgspec.Struct, frozen=True, kw_only=True):
    """What one-time passwords need of the tenant: its key, its name for messages, and the sandbox's pinned codes."""

    directory: Directory
    key: bytes
    brand_name: str
    pinned_codes: Mapping[str, str] = {}
    """Canonical identifier to code; empty in production."""

    def __repr__(self) -> str:
        """Name the brand without its key."""
        return f"AuthenticationContext(brand_name={self.brand_name!r})"


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time password that was asked for: the same from outside whether or not there is anybody to answer it."""

    id: UUID
    login_id: UUID | None
    identifier_hash: bytes
    purpose: CodePurpose
    code_hash: bytes
    created_at: datetime
    expires_at: datetime
    failures: int = 0
    answered_at: datetime | None = None

    @property
    def tries_left(self) -> int:
        """How many more answers it takes."""
        return max(0, TRIES_PER_CODE - self.failures)

    def can_be_answered(self, now: datetime) -> bool:
        """Whether it can still be answered."""
        return self.answered_at is None and self.tries_left > 0 and now < self.expires_at


class ChallengeSummary(msgspec.Struct, frozen=True):
    """What became of an earlier challenge of the same identifier."""

    created_at: datetime
    failures: int
    answered: bool


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A browser at the dashboard: before sign-in it has a challenge at most, afterwards a login."""

    challenge_id: UUID | None
    login_id: UUID | None
    created_at: datetime
    seen_at: datetime
