"""The browser session of the dashboard: its cookie, and the check that the person has signed in."""

from typing import Any, Final, NamedTuple
from uuid import UUID

from litestar import Request

from apps.http.authentication import find_person
from apps.http.context import context
from apps.http.session_cookies import SessionCookie
from haas.database import Transaction
from haas.errors import HaasError
from tenants.authentication import sessions
from tenants.authentication.limits import DASHBOARD_SESSIONS
from tenants.parties.models import Person

COOKIE: Final = SessionCookie("dashboard", DASHBOARD_SESSIONS.lifetime)

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

    @property
    def login_id(self) -> UUID:
        """The id of the login that is signed in."""
        return self.person.login_id


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
    login_id = await sessions.signed_in_login(tx, person, secret, ctx.now)
    if login_id is None or person is None:
        raise NotSignedIn(session_ended=await sessions.was_signed_in(tx, secret))
    return DashboardSession(person, secret)
