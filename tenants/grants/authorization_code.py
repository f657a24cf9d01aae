"""Exchanging a code for tokens (RFC 6749 4.1.3; OIDC Core 3.1.3; RFC 7636 4.6; CDS, Tokens)."""

import hmac
import re
from contextlib import suppress
from datetime import datetime
from typing import Final

import msgspec

from haas.database import Transaction
from haas.digest import digest
from haas.jose import s256
from tenants.arrangements import service as arrangements
from tenants.arrangements.errors import ArrangementEnded, AuthorisationSuperseded
from tenants.attempts import store as attempts
from tenants.attempts.service import may_be_authorised
from tenants.attempts.store import Code
from tenants.clients.models import Client
from tenants.grants.models import Authentication, Grant
from tenants.oauth import scopes
from tenants.oauth.checks import Check, run
from tenants.oauth.errors import InvalidGrant, InvalidRequest
from tenants.tokens import issue
from tenants.tokens.lifetimes import ACCESS_TOKEN

_VERIFIER: Final = re.compile(r"[A-Za-z0-9\-._~]{43,128}\Z")


class CodeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of the grant."""

    code: str | None
    redirect_uri: str | None
    code_verifier: str | None


class _Exchange(msgspec.Struct, frozen=True, kw_only=True):
    code: Code
    request: CodeRequest
    now: datetime


def _has_not_expired(exchange: _Exchange) -> None:
    """A code lives for a minute (RFC 6749 4.1.2)."""
    if exchange.now >= exchange.code.expires_at:
        raise InvalidGrant("the code has expired")


def _names_the_same_place(exchange: _Exchange) -> None:
    """`redirect_uri` is there and the one of the authorisation request (RFC 6749 4.1.3)."""
    if exchange.request.redirect_uri != exchange.code.attempt.request.redirect_uri:
        raise InvalidGrant("redirect_uri is not the one of the authorisation request")


def _answers_the_challenge(exchange: _Exchange) -> None:
    """`code_verifier` is what the S256 challenge was made of (RFC 7636 4.6)."""
    verifier = exchange.request.code_verifier or ""
    if not _VERIFIER.match(verifier):
        raise InvalidGrant("code_verifier is missing or malformed")
    if not hmac.compare_digest(s256(verifier), exchange.code.attempt.request.code_challenge):
        raise InvalidGrant("code_verifier does not match the code_challenge")


CHECKS: Final[tuple[Check[_Exchange], ...]] = (_has_not_expired, _names_the_same_place, _answers_the_challenge)
"""What a code that is the client's and not yet spent must stand up to."""


async def exchange(tx: Transaction, client: Client, request: CodeRequest, *, thumbprint: bytes, now: datetime) -> Grant:
    """Spend a code and put what it stands for in force. Raises an OAuthError."""
    code = await _unspent_code(tx, client, request, now)
    run(CHECKS, _Exchange(code=code, request=request, now=now))
    may_be_authorised(client)
    attempt = code.attempt
    if (
        attempt.arrangement_id is None
        or attempt.authorisation_id is None
        or attempt.customer_id is None
        or attempt.login_id is None
    ):
        raise AssertionError("a code is issued with its arrangement, for somebody")
    requested = attempt.request
    once_off = requested.sharing_duration == 0
    try:
        # The sharing of a once-off ends with its only access token.
        authorisation = await arrangements.put_in_force(
            tx,
            attempt.arrangement_id,
            attempt.authorisation_id,
            login_id=attempt.login_id,
            expires_at=now + ACCESS_TOKEN if once_off else None,
            now=now,
        )
    except ArrangementEnded as error:
        raise InvalidGrant("the arrangement was ended before its code was exchanged") from error
    except AuthorisationSuperseded as error:
        raise InvalidGrant("the code of a later consent to the same arrangement was exchanged before") from error
    await attempts.move(tx, attempt.id, "completed", now=now, code_spent_at=now)
    scope = scopes.join(requested.scopes)
    refresh_token = None
    if not once_off and "refresh_token" in client.registration.grant_types:
        refresh_token = await issue.refresh_token(
            tx,
            client_id=client.client_id,
            scope=scope,
            arrangement_id=attempt.arrangement_id,
            authorisation_id=attempt.authorisation_id,
            expires_at=authorisation.expires_at,
            now=now,
        )
    access_token = await issue.access_token(
        tx,
        client_id=client.client_id,
        scope=scope,
        thumbprint=thumbprint,
        arrangement_id=attempt.arrangement_id,
        authorisation_id=attempt.authorisation_id,
        now=now,
    )
    return Grant(
        client=client,
        access_token=access_token,
        scope=scope,
        refresh_token=refresh_token,
        arrangement_id=attempt.arrangement_id,
        authentication=Authentication(
            customer_id=attempt.customer_id,
            acr=authorisation.acr,
            authenticated_at=authorisation.authenticated_at,
            nonce=requested.nonce,
        ),
    )


async def _unspent_code(tx: Transaction, client: Client, request: CodeRequest, now: datetime) -> Code:
    """Return the client's code, its row locked.

    A code of another client looks like none (RFC 6749 5.2). A code that comes again ends the arrangement that it
    stands for, with all tokens issued from it: "MUST deny the request and SHOULD revoke (when possible) all tokens
    previously issued based on that authorization code" (RFC 6749 4.1.2; CDS, Access Token).
    """
    if not request.code:
        raise InvalidRequest("code is missing")
    code = await attempts.by_code(tx, digest(request.code))
    if code is None or code.attempt.client_id != client.client_id:
        raise InvalidGrant("the code is unknown or another client's")
    if code.spent_at is not None:
        if code.attempt.arrangement_id is not None:
            with suppress(ArrangementEnded):
                await arrangements.end(
                    tx, code.attempt.arrangement_id, by="replay", reason="a code was used twice", now=now
                )
        raise InvalidGrant("the code was used before")
    return code
