"""The data of the request's tenant that is needed to send and check one-time passwords."""

from typing import Any

from litestar.connection import ASGIConnection

from apps.http.context import context
from tenants.authentication.codes import authentication_key, pinned_codes
from tenants.authentication.models import AuthenticationContext


async def authentication_context(connection: "ASGIConnection[Any, Any, Any, Any]") -> AuthenticationContext:
    """Return the AuthenticationContext of the request's tenant. Call this while no transaction is open."""
    ctx = context(connection)
    settings = ctx.services.settings
    return AuthenticationContext(
        directory=ctx.services.directory,
        key=authentication_key(await ctx.services.keyring.subject_key(ctx.tenant)),
        brand_name=ctx.tenant.name,
        pinned_codes={}
        if settings.environment == "production"
        else pinned_codes(settings.pinned_codes, ctx.tenant.slug),
    )
