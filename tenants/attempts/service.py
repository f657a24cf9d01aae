"""An attempt from the pushed request to its code. The pages in between are `tenants.consent.flow`."""

import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from haas.database import Transaction
from haas.digest import digest
from tenants.arrangements import service as arrangements
from tenants.arrangements import store as arrangement_store
from tenants.arrangements.models import NewAuthorisation
from tenants.attempts import store
from tenants.attempts.errors import AttemptAtWrongStage
from tenants.attempts.models import Attempt, AuthorisationRequest
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
"""The longest there is: "The Request URI MUST expire between 10 seconds and 90 seconds" (CDS, Request Object)."""
REQUEST_URI_PREFIX: Final = "urn:ietf:params:oauth:request_uri:"


def require_active_recipient(client: Client) -> None:
    """Raise UnauthorizedClient unless recipient and product are active (CDS, Participant Statuses)."""
    if not client.duties.authorise:
        raise UnauthorizedClient(
            "the data recipient or its software product is not active",
            detail=f"{client.recipient_status}/{client.product_status}",
        )


async def require_amendable_arrangement(
    tx: Transaction, client: Client, request: AuthorisationRequest, now: datetime
) -> None:
    """Raise InvalidRequest unless the arrangement that the request names is an active one of the client.

    A request without a `cdr_arrangement_id` passes (CDS, Request Object Submission).
    """
    if request.cdr_arrangement_id is None:
        return
    arrangement = await arrangement_store.by_id(tx, request.cdr_arrangement_id)
    if arrangement is None or arrangement.recipient.client_id != client.client_id or arrangement.state(now) != "active":
        raise InvalidRequest("claims.cdr_arrangement_id is not an active arrangement of this client")


async def push(tx: Transaction, request: AuthorisationRequest, now: datetime) -> tuple[str, int]:
    """Store a checked request as a new attempt; return its request_uri and the lifetime of that in seconds.

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
    """Return the attempt of a request_uri, its row locked until the transaction ends. Raises InvalidRequestUri."""
    attempt = await store.by_request_uri(tx, client.client_id, digest(request_uri))
    if attempt is None:
        raise InvalidRequestUri("the request_uri is unknown or another client's")
    return attempt


def require_unused_request_uri(attempt: Attempt) -> None:
    """Raise InvalidRequestUri once a person has authenticated or cancelled.

    "Data Holders MUST reject the reuse of request_uri values" (CDS, Request Object Submission).
    """
    if attempt.request_spent_at is not None:
        raise InvalidRequestUri("the request_uri was used before")


def require_unexpired_request_uri(attempt: Attempt, now: datetime) -> None:
    """Raise InvalidRequestUri after 90 seconds (CDS, Request Object Submission)."""
    if now >= attempt.request_expires_at:
        raise InvalidRequestUri("the request_uri has expired")


def immediate_error(client: Client, request: AuthorisationRequest) -> OAuthError | None:
    """Return why no page may be shown for the request, as the error for the client; None where pages may be shown."""
    try:
        require_active_recipient(client)
    except UnauthorizedClient as error:
        return error
    if request.prompt_none:
        return LoginRequired("every authorisation needs the person to sign in")
    if not request.acr_is_reachable:
        # OIDC Core 5.5.1.1: an essential acr that cannot be reached is a failed authentication.
        return UnmetAuthenticationRequirements("an essential acr cannot be reached")
    return None


async def start_flow(tx: Transaction, attempt: Attempt, *, browser_hash: bytes, now: datetime) -> None:
    """Start the pages of an attempt for the browser whose flow cookie has this hash.

    Each visit before the person has authenticated starts the pages again, and takes them from the browser that had
    them. The pages may go on after the request_uri has expired.
    """
    await store.set_stage(
        tx,
        attempt.id,
        "preIdentification",
        now=now,
        browser_hash=browser_hash,
        challenge_id=None,
        login_id=None,
        customer_id=None,
        authenticated_at=None,
        accounts=None,
    )


async def mark_request_uri_used(tx: Transaction, attempt: Attempt, now: datetime) -> None:
    """Consume the attempt's request_uri: the person has authenticated or cancelled.

    "Data Holders MUST reject the reuse of request_uri values" (CDS, Request Object Submission).
    """
    if attempt.request_spent_at is None:
        await store.set_columns(tx, attempt.id, request_spent_at=now)


async def reject(tx: Transaction, attempt: Attempt, error: OAuthError, now: datetime) -> None:
    """End an attempt with an OAuth error; answer the client with `response.build`."""
    await store.set_stage(
        tx, attempt.id, "rejected", now=now, error=error.error, request_spent_at=attempt.request_spent_at or now
    )


async def issue_code(
    tx: Transaction, attempt: Attempt, client: Client, now: datetime, *, code: str | None = None
) -> str:
    """Record what the person has authorised, and return the code for it, which lives for a minute and serves once.

    `code` is a secret of 256 bits that the caller can make again for a form that is sent twice; without one a random
    code is made.

    The attempt says who authenticated, when, and which accounts they chose. A request that names an arrangement amends
    it; any other makes a new one. Either takes effect when the code is exchanged. Raises AttemptOutOfOrder,
    UnauthorizedClient, ArrangementNotFound and ArrangementEnded.
    """
    if attempt.stage != "preAuthorisation" or attempt.client_id != client.client_id:
        raise AttemptAtWrongStage(f"attempt {attempt.id} is at {attempt.stage}")
    if attempt.login_id is None or attempt.customer_id is None or attempt.authenticated_at is None:
        raise AttemptAtWrongStage(f"attempt {attempt.id} has nobody who authenticated")
    require_active_recipient(client)
    request = attempt.request
    new = NewAuthorisation(
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
    )
    arrangement_id = request.cdr_arrangement_id
    if arrangement_id is None:
        arrangement_id, authorisation_id = await arrangements.create(
            tx,
            client_id=client.client_id,
            customer_id=attempt.customer_id,
            login_id=attempt.login_id,
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
        request_spent_at=attempt.request_spent_at or now,
    )
    return code
