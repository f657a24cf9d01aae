"""The tenant's authentication desk, put together for a request."""

from typing import Any

from litestar.connection import ASGIConnection

from apps.http.context import context
from tenants.authentication.codes import authentication_key, pinned_codes
from tenants.authentication.models import Desk


async def desk(connection: "ASGIConnection[Any, Any, Any, Any]") -> Desk:
    """Return what authentication needs of the request's tenant. Call it with no transaction open."""
    ctx = context(connection)
    settings = ctx.services.settings
    return Desk(
        key=authentication_key(await ctx.services.keyring.subject_key(ctx.tenant)),
        brand_name=ctx.tenant.name,
        pins={} if settings.environment == "production" else pinned_codes(settings.pinned_codes, ctx.tenant.slug),
    )
