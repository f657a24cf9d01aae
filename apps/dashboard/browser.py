"""The browser session of the dashboard: its cookie, and the check that the person has signed in."""

from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from litestar import Request, Response
from litestar.datastructures import Cookie

from apps.http.context import context
from haas.database import Transaction
from haas.errors import HaasError
from tenants.authentication import sessions
from tenants.authentication.limits import SESSION_LIFETIME

COOKIE: Final = "__Host-dashboard"

_Request = Request[Any, Any, Any]
_R = TypeVar("_R", bound=Response[Any])


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


def session_secret(request: _Request) -> str:
    """Return the secret in the browser's cookie, or the empty string if there is none or it is malformed."""
    secret = request.cookies.get(COOKIE, "")
    return secret if sessions.is_well_formed_secret(secret) else ""


def set_session_cookie(response: _R, secret: str) -> _R:
    """Set the cookie with `secret`, for the longest time that a session can last."""
    response.set_cookie(_cookie(secret, int(SESSION_LIFETIME.total_seconds())))
    return response


def delete_session_cookie(response: _R) -> _R:
    """Delete the cookie from the browser."""
    response.set_cookie(_cookie("", 0))
    return response


async def require_session(request: _Request, tx: Transaction) -> DashboardSession:
    """Return the session of the browser, and record its use. Raises NotSignedIn."""
    ctx, secret = context(request), session_secret(request)
    login_id = await sessions.signed_in_login(tx, ctx.services.directory, secret, ctx.now)
    if login_id is None:
        raise NotSignedIn(session_ended=await sessions.was_signed_in(tx, secret))
    return DashboardSession(login_id, secret)


def _cookie(value: str, seconds: int) -> Cookie:
    # Browsers ignore a `__Host-` cookie that is not Secure, even if it deletes a cookie (RFC 6265bis 4.1.3.2).
    return Cookie(COOKIE, path="/", value=value, max_age=seconds, secure=True, httponly=True, samesite="lax")
