"""Signing in with the link of a message instead of its code (decision 0058).

Opening the link changes nothing, so that programs which open the links of messages do no harm. The page that it shows
has a button. Only the browser that asked for the message can use it.
"""

from typing import Any, Final

from litestar import Request, Response, get, post

from apps.dashboard.browser import COOKIE, FORM_OPTIONS, PAGE_OPTIONS, ask_for_challenged_person
from apps.dashboard.return_page import RETURN_TO
from apps.dashboard.sign_in import LINK, LINK_TOKEN, VERIFY, return_to, show_after_sign_in, to_form
from apps.http.authentication import authentication_context, refresh_directory_for
from apps.http.context import context
from apps.http.page_forms import form_token, read_form
from apps.http.pages import page
from tenants.authentication import sessions
from tenants.authentication.errors import CodeRefused, IdentifierLocked

READY: Final = "ready"
"""The button of the page signs in."""
NOT_NEWEST: Final = "not-newest"
"""The link is not complete, or another message was sent after it, or its code cannot be used any more."""
ELSEWHERE: Final = "elsewhere"
"""This browser has not asked for a message."""

_Request = Request[Any, Any, Any]


@get(LINK, **PAGE_OPTIONS)
async def show_link(request: _Request) -> Response[str]:
    """Ask whether to sign in, or say where the link can be used."""
    ctx, secret = context(request), COOKIE.secret(request)
    token = request.query_params.get(LINK_TOKEN, "")
    authentication = await authentication_context(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        asked = await sessions.pending_challenge(tx, secret, ctx.now) is not None
        right = await sessions.is_link_right(tx, secret, token, context=authentication, now=ctx.now)
    state = READY if right else NOT_NEWEST if asked else ELSEWHERE
    return page(
        request,
        "dashboard/link",
        form_token=form_token(secret),
        state=state,
        token=token if right else "",
        return_to=return_to(request),
    )


@post(LINK, **FORM_OPTIONS)
async def sign_in_by_link(request: _Request) -> Response[None]:
    """Sign in."""
    ctx, secret = context(request), COOKIE.secret(request)
    form = await read_form(request, secret)
    token, to = form.single_value(LINK_TOKEN), form.single_value(RETURN_TO)
    authentication = await authentication_context(request)
    person = await ask_for_challenged_person(request)
    if ctx.services.directory.is_copy(ctx.tenant):
        async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
            right = await sessions.is_link_right(tx, secret, token, context=authentication, now=ctx.now)
        if right and person.login is not None:
            await refresh_directory_for(request, person.login_id)
            person = await ask_for_challenged_person(request)
    try:
        async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
            signed_in = await sessions.sign_in_by_link(
                tx, secret, token, person=person, context=authentication, now=ctx.now
            )
    except CodeRefused as refused:
        return to_form(VERIFY, to, problem=f"code-{refused.reason}")
    except IdentifierLocked:
        return to_form(VERIFY, to, problem="code-locked")
    return show_after_sign_in(request, signed_in, to)
