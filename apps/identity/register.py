"""Dynamic client registration endpoints (CDS, DCR APIs; RFC 7591, RFC 7592).

Registering, in order: the body, the software statement (`tenants.registration.software_statement.CHECKS`), the
request (`…request.CHECKS`), the sector, and one live client for a software product. Managing: the access token
(`tenants.grants.access.CHECKS`), its scope and its client, then for an update the same again.
"""

from typing import Any, Final

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath

from apps.http.context import RequestContext
from apps.http.form_fields import MAXIMUM_BODY_BYTES
from apps.identity.answers import NO_STORE, json_answer
from apps.identity.callers import bearer, infosec
from haas.clock import epoch
from haas.database import Transaction
from tenants.clients import store as clients
from tenants.clients.models import Client
from tenants.grants.models import AccessToken
from tenants.oauth import scopes
from tenants.oauth.endpoints import REGISTER
from tenants.oauth.errors import AccessDenied, InsufficientScope, InvalidRequest, InvalidToken
from tenants.registration import service as registrations

_JWT: Final = "application/jwt"
_CLIENT: Final = REGISTER + "/{client_id:str}"
_Request = Request[Any, Any, Any]


@post(REGISTER, status_code=201, request_max_body_size=MAXIMUM_BODY_BYTES)
async def post_client_registration(request: _Request) -> Response[bytes]:
    """Register a software product."""
    ctx = infosec(request, "postClientRegistration", authenticated=False)
    examined = await ctx.services.registrar.examine(ctx.tenant, await _jwt(request), ctx.now)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        client = await registrations.register(tx, examined, ctx.now)
    return _registration(client, status=201)


@get(_CLIENT)
async def get_client_registration(request: _Request, client_id: FromPath[str]) -> Response[bytes]:
    """Show a client its registration."""
    ctx = infosec(request, "getClientRegistration")
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        client = await _managed(request, ctx, tx, client_id)
    return _registration(client)


@put(_CLIENT, request_max_body_size=MAXIMUM_BODY_BYTES)
async def put_client_registration(request: _Request, client_id: FromPath[str]) -> Response[bytes]:
    """Replace a client's registration."""
    ctx = infosec(request, "putClientRegistration")
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        client = await _managed(request, ctx, tx, client_id)
    examined = await ctx.services.registrar.examine(ctx.tenant, await _jwt(request), ctx.now)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        updated = await registrations.update(tx, client, examined, ctx.now)
    return _registration(updated)


@delete(_CLIENT)
async def delete_client_registration(request: _Request, client_id: FromPath[str]) -> Response[None]:
    """End a client's registration, and what was shared under it."""
    ctx = infosec(request, "deleteClientRegistration")
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        client = await _managed(request, ctx, tx, client_id)
        await registrations.remove(tx, client.client_id, by="recipient", now=ctx.now)
    return Response(None, status_code=204, headers=NO_STORE)


async def _managed(request: _Request, ctx: RequestContext, tx: Transaction, client_id: str) -> Client:
    """Return the client that manages itself; "validate that the scope includes cdr:registration" (CDS, DCR)."""
    token = await bearer(request, ctx, tx)
    _is_for_registration(token)
    client = await clients.load(tx, client_id)
    if client is None:
        raise InvalidToken("the client is unknown")  # 401, "unknown or invalid Client" (CDS, DCR APIs)
    if token.client_id != client_id:
        raise AccessDenied("the access token is another client's")
    return client


def _is_for_registration(token: AccessToken) -> None:
    """The token carries `cdr:registration`, which only client credentials give (CDS, Registration Management)."""
    if scopes.REGISTRATION not in token.scopes:
        raise InsufficientScope("the access token does not carry cdr:registration")


async def _jwt(request: _Request) -> str:
    """Return the body, which is a JWT "using the application/jwt content type" (CDS, Registration Request)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JWT:
        raise InvalidRequest(f"the content type must be {_JWT}")
    try:
        return (await request.body()).decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise InvalidRequest("the body is not a JWT") from error


def _registration(client: Client, *, status: int = 200) -> Response[bytes]:
    """Answer with "all registered metadata about this client" (RFC 7591 3.2.1; CDS, Registration Response)."""
    issued = {"client_id": client.client_id, "client_id_issued_at": epoch(client.created_at)}
    return json_answer({**issued, **msgspec.to_builtins(client.registration)}, status=status)
