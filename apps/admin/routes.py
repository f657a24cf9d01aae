"""The routes of the admin host. Nobody can sign in yet, because the sign-in with an OpenID provider does not exist."""

from typing import Any, Final

from litestar import Request, Response, post, route

from apps.http.context import context
from apps.http.form_encoding import MAXIMUM_BODY_BYTES
from apps.http.page_forms import form_token, read_form
from apps.http.pages import SEE_OTHER, page, redirect
from apps.http.read_methods import READ_METHODS
from apps.http.session_cookies import SessionCookie
from tenants.authentication import staff_sessions
from tenants.authentication.limits import STAFF_SESSIONS

COOKIE: Final = SessionCookie("admin", STAFF_SESSIONS.lifetime)

_Request = Request[Any, Any, Any]


@route("/", http_method=READ_METHODS)
async def show_start(request: _Request) -> Response[str]:
    """Say whom these pages are for, and who has signed in."""
    ctx, secret = context(request), COOKIE.secret(request)
    member = None
    if secret:
        async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
            member = await staff_sessions.signed_in_member(tx, secret, ctx.now)
    dashboard_url = f"{ctx.tenant.issuer}/dashboard"
    return page(request, "admin/start", person=member, form_token=form_token(secret), dashboard_url=dashboard_url)


@post("/sign-out", status_code=SEE_OTHER, request_max_body_size=MAXIMUM_BODY_BYTES)
async def sign_out(request: _Request) -> Response[None]:
    """End the session."""
    ctx, secret = context(request), COOKIE.secret(request)
    await read_form(request, secret)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        await staff_sessions.sign_out(tx, secret, ctx.now)
    return COOKIE.delete(redirect("/"))
