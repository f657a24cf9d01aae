"""An authorisation attempt: from the pushed request to the exchanged code, or to wherever it stopped."""

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from tenants.oauth.claims import ACR_VALUES

Stage = Literal[
    "preIdentification",
    "preAuthentication",
    "preAccountSelection",
    "preAuthorisation",
    "preTokenExchange",
    "rejected",
    "failedTokenExchange",
    "completed",
]
ClaimedAs = Literal["browser", "app"]
FLOW_STAGES: Final[frozenset[Stage]] = frozenset(
    ("preIdentification", "preAuthentication", "preAccountSelection", "preAuthorisation")
)
"""The stages in which a person still goes through the pages."""


class AuthorisationRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the client asked for, checked and put in order; kept with the attempt."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None = None
    nonce: str
    response_mode: str
    code_challenge: str
    sharing_duration: int = 0
    """Seconds, at most a year; 0 is once-off, without a refresh token."""
    cdr_arrangement_id: UUID | None = None
    """The arrangement that the request amends."""
    essential_acr: tuple[str, ...] | None = None
    """The levels of assurance of which one is essential; None where none is."""
    prompt_none: bool = False
    """Whether the client asks to show no page (OIDC Core 3.1.2.1)."""
    claims: dict[str, Any] = {}
    """The `claims` parameter as it was asked (OIDC Core 5.5)."""

    @property
    def acr_is_reachable(self) -> bool:
        """Whether what is essential can be reached by identifier and one-time password."""
        return self.essential_acr is None or any(acr in ACR_VALUES for acr in self.essential_acr)


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt as its row says."""

    id: UUID
    client_id: str
    request: AuthorisationRequest
    stage: Stage
    stage_at: datetime
    created_at: datetime
    request_expires_at: datetime
    request_spent_at: datetime | None
    browser_hash: bytes | None
    challenge_id: UUID | None
    login_id: UUID | None
    customer_id: UUID | None
    authenticated_at: datetime | None
    acr: str | None
    """The level of assurance that the person was authenticated at."""
    claimed_as: ClaimedAs | None
    """What goes through the flow."""
    shown_digest: bytes | None
    """SHA-256 of what the review page said."""
    accounts: tuple[UUID, ...] | None
    arrangement_id: UUID | None
    authorisation_id: UUID | None
    error: str | None

    @property
    def in_flow(self) -> bool:
        """Whether a person still goes through the pages."""
        return self.stage in FLOW_STAGES
