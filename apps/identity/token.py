"""The token endpoint (RFC 6749 3.2; OIDC Core 3.1.3; CDS, Token endpoint)."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from litestar import Response, post

from apps.http.call import HttpRequest, in_transaction, respond
from apps.http.form_encoding import MAXIMUM_BODY_BYTES
from apps.http.json_responses import json_response
from apps.identity.client_authentication import (
    AUTHENTICATE_THE_CLIENT,
    ClientCall,
    client_is_within_the_traffic_thresholds,
    mark_the_assertion_as_used,
)
from haas.steps import Step, run
from tenants.grants import authorization_code, client_credentials, refresh
from tenants.grants.authorization_code import CodeExchange
from tenants.grants.models import TokenResponse
from tenants.grants.refresh import TokenRefresh
from tenants.grants.token_request import TokenRequest
from tenants.grants.token_response import token_response
from tenants.oauth.endpoints import TOKEN
from tenants.oauth.errors import InvalidClient, InvalidRequest, UnauthorizedClient, UnsupportedGrantType


class Grant(NamedTuple):
    """A grant type: the class of its state, and its steps."""

    state: type[TokenRequest]
    steps: tuple[Step[Any], ...]


GRANTS: Final[Mapping[str, Grant]] = {
    "authorization_code": Grant(CodeExchange, authorization_code.STEPS),
    "refresh_token": Grant(TokenRefresh, refresh.STEPS),
    "client_credentials": Grant(TokenRequest, client_credentials.STEPS),
}
"""The grants by `grant_type`. `run_the_steps_of_the_grant` runs their steps."""


class TokenCall(ClientCall):
    """The state of a token request."""

    grant: Grant
    token_request: TokenRequest
    token_response: TokenResponse


def grant_type_is_supported(call: TokenCall) -> None:
    """`grant_type` is present and supported (RFC 6749 5.2)."""
    if "grant_type" not in call.parameters:
        raise InvalidRequest("grant_type is missing")
    grant = GRANTS.get(call.parameters["grant_type"])
    if grant is None:
        raise UnsupportedGrantType("grant_type is not supported")
    call.grant = grant


def register_authenticates_here(call: TokenCall) -> None:
    """The Register gets an access token only if the brand agreed on that (CDS, CDR Register calling Data Holders).

    Otherwise it signs a JWT itself for each call of an admin operation.
    """
    if call.client.kind == "register" and call.context.tenant.settings.register_authentication != "private-key-jwt":
        raise UnauthorizedClient("this brand accepts a self-signed JWT of the Register at the admin operations")


async def load_the_tenants_keys(call: TokenCall) -> None:
    """The keys for the ID token are read before anything is recorded: a code that was used cannot be sent again."""
    await call.context.services.keyring.subject_key(call.context.tenant)


async def run_the_steps_of_the_grant(call: TokenCall) -> None:
    """The steps of the grant check the request and issue tokens, bound to the client certificate (RFC 8705 3)."""
    ctx = call.context
    if ctx.certificate is None:
        raise InvalidClient("a client certificate is required")
    call.token_request = call.grant.state(
        call.tx, ctx.tenant, call.client, call.parameters, thumbprint=ctx.certificate.thumbprint, now=ctx.now
    )
    await run(call.grant.steps, call.token_request)


async def sign_the_id_token(call: TokenCall) -> None:
    """After the commit, an ID token is signed if a consumer has authorised (OIDC Core 3.1.3.3)."""
    ctx, issued = call.context, call.token_request.issued
    call.token_response = await token_response(ctx.services.keyring, ctx.tenant, issued, ctx.now)
    ctx.arrangement_id = issued.arrangement_id
    ctx.token_issued = issued.arrangement_id is not None  # only a token for a consumer counts as a session (CDS)


def respond_with_the_tokens(call: TokenCall) -> None:
    """The response is 200 and must not be cached (RFC 6749 5.1)."""
    call.response = json_response(call.token_response)


STEPS: Final[tuple[Step[TokenCall], ...]] = (
    *AUTHENTICATE_THE_CLIENT,
    load_the_tenants_keys,
    in_transaction(
        mark_the_assertion_as_used,
        register_authenticates_here,
        client_is_within_the_traffic_thresholds,
        grant_type_is_supported,
        run_the_steps_of_the_grant,
    ),
    sign_the_id_token,
    respond_with_the_tokens,
)


@post(TOKEN, status_code=200, request_max_body_size=MAXIMUM_BODY_BYTES)
async def token(request: HttpRequest) -> Response[bytes]:
    """Issue tokens for a grant."""
    return await respond(STEPS, TokenCall(request, "token", TOKEN))
