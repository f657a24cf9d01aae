"""The rules that decide whether a request with an access token is permitted.

Each rule is written once. The endpoints list the rules in the order in which they check them: `apps.resources.steps`
for the data APIs, `apps.identity.userinfo` for UserInfo, `apps.identity.registration` for registration management.
"""

from datetime import datetime
from hmac import compare_digest

import msgspec

from tenants.grants.errors import ConsentExpired, ConsentInvalid, ConsentRevoked, RecipientNotActive
from tenants.grants.models import AccessToken
from tenants.oauth.errors import InsufficientScope, InvalidToken


class TokenUse(msgspec.Struct, frozen=True, kw_only=True):
    """An access token, and what the rules need to know about the request that carries it."""

    token: AccessToken
    certificate_thumbprint: bytes
    """SHA-256 of the client certificate of the request's connection."""
    scope: str
    """The scope value that the endpoint needs."""
    now: datetime


def has_not_expired(use: TokenUse) -> None:
    """The access token has not expired (RFC 6750 3.1; CDS, Token Expiry)."""
    if use.now >= use.token.expires_at:
        raise InvalidToken("the access token has expired")


def is_bound_to_the_certificate(use: TokenUse) -> None:
    """The token is bound to the client certificate of this request (RFC 8705 3; FAPI 1.0 Advanced 6.2.1-1)."""
    if not compare_digest(use.token.certificate_thumbprint, use.certificate_thumbprint):
        raise InvalidToken("the access token is bound to another client certificate")


def is_not_revoked(use: TokenUse) -> None:
    """The access token was not revoked, and its client was not removed (RFC 6750 3.1).

    For a token that was revoked because its arrangement ended, `consent_is_in_force` raises a more exact error.
    """
    token = use.token
    if token.client_removed_at is not None or (token.revoked_at is not None and token.arrangement_ended_at is None):
        raise InvalidToken("the access token was revoked")


def has_the_scope(use: TokenUse) -> None:
    """The token carries the scope value that the endpoint needs (RFC 6750 3.1; CDS, Authorisation Scopes)."""
    if use.scope not in use.token.scopes:
        raise InsufficientScope(use.scope)


def recipient_is_active(use: TokenUse) -> None:
    """The data recipient and its software product are active (CDS, Participant Statuses)."""
    token = use.token
    if not token.duties.disclose:
        status = token.recipient_status if token.recipient_status != "ACTIVE" else token.product_status
        raise RecipientNotActive(status)


def was_issued_for_a_consumer(use: TokenUse) -> None:
    """The token was issued under an arrangement that has become active (CDS, Authorisation/InvalidConsent)."""
    if use.token.arrangement_id is None:
        raise ConsentInvalid("the access token was not issued under an arrangement")
    if use.token.arrangement_active_at is None:
        raise ConsentInvalid("the arrangement is not active yet")


def consent_is_in_force(use: TokenUse) -> None:
    """The arrangement has not ended, and its sharing duration is not over (CDS, Authorisation/RevokedConsent)."""
    if use.token.arrangement_ended_at is not None:
        raise ConsentRevoked("the arrangement has ended")
    if use.token.sharing_ends_at is None or use.now >= use.token.sharing_ends_at:
        raise ConsentExpired("the sharing duration is over")


def consent_was_not_amended(use: TokenUse) -> None:
    """The authorisation of the token was not replaced by an amendment (CDS, Amending Consent)."""
    if not use.token.is_authorisation_in_force:
        raise InvalidToken("the authorisation of the access token was amended")
