"""The routes of the dashboard. They also serve a suspended tenant: ending sharing must always be possible."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from apps.dashboard.browser import (
    COOKIE,
    DashboardSession,
    NotSignedIn,
    ask_for_challenged_person,
    ask_for_person,
    require_session,
)
from apps.dashboard.views import ArrangementView, DashboardViewer, arrangement_view
from apps.http.authentication import KNOWN_BROWSER, authentication_context, find_login, refresh_directory_for
from apps.http.context import context
from apps.http.form_encoding import MAXIMUM_BODY_BYTES
from apps.http.page_forms import form_token, read_form
from apps.http.pages import SEE_OTHER, brand_of, page, redirect
from apps.http.suspension import SERVES_SUSPENDED
from haas.sessions import new_secret
from tenants.accounts import service as accounts
from tenants.arrangements import service as arrangements
from tenants.arrangements.errors import ArrangementEnded
from tenants.authentication import sessions
from tenants.authentication.errors import CodeRefused, IdentifierLocked
from tenants.authentication.limits import CODE_LIFETIME
from tenants.holders.service import tell_of_end
from tenants.parties.models import canonical_identifier
from themes import wording
from themes.problems import problem

DASHBOARD: Final = "/dashboard"
SIGN_IN: Final = "/dashboard/sign-in"
VERIFY: Final = "/dashboard/verify"
NOTICES: Final = {
    "signed-out": "You have signed out.",
    "session-over": "You were signed out, because some time has passed. Please sign in again.",
}

_Request = Request[Any, Any, Any]
_PAGE_OPTIONS: Final[dict[str, Any]] = {"opt": {SERVES_SUSPENDED: True}}
_FORM_OPTIONS: Final[dict[str, Any]] = {
    **_PAGE_OPTIONS,
    "status_code": SEE_OTHER,
    "request_max_body_size": MAXIMUM_BODY_BYTES,
}


@get(SIGN_IN, **_PAGE_OPTIONS)
async def show_sign_in(request: _Request) -> Response[Any]:
    """Ask for the identifier, or redirect a person who has signed in to the list of arrangements."""
    ctx, secret = context(request), COOKIE.secret(request)
    person = await ask_for_person(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        if await sessions.signed_in_login(tx, person, secret, ctx.now) is not None:
            return redirect(DASHBOARD)
        if not secret or await sessions.is_used_or_ended(tx, secret):
            secret = new_secret()
    shown = page(
        request,
        "dashboard/sign_in",
        form_token=form_token(secret),
        problem=problem(request.query_params.get("problem"), label=brand_of(request).identifier_label),
        notice=NOTICES.get(request.query_params.get("notice", "")),
    )
    return COOKIE.set(shown, secret)


@post(SIGN_IN, **_FORM_OPTIONS)
async def sign_in(request: _Request) -> Response[None]:
    """Process the identifier, and send a one-time password."""
    ctx, secret = context(request), COOKIE.secret(request)
    form = await read_form(request, secret)
    identifier = form.single_value("identifier")
    if not canonical_identifier(identifier):
        return redirect(f"{SIGN_IN}?problem=identifier-missing")
    authentication = await authentication_context(request)
    login = await find_login(request, identifier)
    try:
        async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
            await sessions.request_code(tx, secret, identifier, login, context=authentication, now=ctx.now)
    except IdentifierLocked:
        return redirect(f"{SIGN_IN}?problem=identifier-locked")
    return redirect(VERIFY)


@get([VERIFY, "/dashboard/resend"], **_PAGE_OPTIONS)
async def show_verify(request: _Request) -> Response[Any]:
    """Ask for the one-time password."""
    ctx, secret = context(request), COOKIE.secret(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        challenge = await sessions.pending_challenge(tx, secret, ctx.now)
    if challenge is None or challenge.answered_at is not None:
        return redirect(SIGN_IN)
    return page(
        request,
        "dashboard/verify",
        form_token=form_token(secret),
        challenge=challenge.id.hex,
        expires_at=challenge.expires_at,
        lifetime=wording.duration(int(CODE_LIFETIME.total_seconds())),
        problem=problem(request.query_params.get("problem"), tries_left=challenge.tries_left),
    )


@post(VERIFY, **_FORM_OPTIONS)
async def verify(request: _Request) -> Response[None]:
    """Check the one-time password, and sign in."""
    ctx, secret = context(request), COOKIE.secret(request)
    form = await read_form(request, secret)
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
        return redirect(f"{VERIFY}?problem=code-{refused.reason}")
    except IdentifierLocked:
        return redirect(f"{VERIFY}?problem=code-locked")
    return KNOWN_BROWSER.set(COOKIE.set(redirect(DASHBOARD), signed_in.secret), signed_in.known_browser)


@post("/dashboard/resend", **_FORM_OPTIONS)
async def resend(request: _Request) -> Response[None]:
    """Send a new one-time password, which replaces the last one."""
    ctx, secret = context(request), COOKIE.secret(request)
    form = await read_form(request, secret)
    authentication = await authentication_context(request)
    person = await ask_for_challenged_person(request)
    replaces = form.single_value("challenge")
    try:
        async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
            await sessions.resend_code(tx, secret, replaces, person=person, context=authentication, now=ctx.now)
    except CodeRefused:
        return redirect(SIGN_IN)
    except IdentifierLocked:
        return redirect(f"{VERIFY}?problem=code-locked")
    return redirect(VERIFY)


@get(DASHBOARD, **_PAGE_OPTIONS)
async def list_arrangements(request: _Request) -> Response[str]:
    """List the arrangements under which data is shared now, and those under which it was shared before."""
    ctx, person = context(request), await ask_for_person(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        session = await require_session(request, tx, person)
        viewer = _viewer(request, session)
        views = [
            arrangement_view(each, viewer) for each in await arrangements.list_for_login(tx, session.login_id, ctx.now)
        ]
    return page(
        request,
        "dashboard/arrangements",
        form_token=form_token(session.secret),
        current=[view for view in views if view.current],
        past=[view for view in views if not view.current],
    )


@get("/dashboard/arrangements/{arrangement_id:uuid}", **_PAGE_OPTIONS)
async def show_arrangement(request: _Request, arrangement_id: FromPath[UUID]) -> Response[str]:
    """Show one arrangement."""
    session, view = await _load_arrangement(request, arrangement_id)
    stopped = request.query_params.get("notice") == "stopped" and not view.current
    notice = f"You have stopped sharing with {view.recipient.client_name}." if stopped else None
    return page(
        request, "dashboard/arrangement", form_token=form_token(session.secret), arrangement=view, notice=notice
    )


@get("/dashboard/arrangements/{arrangement_id:uuid}/withdraw", **_PAGE_OPTIONS)
async def ask_to_withdraw(request: _Request, arrangement_id: FromPath[UUID]) -> Response[Any]:
    """Explain the consequences of ending the sharing, and ask for confirmation (CDS, Withdrawal Standards)."""
    session, view = await _load_arrangement(request, arrangement_id)
    if not view.current:
        return redirect(_arrangement_url(arrangement_id))
    return page(request, "dashboard/withdraw", form_token=form_token(session.secret), arrangement=view)


@post("/dashboard/arrangements/{arrangement_id:uuid}/withdraw", **_FORM_OPTIONS)
async def withdraw(request: _Request, arrangement_id: FromPath[UUID]) -> Response[None]:
    """End the sharing. An arrangement that has already ended is not changed."""
    ctx = context(request)
    await read_form(request, COOKIE.secret(request))
    person = await ask_for_person(request)
    try:
        async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
            session = await require_session(request, tx, person)
            found = await arrangements.get_for_login(tx, arrangement_id, session.login_id, ctx.now)
            await arrangements.end(tx, found.id, by="consumer", tell=tell_of_end(ctx.tenant), now=ctx.now)
    except ArrangementEnded:
        return redirect(_arrangement_url(arrangement_id))
    return redirect(f"{_arrangement_url(arrangement_id)}?notice=stopped")


@post("/dashboard/sign-out", **_FORM_OPTIONS)
async def sign_out(request: _Request) -> Response[None]:
    """End the session."""
    ctx, secret = context(request), COOKIE.secret(request)
    await read_form(request, secret)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        await sessions.sign_out(tx, secret, ctx.now)
    return COOKIE.delete(redirect(f"{SIGN_IN}?notice=signed-out"))


def redirect_to_sign_in(_: _Request, error: NotSignedIn) -> Response[None]:
    """Redirect to the sign-in page, with a notice if a session has ended."""
    return redirect(f"{SIGN_IN}?notice=session-over" if error.session_ended else SIGN_IN)


def _viewer(request: _Request, session: DashboardSession) -> DashboardViewer:
    return DashboardViewer(customers=session.person.customers, now=context(request).now, zone=brand_of(request).zone)


async def _load_arrangement(request: _Request, arrangement_id: UUID) -> tuple[DashboardSession, ArrangementView]:
    ctx, person = context(request), await ask_for_person(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        session = await require_session(request, tx, person)
        found = await arrangements.get_for_login(tx, arrangement_id, session.login_id, ctx.now)
        viewer = _viewer(request, session)
        held = await accounts.accounts_of(tx, found.customer_id, found.recipient.recipient_id, viewer.now)
    environment = ctx.tenant.register_environment
    number = await ctx.services.accreditations.number(environment.id, found.recipient.recipient_id)
    return session, arrangement_view(found, viewer, {account.id: account for account in held}, number)


def _arrangement_url(arrangement_id: UUID) -> str:
    return f"{DASHBOARD}/arrangements/{arrangement_id}"
