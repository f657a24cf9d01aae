"""Authorisation attempts: storing the pushed request, rejecting it, and issuing the code.

The consent flow itself is in `tenants.consent.flow`.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from haas.database import Transaction
from haas.digest import digest
from tenants.arrangements import service as arrangements
from tenants.arrangements import store as arrangement_store
from tenants.arrangements.models import NewAuthorisation
from tenants.attempts import store
from tenants.attempts.errors import AttemptAtWrongStage
from tenants.attempts.models import Attempt, AuthorisationRequest
from tenants.attempts.state import outcome_of_rejection
from tenants.clients.models import Client
from tenants.oauth.claims import ACR_2
from tenants.oauth.errors import (
    InvalidRequest,
    InvalidRequestUri,
    LoginRequired,
    OAuthError,
    UnauthorizedClient,
    UnmetAuthenticationRequirements,
)
from tenants.tokens.lifetimes import ACCESS_TOKEN_LIFETIME, AUTHORIZATION_CODE_LIFETIME

REQUEST_URI_LIFETIME: Final = timedelta(seconds=90)
"""The maximum: "The Request URI MUST expire between 10 seconds and 90 seconds" (CDS, Request Object)."""
REQUEST_URI_PREFIX: Final = "urn:ietf:params:oauth:request_uri:"


def require_active_recipient(client: Client) -> None:
    """Raise UnauthorizedClient unless the recipient and its software product are active (CDS, Participant Statuses)."""
    if not client.duties.authorise:
        raise UnauthorizedClient(
            "the data recipient or its software product is not active",
            detail=f"{client.recipient_status}/{client.product_status}",
        )


async def require_amendable_arrangement(
    tx: Transaction, client: Client, request: AuthorisationRequest, now: datetime
) -> None:
    """Raise InvalidRequest unless `cdr_arrangement_id` is an active arrangement of the client.

    Do nothing if the request has no `cdr_arrangement_id` (CDS, Request Object Submission).
    """
    if request.cdr_arrangement_id is None:
        return
    arrangement = await arrangement_store.by_id(tx, request.cdr_arrangement_id)
    if arrangement is None or arrangement.recipient.client_id != client.client_id or arrangement.state(now) != "active":
        raise InvalidRequest("claims.cdr_arrangement_id is not an active arrangement of this client")


async def push(tx: Transaction, request: AuthorisationRequest, now: datetime) -> tuple[str, int]:
    """Store a checked request as a new attempt. Return its request_uri and the lifetime of the request_uri in seconds.

    Only the hash of the request_uri is stored.
    """
    request_uri = REQUEST_URI_PREFIX + secrets.token_urlsafe(32)
    await store.insert_attempt(
        tx,
        uuid4(),
        request,
        request_uri_hash=digest(request_uri),
        expires_at=now + REQUEST_URI_LIFETIME,
        now=now,
    )
    return request_uri, int(REQUEST_URI_LIFETIME.total_seconds())


async def by_request_uri(tx: Transaction, client: Client, request_uri: str) -> Attempt:
    """Return the attempt of a request_uri. Its row is locked until the transaction ends. Raise InvalidRequestUri."""
    attempt = await store.by_request_uri(tx, client.client_id, digest(request_uri))
    if attempt is None:
        raise InvalidRequestUri("the request_uri is unknown or was issued to another client")
    return attempt


def require_unused_request_uri(attempt: Attempt) -> None:
    """Raise InvalidRequestUri if a person has already sent an identifier for the request, or cancelled it.

    "Data Holders MUST reject the reuse of request_uri values" (CDS, Request Object Submission).
    """
    if attempt.browser_hash is not None or attempt.request_uri_used_at is not None:
        raise InvalidRequestUri("the request_uri was used before")


def require_unexpired_request_uri(attempt: Attempt, now: datetime) -> None:
    """Raise InvalidRequestUri if the request_uri has expired (CDS, Request Object Submission)."""
    if now >= attempt.request_expires_at:
        raise InvalidRequestUri("the request_uri has expired")


def may_redirect(client: Client, request: AuthorisationRequest) -> bool:
    """Return whether the client is still registered for the redirect_uri of a request that it pushed."""
    return request.redirect_uri in client.registration.redirect_uris


def immediate_error(client: Client, request: AuthorisationRequest) -> OAuthError | None:
    """Return the error with which the request ends before any page is shown, or None if the flow can start."""
    try:
        require_active_recipient(client)
    except UnauthorizedClient as error:
        return error
    if request.prompt_none:
        return LoginRequired("every authorisation requires the person to sign in")
    if not request.acr_is_reachable:
        # OIDC Core 5.5.1.1: an essential acr that cannot be reached is a failed authentication.
        return UnmetAuthenticationRequirements("none of the essential acr values can be reached")
    return None


async def record_immediate_error(tx: Transaction, attempt: Attempt, error: OAuthError, now: datetime) -> None:
    """Store that an attempt ended with its immediate error. Its request_uri is not used by that.

    A link scanner that visits the request_uri first must not keep the error from the browser of the person.
    """
    if attempt.stage != "rejected":
        await store.end(tx, attempt.id, "rejected", "refused", now=now, error=error.error)


async def record_visit(tx: Transaction, attempt: Attempt, now: datetime) -> None:
    """Store when a browser first came with the request_uri: with it the flow begins (CDS, Get Metrics).

    A visit changes nothing else, so that a link scanner that comes first does not keep the person from the flow.
    """
    if attempt.visited_at is None:
        await store.set_columns(tx, attempt.id, visited_at=now)


async def mark_request_uri_used(tx: Transaction, attempt: Attempt, now: datetime) -> None:
    """Mark the request_uri of an attempt as used, because the person has authenticated or cancelled.

    "Data Holders MUST reject the reuse of request_uri values" (CDS, Request Object Submission).
    """
    if attempt.request_uri_used_at is None:
        await store.set_columns(tx, attempt.id, request_uri_used_at=now)


async def reject(
    tx: Transaction,
    attempt: Attempt,
    error: OAuthError,
    now: datetime,
    *,
    denied_by_person: bool = False,
    authenticated: bool = False,
) -> None:
    """End an attempt with an OAuth error, which the caller sends to the client. See `state.outcome_of_rejection`."""
    outcome = outcome_of_rejection(attempt, denied_by_person=denied_by_person, authenticated=authenticated)
    used_at = attempt.request_uri_used_at or now
    await store.end(tx, attempt.id, "rejected", outcome, now=now, error=error.error, request_uri_used_at=used_at)


async def issue_code(
    tx: Transaction,
    attempt: Attempt,
    client: Client,
    now: datetime,
    *,
    code: str | None = None,
    shown: dict[str, Any] | None = None,
) -> str:
    """Store the authorisation of the person and return the code for it. The code can be used once, within one minute.

    If `code` is None, a random code is generated. A caller that must return the same code for a form that is submitted
    twice passes a secret of 256 bits as `code`. `shown` is the content of the review page, which is stored too.

    The attempt contains the login, the time of authentication, and the chosen accounts. A request with a
    cdr_arrangement_id amends that arrangement; any other request creates a new one. The authorisation takes effect when
    the code is exchanged. Raise AttemptAtWrongStage, UnauthorizedClient, ArrangementNotFound or ArrangementEnded.
    """
    if attempt.stage != "preAuthorisation" or attempt.client_id != client.client_id:
        raise AttemptAtWrongStage(f"attempt {attempt.id} is at stage {attempt.stage}")
    if attempt.login_id is None or attempt.customer_id is None or attempt.authenticated_at is None:
        raise AttemptAtWrongStage(f"nobody has authenticated for attempt {attempt.id}")
    require_active_recipient(client)
    request = attempt.request
    new = NewAuthorisation(
        login_id=attempt.login_id,
        scopes=request.scopes,
        claims=request.claims,
        sharing_duration=request.sharing_duration,
        acr=ACR_2,
        authenticated_at=attempt.authenticated_at,
        expires_at=now
        + (
            timedelta(seconds=request.sharing_duration)
            if request.sharing_duration
            else AUTHORIZATION_CODE_LIFETIME + ACCESS_TOKEN_LIFETIME
        ),
        accounts=attempt.accounts or (),
        shown=shown,
    )
    arrangement_id = request.cdr_arrangement_id
    if arrangement_id is None:
        arrangement_id, authorisation_id = await arrangements.create(
            tx,
            client_id=client.client_id,
            customer_id=attempt.customer_id,
            new=new,
            now=now,
        )
    else:
        authorisation_id = await arrangements.amend(
            tx, arrangement_id, client_id=client.client_id, customer_id=attempt.customer_id, new=new, now=now
        )
    code = code or secrets.token_urlsafe(32)
    await store.set_stage(
        tx,
        attempt.id,
        "preTokenExchange",
        now=now,
        arrangement_id=arrangement_id,
        authorisation_id=authorisation_id,
        code_hash=digest(code),
        code_expires_at=now + AUTHORIZATION_CODE_LIFETIME,
        request_uri_used_at=attempt.request_uri_used_at or now,
    )
    return code


async def set_shown_digest(tx: Transaction, attempt: Attempt, shown_digest: bytes) -> None:
    """Store the digest of the content of the review page, so that a form that is sent twice is recognised."""
    await store.set_columns(tx, attempt.id, shown_digest=shown_digest)
