"""The UserInfo endpoint (OIDC Core 5.3; CDS, UserInfo endpoint).

In order: the access token (`tenants.grants.access.CHECKS`), then `tenants.grants.userinfo.CHECKS`.
"""

from typing import Any

from litestar import HttpMethod, Request, Response, route

from apps.identity.answers import json_answer
from apps.identity.callers import bearer, infosec
from tenants.grants import userinfo
from tenants.oauth.endpoints import USERINFO


@route(USERINFO, http_method=[HttpMethod.GET, HttpMethod.POST], status_code=200)
async def user_info(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Tell a recipient who authorised, as far as that was authorised."""
    ctx = infosec(request, "userinfo")
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        token = await bearer(request, ctx, tx)
        claims = await userinfo.person(tx, token)
    return json_answer(await userinfo.answer(ctx.services.keyring, ctx.tenant, token, claims))
