"""Authorisation attempts that are not stored."""

from datetime import UTC, datetime
from uuid import UUID

from tenants.attempts.models import Attempt, AuthorisationRequest, Stage

AT = datetime(2026, 11, 27, 10, tzinfo=UTC)


def attempt_at(stage: Stage) -> Attempt:
    """Return an attempt at a stage."""
    request = AuthorisationRequest(
        client_id="client",
        redirect_uri="https://recipient.test/callback",
        scopes=("openid",),
        nonce="nonce",
        response_mode="jwt",
        code_challenge="challenge",
    )
    return Attempt(
        id=UUID(int=1),
        client_id="client",
        request=request,
        stage=stage,
        stage_at=AT,
        created_at=AT,
        request_expires_at=AT,
        request_uri_used_at=None,
        browser_hash=None,
        challenge_id=None,
        login_id=None,
        customer_id=None,
        authenticated_at=None,
        acr=None,
        claimed_as=None,
        shown_digest=None,
        accounts=None,
        arrangement_id=None,
        authorisation_id=None,
        error=None,
    )
