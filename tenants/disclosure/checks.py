"""Whether a request may have what it asks for: the checks, in the order in which they are made.

What the caller must not learn from one check is never tested before an earlier one has held.
"""

from collections.abc import Callable
from hmac import compare_digest
from typing import Final

from tenants.disclosure.errors import (
    ConsentInvalid,
    ConsentRevoked,
    InsufficientScope,
    InvalidToken,
    RecipientNotActive,
)
from tenants.disclosure.grant import Grant, Presented
from tenants.register.duties import duties

Check = Callable[[Grant, Presented], None]


def token_has_not_expired(grant: Grant, presented: Presented) -> None:
    """RFC 6750 3.1: an expired token is an invalid token."""
    if presented.now >= grant.expires_at:
        raise InvalidToken("the token has expired")


def certificate_is_that_of_the_token(grant: Grant, presented: Presented) -> None:
    """FAPI 1.0 Advanced 6.2.1-1, RFC 8705 3: the token came over the certificate that it is bound to."""
    if not compare_digest(grant.certificate_thumbprint, presented.certificate_thumbprint):
        raise InvalidToken("the token is bound to another certificate")


def token_is_not_revoked(grant: Grant, _presented: Presented) -> None:
    """RFC 6750 3.1. Of a token that ended with its arrangement, `consent_is_in_force` says so better."""
    if grant.client_removed_at is not None:
        raise InvalidToken("the client's registration was removed")
    if grant.revoked_at is not None and grant.ended_at is None:
        raise InvalidToken("the token was revoked")


def token_has_the_scope(grant: Grant, presented: Presented) -> None:
    """RFC 6750 3.1, CDS, Authorisation Scopes: the operation's scope was granted."""
    if presented.scope not in grant.scopes:
        raise InsufficientScope(presented.scope)


def recipient_is_active(grant: Grant, _presented: Presented) -> None:
    """CDS, Participant Statuses: data is disclosed to active recipients and software products only."""
    if not duties(grant.recipient_status, grant.product_status).disclose:
        status = grant.recipient_status if grant.recipient_status != "ACTIVE" else grant.product_status
        raise RecipientNotActive(status)


def token_speaks_for_a_consumer(grant: Grant, _presented: Presented) -> None:
    """CDS, Authorisation/InvalidConsent: the token was issued under an arrangement, which was taken up."""
    if grant.arrangement_id is None:
        raise ConsentInvalid("the token was not issued under an arrangement")
    if grant.active_at is None:
        raise ConsentInvalid("the arrangement is not active yet")


def consent_is_in_force(grant: Grant, presented: Presented) -> None:
    """CDS, Authorisation/RevokedConsent: the arrangement has neither ended nor reached the end of sharing."""
    if grant.ended_at is not None:
        raise ConsentRevoked("the arrangement has ended")
    if grant.sharing_ends_at is None or presented.now >= grant.sharing_ends_at:
        raise ConsentRevoked("the sharing duration is over")


def consent_was_not_amended(grant: Grant, _presented: Presented) -> None:
    """CDS, Amending Consent: tokens of the authorisation before the amendment give nothing."""
    if not grant.is_authorisation_in_force:
        raise InvalidToken("the token's authorisation was amended")


CHECKS: Final[tuple[Check, ...]] = (
    token_has_not_expired,
    certificate_is_that_of_the_token,
    token_is_not_revoked,
    token_has_the_scope,
    recipient_is_active,
    token_speaks_for_a_consumer,
    consent_is_in_force,
    consent_was_not_amended,
)
"""After the token is known (`service.Disclosure.open`), before the account is looked for (`service.Session`)."""


def may_disclose(grant: Grant, presented: Presented) -> None:
    """Make every check in its order. Raises what the first that does not hold raises."""
    for check in CHECKS:
        check(grant, presented)
