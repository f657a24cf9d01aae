"""The browser session of the dashboard: its cookie, and the check that the person has signed in."""

from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from litestar import Request, Response
from litestar.datastructures import Cookie

from apps.http.authentication import find_person
from apps.http.context import context
from haas.database import Transaction
from haas.errors import HaasError
from tenants.authentication import sessions
from tenants.authentication.limits import SESSION_LIFETIME
from tenants.parties.models import Person

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
    """The person who is signed in, and the secret from which the tokens of its forms are derived."""

    person: Person
    secret: str

    @property
    def login_id(self) -> UUID:
        """The id of the login that is signed in."""
        return self.person.login_id


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


async def ask_for_person(request: _Request) -> Person | None:
    """Return the directory's answer for the login that is signed in. Call this while no transaction is open."""
    ctx = context(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        login_id = await sessions.login_to_ask_for(tx, session_secret(request))
    return None if login_id is None else await find_person(request, login_id)


async def ask_for_challenged_person(request: _Request) -> Person:
    """Return the directory's answer for the login whose code is sent again or answered, or for `NOBODY`.

    Call this while no transaction is open.
    """
    ctx = context(request)
    async with ctx.services.database.transaction(ctx.tenant.namespace) as tx:
        login_id = await sessions.challenged_login_to_ask_for(tx, session_secret(request))
    return await find_person(request, login_id)


async def require_session(request: _Request, tx: Transaction, person: Person | None) -> DashboardSession:
    """Return the session of the browser, and record its use. Raises NotSignedIn.

    `person` is the answer of `ask_for_person`.
    """
    ctx, secret = context(request), session_secret(request)
    login_id = await sessions.signed_in_login(tx, person, secret, ctx.now)
    if login_id is None or person is None:
        raise NotSignedIn(session_ended=await sessions.was_signed_in(tx, secret))
    return DashboardSession(person, secret)


def _cookie(value: str, seconds: int) -> Cookie:
    # Browsers ignore a `__Host-` cookie that is not Secure, even if it deletes a cookie (RFC 6265bis 4.1.3.2).
    return Cookie(COOKIE, path="/", value=value, max_age=seconds, secure=True, httponly=True, samesite="lax")
