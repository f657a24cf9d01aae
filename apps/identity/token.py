"""The token endpoint (RFC 6749 3.2; OIDC Core 3.1.3; CDS, Token endpoint).

In order: the form, the client's assertion (`tenants.clients.authentication.CHECKS`), the grant type, and what that
grant asks for: `tenants.grants.authorization_code`, `tenants.grants.refresh`, `tenants.grants.client_credentials`.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar import Request, Response, post

from apps.http.context import RequestContext
from apps.http.form_fields import MAXIMUM_BODY_BYTES
from apps.identity.answers import json_answer
from apps.identity.callers import authenticated, infosec, thumbprint, verified_assertion
from apps.identity.forms import Form, read_form
from haas.database import Transaction
from tenants.clients.models import Client
from tenants.grants import authorization_code, client_credentials, id_token, refresh
from tenants.grants.authorization_code import CodeRequest
from tenants.grants.models import Grant
from tenants.oauth.endpoints import TOKEN
from tenants.oauth.errors import InvalidRequest, UnsupportedGrantType


async def _authorization_code(ctx: RequestContext, tx: Transaction, client: Client, form: Form) -> Grant:
    request = CodeRequest(
        code=form.get("code"), redirect_uri=form.get("redirect_uri"), code_verifier=form.get("code_verifier")
    )
    return await authorization_code.exchange(tx, client, request, thumbprint=thumbprint(ctx), now=ctx.now)


async def _refresh_token(ctx: RequestContext, tx: Transaction, client: Client, form: Form) -> Grant:
    return await refresh.refresh(
        tx, client, form.get("refresh_token"), form.get("scope"), thumbprint=thumbprint(ctx), now=ctx.now
    )


async def _client_credentials(ctx: RequestContext, tx: Transaction, client: Client, form: Form) -> Grant:
    return await client_credentials.grant(tx, client, form.get("scope"), thumbprint=thumbprint(ctx), now=ctx.now)


GRANTS: Final[dict[str, Callable[[RequestContext, Transaction, Client, Form], Awaitable[Grant]]]] = {
    "authorization_code": _authorization_code,
    "refresh_token": _refresh_token,
    "client_credentials": _client_credentials,
}


@post(TOKEN, status_code=200, request_max_body_size=MAXIMUM_BODY_BYTES)
async def token(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Issue tokens for a grant."""
    ctx = infosec(request, "token")
    form = await read_form(request)
    assertion = await verified_assertion(ctx, form, TOKEN)
    async with authenticated(ctx, assertion) as (tx, client):
        grant = await _granting(form)(ctx, tx, client, form)
    ctx.arrangement_id = grant.arrangement_id
    answer = await id_token.answer(ctx.services.keyring, ctx.tenant, grant, ctx.now)
    ctx.token_issued = grant.arrangement_id is not None  # a session (CDS, Definitions) is a consumer's
    return json_answer(answer)


def _granting(form: Form) -> Callable[[RequestContext, Transaction, Client, Form], Awaitable[Grant]]:
    """`grant_type` is there and one of ours (RFC 6749 5.2)."""
    if "grant_type" not in form:
        raise InvalidRequest("grant_type is missing")
    grant = GRANTS.get(form["grant_type"])
    if grant is None:
        raise UnsupportedGrantType("grant_type is not supported")
    return grant
