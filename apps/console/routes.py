"""The routes of the console. Nobody can sign in yet, because the sign-in with an OpenID provider does not exist."""

from typing import Any, Final

from litestar import Request, Response, post, route

from apps.http.context import any_context
from apps.http.form_encoding import MAXIMUM_BODY_BYTES
from apps.http.page_forms import form_token, read_form
from apps.http.pages import SEE_OTHER, page, redirect
from apps.http.read_methods import READ_METHODS
from apps.http.session_cookies import SessionCookie
from tenants.operators import sessions
from tenants.registry.names import console_namespace

COOKIE: Final = SessionCookie("console", sessions.OPERATOR_SESSIONS.lifetime)

_Request = Request[Any, Any, Any]


@route("/", http_method=READ_METHODS)
async def show_start(request: _Request) -> Response[str]:
    """Say whom these pages are for, and who has signed in."""
    ctx, secret = any_context(request), COOKIE.secret(request)
    operator = None
    if secret:
        async with ctx.services.database.transaction(console_namespace(ctx.services.settings)) as tx:
            operator = await sessions.signed_in_operator(tx, secret, ctx.now)
    return page(request, "console/start", person=operator, form_token=form_token(secret))


@post("/sign-out", status_code=SEE_OTHER, request_max_body_size=MAXIMUM_BODY_BYTES)
async def sign_out(request: _Request) -> Response[None]:
    """End the session."""
    ctx, secret = any_context(request), COOKIE.secret(request)
    await read_form(request, secret)
    async with ctx.services.database.transaction(console_namespace(ctx.services.settings)) as tx:
        await sessions.sign_out(tx, secret, ctx.now)
    return COOKIE.delete(redirect("/"))
