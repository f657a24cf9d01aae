"""The introspection endpoint (RFC 7662; CDS, Introspection endpoint)."""

from typing import Any

from litestar import Request, Response, post

from apps.http.form_fields import MAXIMUM_BODY_BYTES
from apps.identity.answers import json_answer
from apps.identity.callers import authenticated, infosec, verified_assertion
from apps.identity.forms import read_form
from tenants.grants.introspection import introspect
from tenants.oauth.endpoints import INTROSPECT
from tenants.oauth.errors import InvalidRequest


@post(INTROSPECT, status_code=200, request_max_body_size=MAXIMUM_BODY_BYTES)
async def token_introspection(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Tell a client the state of its refresh token."""
    ctx = infosec(request, "introspection")
    form = await read_form(request)
    assertion = await verified_assertion(ctx, form, INTROSPECT)
    async with authenticated(ctx, assertion) as (tx, client):
        if "token" not in form:
            raise InvalidRequest("token is missing")
        state = await introspect(tx, client, form["token"], ctx.now)
    return json_answer(state)
