"""The tokens that a grant issues, and the tokens that a request carries with their client and arrangement."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from tenants.accounts.models import RefusalReason
from tenants.clients.models import Client
from tenants.oauth import scopes
from tenants.register.duties import Duties, ProductStatus, RecipientStatus, duties


class Authentication(msgspec.Struct, frozen=True, kw_only=True):
    """Who authenticated, when, and with which level of assurance: the content of an ID token."""

    customer_id: UUID
    acr: str
    authenticated_at: datetime
    nonce: str | None = None
    """Only in the first ID token of an authorisation (OIDC Core 12.2)."""


class IssuedTokens(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens that a grant has issued, before the ID token is signed."""

    client: Client
    access_token: str
    scope: str
    refresh_token: str | None = None
    arrangement_id: UUID | None = None
    authentication: Authentication | None = None


class TokenResponse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A successful response of the token endpoint (RFC 6749 5.1; OIDC Core 3.1.3.3; CDS, CDR Arrangement ID)."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str
    refresh_token: str | None = None
    id_token: str | None = None
    cdr_arrangement_id: str | None = None


class RefreshToken(msgspec.Struct, frozen=True, kw_only=True):
    """A refresh token with its arrangement and authorisation."""

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
        """Return whether the refresh token can be used at `now`."""
        return self.revoked_at is None and self.arrangement_ended_at is None and now < self.expires_at


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """An access token with its client, arrangement and authorisation, as they are stored.

    `tenants.grants.access_token_rules` checks whether it may be used.
    """

    client_id: str
    software_id: str
    recipient_status: RecipientStatus
    product_status: ProductStatus
    client_removed_at: datetime | None
    scope: str
    certificate_thumbprint: bytes
    """SHA-256 of the certificate under which the token was issued (RFC 8705 3.1)."""
    expires_at: datetime
    revoked_at: datetime | None
    # None for the client_credentials grant: such a token was issued to the client itself, not for a consumer.
    arrangement_id: UUID | None
    customer_id: UUID | None
    login_id: UUID | None
    """The login of the person who authorised the arrangement."""
    arrangement_active_at: datetime | None
    arrangement_ended_at: datetime | None
    sharing_ends_at: datetime | None
    is_authorisation_in_force: bool | None
    """False once an amendment has replaced the authorisation that the token was issued for."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scope values that the token carries."""
        return scopes.split(self.scope)

    @property
    def duties(self) -> Duties:
        """What the data holder must do for the client now (CDS, Participant Statuses)."""
        return duties(self.recipient_status, self.product_status)


class ConsumerToken(AccessToken, frozen=True, kw_only=True):
    """An access token with what decides whether data of its consumer may be disclosed (`consumer_rules`)."""

    refusal: RefusalReason | None
    """Why the holder refuses all data of the customer, or all data to the recipient, now."""
    is_customer_eligible: bool
    """Whether the customer is an eligible consumer today (`tenants.accounts.disclosure_rule.makes_eligible`)."""


class UserInfoToken(ConsumerToken, frozen=True, kw_only=True):
    """An access token with the additional values that UserInfo needs."""

    sector_identifier_uri: str | None
    claims: dict[str, Any] | None
    """The `claims` parameter that the consumer authorised (OIDC Core 5.5)."""
