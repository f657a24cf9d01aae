"""Signing in to the dashboard and out of it, and staying signed in. A suspended tenant is served too."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post

from apps.dashboard.browser import (
    COOKIE,
    FORM_OPTIONS,
    PAGE_OPTIONS,
    NotSignedIn,
    ask_for_challenged_person,
    ask_for_person,
    require_session,
)
from apps.dashboard.return_page import DASHBOARD, RETURN_TO, page_name, page_path, with_query
from apps.http.authentication import KNOWN_BROWSER, authentication_context, find_login, refresh_directory_for
from apps.http.code_entry import IDENTIFIER_LOCKED, code_entry, code_values, lock_parameters, locked_until
from apps.http.context import context
from apps.http.page_forms import form_token, read_form
from apps.http.pages import brand_of, page, redirect
from apps.http.typed_identifiers import forget_typed, keep_typed, typed_identifier
from haas.language import gettext, gettext_noop
from haas.sessions import new_secret
from tenants.authentication import sessions
from tenants.authentication.errors import CodeRefused, IdentifierLocked
from tenants.authentication.models import AuthenticationContext
from tenants.authentication.sessions import SignedIn
from tenants.parties.models import canonical_identifier
from themes.problems import problem

SIGN_IN: Final = f"{DASHBOARD}/sign-in"
VERIFY: Final = f"{DASHBOARD}/verify"
RESEND: Final = f"{DASHBOARD}/resend"
LINK: Final = f"{DASHBOARD}/link"
LINK_TOKEN: Final = "t"  # noqa: S105 - the name of a parameter
"""The parameter with the token of a link. It is short, so that mail programs do not break the line of the link."""
SENT_AGAIN: Final = "sent-again"
"""The notice that a new code has replaced the earlier ones."""
NOTICES: Final = {
    "signed-out": gettext_noop(
        "You have signed out. Nobody can see your data sharing on this device until you sign in again."
    ),
    "session-over": gettext_noop("You were signed out, because some time has passed. Please sign in again."),
}

_Request = Request[Any, Any, Any]


@get("/", **PAGE_OPTIONS)
async def show_start() -> Response[None]:
    """Redirect to the dashboard, for people who type the name of the host."""
    return redirect(DASHBOARD)


@get(SIGN_IN, **PAGE_OPTIONS)
async def show_sign_in(request: _Request) -> Response[Any]:
    """Ask for the identifier. A person who has signed in is redirected to the page where they wanted to be."""
    ctx, secret = context(request), COOKIE.secret(request)
    person, to = await ask_for_person(request), return_to(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        if await sessions.open_session(tx, person, secret, ctx.now) is not None:
            return redirect(page_path(to))
        if not secret or await sessions.is_used_or_ended(tx, secret):
            secret = new_secret()
    problem_name, typed = request.query_params.get("problem"), typed_identifier(request, secret)
    until = locked_until(request.query_params.get("until"), ctx.now) if problem_name == IDENTIFIER_LOCKED else None
    if until is not None:
        restart = with_query(SIGN_IN, **{RETURN_TO: to})
        return COOKIE.set(page(request, "dashboard/locked", typed=typed, locked_until=until, restart=restart), secret)
    notice = NOTICES.get(request.query_params.get("notice", ""))
    shown = page(
        request,
        "dashboard/sign_in",
        form_token=form_token(secret),
        return_to=to,
        typed=typed,
        problem=problem(problem_name, label=brand_of(request).identifier_label),
        notice=None if notice is None else gettext(notice),
    )
    return COOKIE.set(shown, secret)


@post(SIGN_IN, **FORM_OPTIONS)
async def sign_in(request: _Request) -> Response[None]:
    """Process the identifier, and send a one-time password."""
    ctx, secret = context(request), COOKIE.secret(request)
    form = await read_form(request, secret)
    identifier, to = form.single_value("identifier"), form.single_value(RETURN_TO)
    if not canonical_identifier(identifier):
        return to_form(SIGN_IN, to, problem="identifier-missing")
    authentication = await _with_link(request, to)
    login = await find_login(request, identifier)
    try:
        async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
            await sessions.request_code(tx, secret, identifier, login, context=authentication, now=ctx.now)
    except IdentifierLocked as locked:
        refused = to_form(SIGN_IN, to, problem=IDENTIFIER_LOCKED, **lock_parameters(locked))
        return keep_typed(request, refused, secret, identifier)
    return keep_typed(request, to_form(VERIFY, to), secret, identifier)


@get([VERIFY, RESEND], **PAGE_OPTIONS)
async def show_verify(request: _Request) -> Response[Any]:
    """Ask for the one-time password."""
    ctx, secret, to = context(request), COOKIE.secret(request), return_to(request)
    entry, problem_name = await code_entry(request, secret), request.query_params.get("problem")
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        challenge = await sessions.pending_challenge(tx, secret, ctx.now)
        if challenge is None or challenge.answered_at is not None:
            return to_form(SIGN_IN, to)
        values = await code_values(tx, entry, challenge, problem_name, now=ctx.now)
    values["replaces"] = request.query_params.get("notice") == SENT_AGAIN  # a session does not keep its earlier codes
    restart = with_query(SIGN_IN, **{RETURN_TO: to})
    return page(request, "dashboard/verify", form_token=form_token(secret), return_to=to, restart=restart, **values)


@post(VERIFY, **FORM_OPTIONS)
async def verify(request: _Request) -> Response[None]:
    """Check the one-time password, and sign in."""
    ctx, secret = context(request), COOKIE.secret(request)
    form = await read_form(request, secret)
    to = form.single_value(RETURN_TO)
    authentication = await authentication_context(request)
    person = await ask_for_challenged_person(request)
    if ctx.services.directory.is_copy(ctx.tenant):
        async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
            login_id = await sessions.login_if_right(
                tx, secret, form.single_value("code"), person=person, context=authentication, now=ctx.now
            )
        if login_id is not None:
            await refresh_directory_for(request, login_id)
            person = await ask_for_challenged_person(request)
    try:
        async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
            signed_in = await sessions.sign_in(
                tx, secret, form.single_value("code"), person=person, context=authentication, now=ctx.now
            )
    except CodeRefused as refused:
        return to_form(VERIFY, to, problem=f"code-{refused.reason}")
    except IdentifierLocked:
        return to_form(VERIFY, to, problem="code-locked")
    return show_after_sign_in(request, signed_in, to)


@post(RESEND, **FORM_OPTIONS)
async def resend(request: _Request) -> Response[None]:
    """Send a new one-time password, which replaces the last one."""
    ctx, secret = context(request), COOKIE.secret(request)
    form = await read_form(request, secret)
    to = form.single_value(RETURN_TO)
    authentication = await _with_link(request, to)
    person = await ask_for_challenged_person(request)
    replaces = form.single_value("challenge")
    try:
        async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
            await sessions.resend_code(tx, secret, replaces, person=person, context=authentication, now=ctx.now)
    except CodeRefused:
        return to_form(SIGN_IN, to)
    except IdentifierLocked:
        return to_form(VERIFY, to, problem="code-locked")
    return to_form(VERIFY, to, notice=SENT_AGAIN)


@post(f"{DASHBOARD}/stay", **FORM_OPTIONS)
async def stay(request: _Request) -> Response[None]:
    """Use the session, so that it ends later, and show the page from which the form was sent."""
    ctx = context(request)
    to = (await read_form(request, COOKIE.secret(request))).single_value(RETURN_TO)
    person = await ask_for_person(request)
    try:
        async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
            await require_session(request, tx, person)
    except NotSignedIn as error:
        return _to_sign_in(error, to)
    return redirect(with_query(page_path(to), notice="extended"))


@post(f"{DASHBOARD}/sign-out", **FORM_OPTIONS)
async def sign_out(request: _Request) -> Response[None]:
    """End the session."""
    ctx, secret = context(request), COOKIE.secret(request)
    await read_form(request, secret)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        await sessions.sign_out(tx, secret, ctx.now)
    return COOKIE.delete(redirect(f"{SIGN_IN}?notice=signed-out"))


def redirect_to_sign_in(request: _Request, error: NotSignedIn) -> Response[None]:
    """Redirect to the sign-in, which leads back to the page. There is a notice if a session has ended."""
    return _to_sign_in(error, page_name(request.url.path))


def show_after_sign_in(request: _Request, signed_in: SignedIn, to: str) -> Response[None]:
    """Return the response to a sign-in: it keeps the session in the browser, and leads to the page `to`.

    What the person has typed as identifier is forgotten.
    """
    response = COOKIE.set(redirect(page_path(to)), signed_in.secret)
    return forget_typed(request, KNOWN_BROWSER.set(response, signed_in.known_browser), COOKIE.secret(request))


async def _with_link(request: _Request, to: str) -> AuthenticationContext:
    """Return the context for a message with a link, which leads to the same page as the sign-in with the code."""
    link = with_query(f"{context(request).origin}{LINK}", **{RETURN_TO: page_name(page_path(to))})
    sign_in_link = f"{link}{'&' if '?' in link else '?'}{LINK_TOKEN}="
    return msgspec.structs.replace(await authentication_context(request), sign_in_link=sign_in_link)


def _to_sign_in(error: NotSignedIn, to: str) -> Response[None]:
    return to_form(SIGN_IN, to, notice="session-over" if error.session_ended else "")


def to_form(path: str, to: str, **values: str) -> Response[None]:
    """Redirect to a page of the sign-in that keeps the name of the page to which the person returns."""
    return redirect(with_query(path, **{RETURN_TO: page_name(page_path(to))}, **values))


def return_to(request: _Request) -> str:
    """Return the name of the page to which the sign-in leads, from the address."""
    return page_name(page_path(request.query_params.get(RETURN_TO, "")))
