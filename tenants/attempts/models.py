"""Authorisation attempts and the requests that they were made for."""

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
"""Where the person sees the consent flow: in a browser, or in the retailer's app."""
FLOW_STAGES: Final[frozenset[Stage]] = frozenset(
    ("preIdentification", "preAuthentication", "preAccountSelection", "preAuthorisation")
)
"""The stages in which a person is in the consent flow."""


class AuthorisationRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The parameters of a pushed authorisation request, after all checks. They are stored with the attempt."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None = None
    nonce: str
    response_mode: str
    code_challenge: str
    sharing_duration: int = 0
    """Seconds, at most one year; 0 for a once-off authorisation, without a refresh token."""
    cdr_arrangement_id: UUID | None = None
    """The arrangement that the request amends."""
    essential_acr: tuple[str, ...] | None = None
    """The client requires one of these levels of assurance; None if it requires none."""
    prompt_none: bool = False
    """Whether the client requests that no page is shown (OIDC Core 3.1.2.1)."""
    claims: dict[str, Any] = {}
    """The `claims` parameter of the request (OIDC Core 5.5)."""

    @property
    def acr_is_reachable(self) -> bool:
        """Whether authentication by a one-time password reaches a level of assurance that the client requires."""
        return self.essential_acr is None or any(acr in ACR_VALUES for acr in self.essential_acr)


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An authorisation attempt, as stored."""

    id: UUID
    client_id: str
    request: AuthorisationRequest
    stage: Stage
    stage_at: datetime
    created_at: datetime
    request_expires_at: datetime
    request_uri_used_at: datetime | None
    """When the request_uri was used, that is, when the person authenticated or cancelled."""
    visited_at: datetime | None = None
    """When a browser first came with the request_uri."""
    browser_hash: bytes | None
    """SHA-256 of the secret that the browser has as a cookie. None until a browser sends an identifier or cancels."""
    challenge_id: UUID | None
    login_id: UUID | None
    customer_id: UUID | None
    authenticated_at: datetime | None
    acr: str | None
    """The level of assurance of the person's authentication."""
    claimed_as: ClaimedAs | None
    """Where the person sees the flow."""
    shown_digest: bytes | None
    """SHA-256 of the content of the review page."""
    accounts: tuple[UUID, ...] | None
    arrangement_id: UUID | None
    authorisation_id: UUID | None
    error: str | None
    """The OAuth error code with which the attempt ended."""

    @property
    def in_flow(self) -> bool:
        """Whether the attempt is at a stage in which a person is in the consent flow."""
        return self.stage in FLOW_STAGES
