"""What is needed to send and check one-time passwords: data of the request's tenant, and the directory's answers."""

from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from litestar.connection import ASGIConnection

from apps.http.context import context
from apps.http.session_cookies import HostCookie
from tenants.accounts.service import market_day
from tenants.authentication.codes import authentication_key, preset_codes
from tenants.authentication.limits import KNOWN_BROWSER_LIFETIME
from tenants.authentication.models import AuthenticationContext
from tenants.authentication.networks import network_hash
from tenants.parties.models import Login, Person, canonical_identifier

KNOWN_BROWSER: Final = HostCookie("known-browser", KNOWN_BROWSER_LIFETIME)
"""The cookie with the marks of earlier sign-ins. It lasts longer than a session and authenticates nobody."""
_CLIENT_ADDRESS: Final = "x-forwarded-for"
"""The proxy replaces this header by the address of the client. The application's socket is for the proxy only."""


async def authentication_context(connection: "ASGIConnection[Any, Any, Any, Any]") -> AuthenticationContext:
    """Return the AuthenticationContext of the request's tenant. Call this while no transaction is open."""
    ctx = context(connection)
    settings = ctx.services.settings
    key = authentication_key(await ctx.services.keyring.subject_key(ctx.tenant))
    return AuthenticationContext(
        key=key,
        brand_name=ctx.tenant.name,
        host=str(urlsplit(ctx.origin).hostname),
        network_hash=network_hash(key, connection.headers.get(_CLIENT_ADDRESS, "")),
        known_browser=KNOWN_BROWSER.value(connection),
        preset_codes={}
        if settings.environment == "production"
        else preset_codes(settings.preset_codes, ctx.tenant.slug),
    )


async def find_login(connection: "ASGIConnection[Any, Any, Any, Any]", identifier: str) -> Login | None:
    """Return the login with this identifier, as a person has typed it. Call this while no transaction is open."""
    ctx = context(connection)
    if ctx.services.directory.is_copy(ctx.tenant):
        await ctx.leave_the_slot()
    return await ctx.services.directory.login_by_identifier(ctx.tenant, canonical_identifier(identifier))


async def refresh_directory_for(connection: "ASGIConnection[Any, Any, Any, Any]", login_id: UUID) -> None:
    """Renew what the directory has of a login, if it is a copy. Call this while no transaction is open.

    The request leaves its place among those that the process works on, because it waits for another server.
    """
    ctx = context(connection)
    if ctx.services.directory.is_copy(ctx.tenant):
        await ctx.leave_the_slot()
        await ctx.services.directory.refresh(ctx.tenant, login_id)


async def find_person(connection: "ASGIConnection[Any, Any, Any, Any]", login_id: UUID) -> Person:
    """Return what the directory says about a login. Call this while no transaction is open."""
    ctx = context(connection)
    return await ctx.services.directory.person(ctx.tenant, login_id, market_day(ctx.now))
