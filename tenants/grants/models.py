"""What is issued, and what a presented token stands for."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from tenants.clients.models import Client
from tenants.oauth import scopes
from tenants.register.duties import Duties


class Authentication(msgspec.Struct, frozen=True, kw_only=True):
    """Who authenticated, when and how well: what an ID token says."""

    customer_id: UUID
    acr: str
    authenticated_at: datetime
    nonce: str | None = None
    """Only with the first ID token of an authorisation (OIDC Core 12.2)."""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens that a request earned, before its ID token is signed."""

    client: Client
    access_token: str
    scope: str
    refresh_token: str | None = None
    arrangement_id: UUID | None = None
    authentication: Authentication | None = None


class TokenResponse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A successful answer of the token endpoint (RFC 6749 5.1; OIDC Core 3.1.3.3; CDS, CDR Arrangement ID)."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str
    refresh_token: str | None = None
    id_token: str | None = None
    cdr_arrangement_id: str | None = None


class RefreshToken(msgspec.Struct, frozen=True, kw_only=True):
    """A refresh token that was presented, with what it stands for."""

    client_id: str
    arrangement_id: UUID
    authorisation_id: UUID
    customer_id: UUID
    scope: str
    expires_at: datetime
    revoked_at: datetime | None
    arrangement_ended_at: datetime | None
    acr: str
    authenticated_at: datetime

    def is_active(self, now: datetime) -> bool:
        """Whether it can be used now."""
        return self.revoked_at is None and self.arrangement_ended_at is None and now < self.expires_at


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """An access token that was presented, with what it stands for; `access.verify` has found it good."""

    client_id: str
    software_id: str
    sector: str
    """The pairwise sector of the client: see `tenants.grants.subject`."""
    duties: Duties
    scope: str
    expires_at: datetime
    arrangement_id: UUID | None
    """None for client credentials: such a token speaks for the client alone."""
    authorisation_id: UUID | None
    customer_id: UUID | None
    login_id: UUID | None
    claims: dict[str, Any] | None
    """The `claims` parameter as it was authorised."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that the token carries."""
        return scopes.split(self.scope)
