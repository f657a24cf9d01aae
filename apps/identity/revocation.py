"""The token revocation endpoint (RFC 7009; CDS, Token Revocation endpoint). A suspended tenant keeps it."""

from typing import Any

from litestar import Request, Response, post

from apps.http.form_fields import MAXIMUM_BODY_BYTES
from apps.http.suspension import SERVES_SUSPENDED
from apps.identity.answers import NO_STORE
from apps.identity.callers import authenticated, infosec, verified_assertion
from apps.identity.forms import read_form
from tenants.grants.revocation import revoke
from tenants.oauth.endpoints import REVOKE
from tenants.oauth.errors import InvalidRequest


@post(REVOKE, status_code=200, request_max_body_size=MAXIMUM_BODY_BYTES, opt={SERVES_SUSPENDED: True})
async def token_revocation(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Revoke a token of the client."""
    ctx = infosec(request, "revocation")
    form = await read_form(request)
    assertion = await verified_assertion(ctx, form, REVOKE)
    async with authenticated(ctx, assertion) as (tx, client):
        if "token" not in form:
            raise InvalidRequest("token is missing")
        await revoke(tx, client, form["token"], ctx.now)
    return Response(b"", status_code=200, headers=NO_STORE)
