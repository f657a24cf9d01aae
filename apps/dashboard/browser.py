"""The dashboard's browser session, as a cookie and a guard around pages."""

from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from litestar import Request, Response
from litestar.datastructures import Cookie

from apps.http.context import context
from haas.database import Transaction
from haas.errors import HaasError
from tenants.authentication import sessions
from tenants.authentication.models import SESSION_LIFETIME

COOKIE: Final = "__Host-dashboard"

_Request = Request[Any, Any, Any]
_R = TypeVar("_R", bound=Response[Any])


class SignedOut(HaasError):
    """Nobody has signed in with this browser, or it was too long ago: `over` tells which."""

    def __init__(self, *, over: bool) -> None:
        """Keep whether there was a session."""
        super().__init__("the session is over" if over else "nobody has signed in")
        self.over = over


class SignedIn(NamedTuple):
    """Who looks at the dashboard, and the secret that ties forms to their browser."""

    login_id: UUID
    secret: str


def secret_of(request: _Request) -> str:
    """Return the secret in the browser's cookie; the empty string, which is nobody's, where there is none of ours."""
    secret = request.cookies.get(COOKIE, "")
    return secret if sessions.well_formed(secret) else ""


def with_secret(response: _R, secret: str) -> _R:
    """Let the browser keep a secret for as long as a session can last."""
    response.set_cookie(_cookie(secret, int(SESSION_LIFETIME.total_seconds())))
    return response


def without_secret(response: _R) -> _R:
    """Let the browser drop its secret."""
    response.set_cookie(_cookie("", 0))
    return response


async def signed_in(request: _Request, tx: Transaction) -> SignedIn:
    """Return who is signed in, and count this as their session's use. Raises SignedOut."""
    ctx, secret = context(request), secret_of(request)
    login_id = await sessions.login_of(tx, ctx.services.directory, secret, ctx.now)
    if login_id is None:
        raise SignedOut(over=await sessions.was_signed_in(tx, secret))
    return SignedIn(login_id, secret)


def _cookie(value: str, seconds: int) -> Cookie:
    # Secure also where it deletes: a browser ignores any other cookie of a `__Host-` name (RFC 6265bis 4.1.3.2).
    return Cookie(COOKIE, path="/", value=value, max_age=seconds, secure=True, httponly=True, samesite="lax")
