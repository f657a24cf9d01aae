"""Who may call the admin operations: the CDR Register only (CDS, CDR Register calling Data Holders).

The brand has agreed with the Register on one of two ways to authenticate. `register_authentication` of its settings
says which: with an access token of this server, or with a JWT that the Register signs itself.
"""

from collections.abc import Awaitable
from typing import Final

from apps.http.request_headers import bearer_token
from apps.resources.call import CdsCall
from haas.digest import digest
from haas.steps import Step, run
from tenants.clients import authentication
from tenants.clients.authentication import ASSERTION_TYPE, ClientCredentials, DecodedAssertion, VerifiedAssertion
from tenants.clients.cdr_register import CLIENT_ID
from tenants.grants import access_token_rules, store
from tenants.grants.access_token_rules import TokenUse
from tenants.oauth.errors import InvalidClient, InvalidToken, TokenMissing


class RegisterCall(CdsCall):
    """The state of a call of an admin operation. Attributes without an initial value are set by steps."""

    secret: str
    """What the request has as its bearer token: an access token, or a JWT of the Register."""
    body: bytes = b""
    assertion: VerifiedAssertion | None = None
    """The JWT of the Register, if the brand has agreed on it."""
    use: TokenUse | None = None
    """The access token of the Register, if the brand has agreed on that."""

    @property
    def signs_itself(self) -> bool:
        """Whether the Register authenticates with a JWT that it signs itself."""
        return self.context.tenant.settings.register_authentication == "self-signed-jwt"


def has_a_bearer_token(call: RegisterCall) -> None:
    """The Authorization header contains a bearer token (RFC 6750 2.1)."""
    token = bearer_token(call.headers)
    if token is None:
        raise TokenMissing("no bearer token in the Authorization header")
    call.secret = token


async def receive_the_body(call: RegisterCall) -> None:
    """The body of a POST request is received, but not parsed. No transaction is open while the body arrives."""
    if call.endpoint.method == "POST":
        call.body = await call.request.body()


def self_signed_jwt_is_authentic(call: RegisterCall) -> Awaitable[None] | None:
    """If the brand has agreed on self-signed JWTs, the token is one of the Register (CDS, Self-signed JWT).

    `iss` and `sub` are cdr-register, `aud` is the AdminBaseUri of the brand, `exp` and `jti` are present, and a key of
    the Register's JWKS verifies the signature.
    """
    return _verify(call) if call.signs_itself else None


async def _verify(call: RegisterCall) -> None:
    ctx = call.context
    credentials = ClientCredentials(client_assertion_type=ASSERTION_TYPE, client_assertion=call.secret)
    try:
        decoded = authentication.decode_assertion(credentials, frozenset((ctx.tenant.secure_base,)), ctx.now)
        await run((*authentication.CHECKS, _names_the_register), decoded)
        call.assertion = await ctx.services.authenticator.verify_signature(ctx.tenant, decoded)
    except InvalidClient as error:
        raise _as_invalid_token(error) from error


async def self_signed_jwt_was_not_used(call: RegisterCall) -> None:
    """The `jti` of a self-signed JWT was not used. It is marked as used, even if a later step refuses the call."""
    if call.assertion is None:
        return
    try:
        call.context.client_id = (await authentication.mark_as_used(call.tx, call.assertion)).client_id
    except InvalidClient as error:
        raise _as_invalid_token(error) from error


async def access_token_is_in_force(call: RegisterCall) -> None:
    """Otherwise the token is an access token for this certificate, which is in force (RFC 6750 3.1; RFC 8705 3)."""
    if call.signs_itself:
        return
    token = await store.load_access_token(call.tx, digest(call.secret))
    if token is None:
        raise InvalidToken("the access token is unknown")
    ctx = call.context
    ctx.client_id, ctx.arrangement_id = token.client_id, token.arrangement_id
    call.use = TokenUse(
        token=token,
        certificate_thumbprint=ctx.certificate.thumbprint if ctx.certificate else b"",
        scope=call.endpoint.scope or "",
        now=ctx.now,
    )
    rules = access_token_rules
    await run((rules.has_not_expired, rules.is_bound_to_the_certificate, rules.is_not_revoked), call.use)


def access_token_is_for_this_operation(call: RegisterCall) -> None:
    """An access token carries the scope of the operation, which only the Register can get: otherwise the status is 403.

    So the token of a data recipient opens no admin operation.
    """
    if call.use is None:
        return
    access_token_rules.has_the_scope(call.use)
    if call.use.token.client_id != CLIENT_ID:
        raise InvalidToken("the access token was not issued to the Register")


def _names_the_register(presented: DecodedAssertion) -> None:
    if presented.claims.get("sub") != CLIENT_ID:
        raise InvalidClient(f"iss and sub must be {CLIENT_ID}")


def _as_invalid_token(error: InvalidClient) -> InvalidToken:
    """Return the error of a bearer token for that of a client assertion (RFC 6750 3.1)."""
    return InvalidToken(error.description, detail=error.detail)


BEFORE_THE_TRANSACTION: Final[tuple[Step[RegisterCall], ...]] = (
    has_a_bearer_token,
    receive_the_body,
    self_signed_jwt_is_authentic,
)
IN_THE_TRANSACTION: Final[tuple[Step[RegisterCall], ...]] = (
    self_signed_jwt_was_not_used,
    access_token_is_in_force,
    access_token_is_for_this_operation,
)
