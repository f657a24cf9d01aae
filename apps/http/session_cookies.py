"""Cookies of one host. One holds the secret of a browser's session: each surface has its own, on its own host."""

from datetime import timedelta
from typing import Any, Final, NamedTuple, TypeVar

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from haas.sessions import is_well_formed_secret

_HOST_PREFIX: Final = "__Host-"
_R = TypeVar("_R", bound=Response[Any])


class HostCookie(NamedTuple):
    """A cookie that browsers send only to the host that set it, and only over TLS (RFC 6265bis 4.1.3.2)."""

    label: str
    """The name without its prefix."""
    lifetime: timedelta
    """How long the browser keeps it."""

    @property
    def name(self) -> str:
        """The name of the cookie."""
        return _HOST_PREFIX + self.label

    def value(self, connection: "ASGIConnection[Any, Any, Any, Any]") -> str:
        """Return the value of the browser's cookie, or the empty string if there is none."""
        return connection.cookies.get(self.name, "")

    def set(self, response: _R, value: str) -> _R:
        """Set the cookie, and return the response."""
        response.set_cookie(self._cookie(value, int(self.lifetime.total_seconds())))
        return response

    def delete(self, response: _R) -> _R:
        """Delete the cookie from the browser, and return the response."""
        response.set_cookie(self._cookie("", 0))
        return response

    def _cookie(self, value: str, seconds: int) -> Cookie:
        # Browsers ignore a `__Host-` cookie that is not Secure, even if it deletes a cookie. It is sent when a link or
        # redirect of another site leads here (Lax), because an OpenID provider redirects the browser back.
        return Cookie(self.name, path="/", value=value, max_age=seconds, secure=True, httponly=True, samesite="lax")


class SessionCookie(HostCookie):
    """The cookie of a session. `lifetime` is the longest time that a session can last."""

    __slots__ = ()

    def secret(self, request: Request[Any, Any, Any]) -> str:
        """Return the secret in the browser's cookie, or the empty string if there is none or it is malformed."""
        secret = self.value(request)
        return secret if is_well_formed_secret(secret) else ""
