"""What is needed to send and check one-time passwords: data of the request's tenant, and the directory's answers."""

from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection

from apps.http.context import context
from tenants.accounts.service import market_day
from tenants.authentication.codes import authentication_key, preset_codes
from tenants.authentication.models import AuthenticationContext
from tenants.parties.models import Login, Person, canonical_identifier


async def authentication_context(connection: "ASGIConnection[Any, Any, Any, Any]") -> AuthenticationContext:
    """Return the AuthenticationContext of the request's tenant. Call this while no transaction is open."""
    ctx = context(connection)
    settings = ctx.services.settings
    return AuthenticationContext(
        key=authentication_key(await ctx.services.keyring.subject_key(ctx.tenant)),
        brand_name=ctx.tenant.name,
        preset_codes={}
        if settings.environment == "production"
        else preset_codes(settings.preset_codes, ctx.tenant.slug),
    )


async def find_login(connection: "ASGIConnection[Any, Any, Any, Any]", identifier: str) -> Login | None:
    """Return the login with this identifier, as a person has typed it. Call this while no transaction is open."""
    ctx = context(connection)
    return await ctx.services.directory.login_by_identifier(ctx.tenant, canonical_identifier(identifier))


async def find_person(connection: "ASGIConnection[Any, Any, Any, Any]", login_id: UUID) -> Person:
    """Return what the directory says about a login. Call this while no transaction is open."""
    ctx = context(connection)
    return await ctx.services.directory.person(ctx.tenant, login_id, market_day(ctx.now))
