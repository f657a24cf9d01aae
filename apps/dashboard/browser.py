"""The browser session of the dashboard: its cookie, and the check that the person has signed in."""

from typing import Any, Final, NamedTuple
from uuid import UUID

from litestar import Request

from apps.http.context import context
from apps.http.session_cookies import SessionCookie
from haas.database import Transaction
from haas.errors import HaasError
from tenants.authentication import sessions
from tenants.authentication.limits import DASHBOARD_SESSIONS

COOKIE: Final = SessionCookie("dashboard", DASHBOARD_SESSIONS.lifetime)

_Request = Request[Any, Any, Any]


class NotSignedIn(HaasError):
    """Nobody has signed in with this browser, or the session has ended. `session_ended` says which is true."""

    def __init__(self, *, session_ended: bool) -> None:
        """`session_ended` is True if there was a session."""
        super().__init__("the session has ended" if session_ended else "nobody has signed in")
        self.session_ended = session_ended


class DashboardSession(NamedTuple):
    """The login that is signed in, and the secret from which the tokens of its forms are derived."""

    login_id: UUID
    secret: str


async def require_session(request: _Request, tx: Transaction) -> DashboardSession:
    """Return the session of the browser, and record its use. Raises NotSignedIn."""
    ctx, secret = context(request), COOKIE.secret(request)
    login_id = await sessions.signed_in_login(tx, ctx.services.directory, secret, ctx.now)
    if login_id is None:
        raise NotSignedIn(session_ended=await sessions.was_signed_in(tx, secret))
    return DashboardSession(login_id, secret)
