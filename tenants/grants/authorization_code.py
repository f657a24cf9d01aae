"""Exchanging a code for tokens (RFC 6749 4.1.3; OIDC Core 3.1.3; RFC 7636 4.6; CDS, Tokens)."""

import hmac
import re
from contextlib import suppress
from typing import Final

from haas.digest import digest
from haas.jose import s256
from haas.steps import Step
from tenants.arrangements import service as arrangements
from tenants.arrangements.errors import ArrangementEnded, AuthorisationSuperseded
from tenants.arrangements.models import Authorisation
from tenants.attempts import store as attempts
from tenants.attempts.service import may_redirect, require_active_recipient
from tenants.attempts.store import IssuedCode
from tenants.grants.models import Authentication, IssuedTokens
from tenants.grants.token_request import TokenRequest
from tenants.holders import service as holders
from tenants.holders.receipts import confirm_authorisation
from tenants.joint_accounts import approvals
from tenants.oauth import scopes
from tenants.oauth.errors import InvalidGrant, InvalidRequest, InvalidScope
from tenants.tokens import issue
from tenants.tokens.lifetimes import ACCESS_TOKEN_LIFETIME

_VERIFIER: Final = re.compile(r"[A-Za-z0-9\-._~]{43,128}\Z")


class CodeExchange(TokenRequest):
    """The state of a request that exchanges a code."""

    code: IssuedCode
    scope: str
    """The scope of the access token."""
    authorisation: Authorisation


async def code_was_issued_to_the_client(exchange: CodeExchange) -> None:
    """`code` is present and was issued to this client; its row is locked (RFC 6749 5.2).

    The error for another client's code is the same as for an unknown code.
    """
    if not exchange.parameters.get("code"):
        raise InvalidRequest("code is missing")
    code = await attempts.by_code(exchange.tx, digest(exchange.parameters["code"]))
    if code is None or code.attempt.client_id != exchange.client.client_id:
        raise InvalidGrant("the code is unknown or was issued to another client")
    exchange.code = code


async def code_was_not_used_before(exchange: CodeExchange) -> None:
    """The code was not used before. A second use ends the arrangement and revokes all tokens issued for it.

    "MUST deny the request and SHOULD revoke (when possible) all tokens previously issued based on that authorization
    code" (RFC 6749 4.1.2; CDS, Access Token).
    """
    if exchange.code.used_at is None:
        return
    arrangement_id = exchange.code.attempt.arrangement_id
    if arrangement_id is not None:
        with suppress(ArrangementEnded):
            await arrangements.end(
                exchange.tx,
                arrangement_id,
                by="replay",
                reason="a code was used twice",
                tell=holders.tell_of_end(exchange.tenant),
                now=exchange.now,
            )
    raise InvalidGrant("the code was used before")


def code_has_not_expired(exchange: CodeExchange) -> None:
    """The code is not older than one minute (RFC 6749 4.1.2)."""
    if exchange.now >= exchange.code.expires_at:
        raise InvalidGrant("the code has expired")


def redirect_uri_is_the_same(exchange: CodeExchange) -> None:
    """`redirect_uri` is present and equals the redirect_uri of the authorisation request (RFC 6749 4.1.3)."""
    if exchange.parameters.get("redirect_uri") != exchange.code.attempt.request.redirect_uri:
        raise InvalidGrant("redirect_uri is not the one of the authorisation request")


def redirect_uri_is_still_registered(exchange: CodeExchange) -> None:
    """The client has not removed the redirect_uri from its registration since the code was issued (RFC 6749 10.6).

    A code that was sent to an address which the client no longer vouches for may be in the hands of somebody else.
    """
    if not may_redirect(exchange.client, exchange.code.attempt.request):
        raise InvalidGrant("redirect_uri is no longer one of the client's registered redirect_uris")


def code_verifier_matches_the_challenge(exchange: CodeExchange) -> None:
    """The S256 hash of `code_verifier` is the code challenge of the authorisation request (RFC 7636 4.6)."""
    verifier = exchange.parameters.get("code_verifier", "")
    if not _VERIFIER.match(verifier):
        raise InvalidGrant("code_verifier is missing or malformed")
    if not hmac.compare_digest(s256(verifier), exchange.code.attempt.request.code_challenge):
        raise InvalidGrant("code_verifier does not match the code_challenge")


def recipient_may_be_authorised(exchange: CodeExchange) -> None:
    """The data recipient and its software product are active (CDS, Participant Statuses)."""
    require_active_recipient(exchange.client)


