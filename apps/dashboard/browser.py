"""The browser session of the dashboard: its cookie, the check that somebody has signed in, and what pages say of it."""

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from litestar import Request, Response

from apps.dashboard.return_page import page_name
from apps.dashboard.viewer import DashboardViewer
from apps.http.authentication import find_person
from apps.http.context import context
from apps.http.form_encoding import MAXIMUM_BODY_BYTES
from apps.http.page_forms import form_token
from apps.http.pages import SEE_OTHER, brand_of, page
from apps.http.session_cookies import SessionCookie
from apps.http.suspension import SERVES_SUSPENDED
from haas.database import Transaction
from haas.errors import HaasError
from tenants.authentication import sessions
from tenants.authentication.limits import DASHBOARD_SESSIONS
from tenants.authentication.sessions import OpenSession
from tenants.parties.models import Person

COOKIE: Final = SessionCookie("dashboard", DASHBOARD_SESSIONS.lifetime)
PAGE_OPTIONS: Final[dict[str, Any]] = {"opt": {SERVES_SUSPENDED: True}}
"""A suspended tenant is served too: ending sharing must always be possible."""
FORM_OPTIONS: Final[dict[str, Any]] = {
    **PAGE_OPTIONS,
    "status_code": SEE_OTHER,
    "request_max_body_size": MAXIMUM_BODY_BYTES,
}

_Request = Request[Any, Any, Any]


class NotSignedIn(HaasError):
    """Nobody has signed in with this browser, or the session has ended. `session_ended` says which is true."""

    def __init__(self, *, session_ended: bool) -> None:
        """`session_ended` is True if there was a session."""
        super().__init__("the session has ended" if session_ended else "nobody has signed in")
        self.session_ended = session_ended


class DashboardSession(NamedTuple):
    """The person who is signed in, and the secret from which the tokens of its forms are derived."""

    person: Person
    secret: str
    times: OpenSession

    @property
    def login_id(self) -> UUID:
        """The id of the login that is signed in."""
        return self.person.login_id


class SessionView(NamedTuple):
    """What a page says about the session."""

    ends_at: datetime
    can_last_longer: bool
    just_extended: bool
    page: str
    """The name of the page, to which the button that extends the session leads back."""


async def ask_for_person(request: _Request) -> Person | None:
    """Return the directory's answer for the login that is signed in. Call this while no transaction is open."""
    ctx = context(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        login_id = await sessions.login_to_ask_for(tx, COOKIE.secret(request))
    return None if login_id is None else await find_person(request, login_id)


async def ask_for_challenged_person(request: _Request) -> Person:
    """Return the directory's answer for the login whose code is sent again or answered, or for `NOBODY`.

    Call this while no transaction is open.
    """
    ctx = context(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        login_id = await sessions.challenged_login_to_ask_for(tx, COOKIE.secret(request))
    return await find_person(request, login_id)


async def require_session(request: _Request, tx: Transaction, person: Person | None) -> DashboardSession:
    """Return the session of the browser, and record its use. Raises NotSignedIn.

    `person` is the answer of `ask_for_person`.
    """
    ctx, secret = context(request), COOKIE.secret(request)
    found = await sessions.open_session(tx, person, secret, ctx.now)
    if found is None or person is None:
        raise NotSignedIn(session_ended=await sessions.was_signed_in(tx, secret))
    return DashboardSession(person, secret, found)


def viewer_of_session(request: _Request, session: DashboardSession) -> DashboardViewer:
    """Return the person who looks at the dashboard."""
    return DashboardViewer(
        login_id=session.login_id,
        customers=session.person.customers,
        now=context(request).now,
        zone=brand_of(request).zone,
    )


def signed_in_page(request: _Request, session: DashboardSession, template: str, **values: Any) -> Response[str]:
    """Return a page for the person who is signed in. It says when the session ends."""
    shown = SessionView(
        ends_at=session.times.ends_at,
        can_last_longer=session.times.can_last_longer,
        just_extended=request.query_params.get("notice") == "extended",
        page=page_name(request.url.path),
    )
    return page(request, template, form_token=form_token(session.secret), session=shown, **values)
