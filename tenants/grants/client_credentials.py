"""Tokens for the client itself (RFC 6749 4.4; CDS, Client Registration and Client Authentication)."""

from typing import Final

from haas.steps import Step
from tenants.grants.models import IssuedTokens
from tenants.grants.token_request import TokenRequest
from tenants.oauth import scopes
from tenants.oauth.errors import InvalidScope, UnauthorizedClient
from tenants.tokens import issue


def client_is_registered_for_the_grant(request: TokenRequest) -> None:
    """`client_credentials` is among the registered grant types (RFC 6749 4.4; RFC 7591 2)."""
    if "client_credentials" not in request.client.registration.grant_types:
        raise UnauthorizedClient("the client is not registered for the client_credentials grant")


def scope_is_for_the_client_itself(request: TokenRequest) -> None:
    """A software product requests only `cdr:registration`, and the CDR Register the scope of one admin operation.

    The Register must give "the scope of the endpoint" (CDS, CDR Register calling Data Holders). Neither is combined
    with a data scope: "these scopes MUST never be included in the same access token as a CDR Data scope" (CDS,
    Authorisation Scopes).
    """
    client = request.client
    allowed = scopes.ADMIN_SCOPES if client.kind == "register" else (scopes.REGISTRATION,)
    requested = scopes.split(request.parameters.get("scope", ""))
    if not requested:
        raise InvalidScope(f"scope is required: {scopes.join(allowed)}")
    registered = client.registration.scopes
    if any(value not in allowed or value not in registered for value in requested):
        raise InvalidScope("scope contains a value that this client cannot request with client_credentials")
    if client.kind == "register" and len(requested) > 1:
        raise InvalidScope("scope must be that of one operation")


async def issue_an_access_token(request: TokenRequest) -> None:
    """An access token is issued, bound to the client certificate (RFC 8705 3)."""
    scope = scopes.join(scopes.split(request.parameters["scope"]))
    access_token = await issue.access_token(
        request.tx, client_id=request.client.client_id, scope=scope, thumbprint=request.thumbprint, now=request.now
    )
    request.issued = IssuedTokens(client=request.client, access_token=access_token, scope=scope)


STEPS: Final[tuple[Step[TokenRequest], ...]] = (
    client_is_registered_for_the_grant,
    scope_is_for_the_client_itself,
    issue_an_access_token,
)