def client_is_registered_for_a_scope(exchange: CodeExchange) -> None:
    """Scopes that the client has removed from its registration are ignored, and one remains (CDS, SSA Definition)."""
    exchange.scope = exchange.client.registration.usable_scopes(scopes.join(exchange.code.attempt.request.scopes))
    if not exchange.scope:
        raise InvalidScope("the client is no longer registered for any scope of the request")


async def put_the_authorisation_in_force(exchange: CodeExchange) -> None:
    """The authorisation takes effect. Tokens of the previous one are revoked (CDS, Specifying an existing arrangement).

    A once-off authorisation ends when its only access token expires.
    """
    attempt, now = exchange.code.attempt, exchange.now
    if attempt.arrangement_id is None or attempt.authorisation_id is None or attempt.login_id is None:
        raise AssertionError("a code is issued together with its arrangement")
    once_off = attempt.request.sharing_duration == 0
    try:
        exchange.authorisation = await arrangements.put_in_force(
            exchange.tx,
            attempt.arrangement_id,
            attempt.authorisation_id,
            login_id=attempt.login_id,
            expires_at=now + ACCESS_TOKEN_LIFETIME if once_off else None,
            now=now,
        )
    except ArrangementEnded as error:
        raise InvalidGrant("the arrangement ended before its code was exchanged") from error
    except AuthorisationSuperseded as error:
        raise InvalidGrant("the code of a later authorisation of the same arrangement was already exchanged") from error


async def begin_the_approvals(exchange: CodeExchange) -> None:
    """Accounts with the option co-approval wait for the other holders (CDR Rules 4A.10). Removed approvals stay so."""
    amends = exchange.code.attempt.request.cdr_arrangement_id is not None
    await approvals.begin(exchange.tx, exchange.authorisation.id, amends=amends, now=exchange.now)


async def tell_the_other_holders(exchange: CodeExchange) -> None:
    """The other holders of the accounts are told of the authorisation, or asked to approve it (CDR Rules 4A.14(1))."""
    await holders.tell_of_authorisation(exchange.tx, exchange.tenant, exchange.authorisation.id, exchange.now)


async def send_the_receipt(exchange: CodeExchange) -> None:
    """Who authorised gets a receipt, if the brand has chosen that. It is no duty (CX guidelines, receipts)."""
    await confirm_authorisation(exchange.tx, exchange.tenant, exchange.authorisation.id, exchange.now)


async def mark_the_code_as_used(exchange: CodeExchange) -> None:
    """The code is marked as used and cannot be exchanged again; the attempt is completed (RFC 6749 4.1.2)."""
    now = exchange.now
    await attempts.end(exchange.tx, exchange.code.attempt.id, "completed", "completed", now=now, code_used_at=now)


async def issue_tokens(exchange: CodeExchange) -> None:
    """An access token and, unless the authorisation is once-off, a refresh token are issued (CDS, Tokens)."""
    attempt, client, authorisation = exchange.code.attempt, exchange.client, exchange.authorisation
    requested = attempt.request
    if attempt.arrangement_id is None or attempt.customer_id is None:
        raise AssertionError("a code is issued together with its arrangement")
    refresh_token = None
    if requested.sharing_duration and "refresh_token" in client.registration.grant_types:
        refresh_token = await issue.refresh_token(
            exchange.tx,
            client_id=client.client_id,
            scope=scopes.join(requested.scopes),
            arrangement_id=attempt.arrangement_id,
            authorisation_id=authorisation.id,
            expires_at=authorisation.expires_at,
            now=exchange.now,
        )
    access_token = await issue.access_token(
        exchange.tx,
        client_id=client.client_id,
        scope=exchange.scope,
        thumbprint=exchange.thumbprint,
        arrangement_id=attempt.arrangement_id,
        authorisation_id=authorisation.id,
        now=exchange.now,
    )
    exchange.issued = IssuedTokens(
        client=client,
        access_token=access_token,
        scope=exchange.scope,
        refresh_token=refresh_token,
        arrangement_id=attempt.arrangement_id,
        authentication=Authentication(
            customer_id=attempt.customer_id,
            acr=authorisation.acr,
            authenticated_at=authorisation.authenticated_at,
            nonce=requested.nonce,
        ),
    )


STEPS: Final[tuple[Step[CodeExchange], ...]] = (
    code_was_issued_to_the_client,
    code_was_not_used_before,
    code_has_not_expired,
    redirect_uri_is_the_same,
    redirect_uri_is_still_registered,
    code_verifier_matches_the_challenge,
    recipient_may_be_authorised,
    client_is_registered_for_a_scope,
    put_the_authorisation_in_force,
    begin_the_approvals,
    tell_the_other_holders,
    send_the_receipt,
    mark_the_code_as_used,
    issue_tokens,
)
