"""Who calls what: a client by its assertion, or the holder of an access token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Request

from apps.http.context import RequestContext, context
from apps.http.request_headers import bearer_token, fields
from apps.identity.forms import Form
from haas.database import Transaction
from tenants.clients.authentication import Assertion, Credentials, claim
from tenants.clients.models import Client
from tenants.grants import access
from tenants.grants.models import AccessToken
from tenants.oauth.endpoints import audiences
from tenants.oauth.errors import InvalidClient, InvalidToken, TokenMissing


def infosec(request: Request[Any, Any, Any], operation: str, *, authenticated: bool = True) -> RequestContext:
    """Return the context of a call, named for its record. All InfoSec endpoints are of one tier (CDS, Performance)."""
    ctx = context(request)
    ctx.operation, ctx.tier, ctx.authenticated = operation, "highPriority", authenticated
    return ctx


async def verified_assertion(ctx: RequestContext, form: Form, path: str) -> Assertion:
    """Return the verified client assertion of a request to the endpoint at `path`. Raises InvalidClient.

    "Data Recipients calling Data Holders" (CDS, Client Authentication); it is not spent yet: see `authenticated`.
    """
    credentials = Credentials(
        client_id=form.get("client_id"),
        client_assertion_type=form.get("client_assertion_type"),
        client_assertion=form.get("client_assertion"),
    )
    return await ctx.services.authenticator.verify(ctx.tenant, credentials, audiences(ctx.tenant, path), ctx.now)


@asynccontextmanager
async def authenticated(ctx: RequestContext, assertion: Assertion) -> AsyncIterator[tuple[Transaction, Client]]:
    """Spend the assertion and give the transaction with its client; a refusal within it keeps the assertion spent."""
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        client = await claim(tx, assertion)
        ctx.client_id = client.client_id
        yield tx, client


def thumbprint(ctx: RequestContext) -> bytes:
    """Return the SHA-256 thumbprint of the client certificate (RFC 8705 3.1); mutual TLS is required (CDS)."""
    if ctx.certificate is None:
        raise InvalidClient("a client certificate is required")
    return ctx.certificate.thumbprint


async def bearer(request: Request[Any, Any, Any], ctx: RequestContext, tx: Transaction) -> AccessToken:
    """Return the access token of a request, bound to the certificate it came with (RFC 6750 2.1; RFC 8705 3).

    Raises TokenMissing and InvalidToken.
    """
    headers = fields(request.scope["headers"])
    if not headers.get("authorization"):
        raise TokenMissing("an access token is required")
    token = bearer_token(headers)
    if token is None:
        raise InvalidToken("the Authorization header carries no bearer token")
    found = await access.verify(tx, token, thumbprint=thumbprint(ctx), now=ctx.now)
    ctx.client_id, ctx.arrangement_id = found.client_id, found.arrangement_id
    return found
