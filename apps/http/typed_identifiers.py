"""The identifiers that a person has typed in this browser, so that a page can show them again.

They are kept in a cookie and not on the server, which stores no identifier that nobody has. Each belongs to one consent
flow, or to one sign-in at the dashboard: it is found by the secret of that flow or session. So another person who uses
the browser later does not see it, and two tabs do not disturb each other. One-time passwords are never kept.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Any, Final, TypeVar

from litestar import Response
from litestar.connection import ASGIConnection

from apps.http.page_forms import form_token
from apps.http.session_cookies import HostCookie

COOKIE: Final = HostCookie("typed", timedelta(hours=1))
"""It lasts as long as a flow."""
KEPT: Final = 3
"""For how many flows and sessions an identifier is kept. The cookie must not become long."""
LONGEST: Final = 254
"""In characters. A longer text is no identifier, and is not kept."""
_KEY_DIGITS: Final = 16
_SEPARATOR: Final = "."
_LONGEST_COOKIE: Final = 4_000

_Connection = ASGIConnection[Any, Any, Any, Any]
_R = TypeVar("_R", bound=Response[Any])


def typed_identifier(connection: _Connection, secret: str) -> str | None:
    """Return what was typed last in the flow or session with this secret, or None."""
    key = _key(secret)
    return next((_decoded(entry) for entry in _entries(connection) if entry.startswith(key)), None)


def keep_typed(connection: _Connection, response: _R, secret: str, identifier: str) -> _R:
    """Keep what was typed in the flow or session with this secret, and return the response."""
    text = identifier.strip()
    if not text or len(text) > LONGEST:
        return response
    others = [entry for entry in _entries(connection) if not entry.startswith(_key(secret))]
    entry = _key(secret) + urlsafe_b64encode(text.encode(errors="replace")).decode().rstrip("=")
    return COOKIE.set(response, _SEPARATOR.join([entry, *others][:KEPT]))


def forget_typed(connection: _Connection, response: _R, secret: str) -> _R:
    """Forget what was typed in the flow or session with this secret, because the person has authenticated."""
    entries = _entries(connection)
    others = [entry for entry in entries if not entry.startswith(_key(secret))]
    if len(others) == len(entries):
        return response
    return COOKIE.set(response, _SEPARATOR.join(others)) if others else COOKIE.delete(response)


def _entries(connection: _Connection) -> list[str]:
    value = COOKIE.value(connection)
    return value.split(_SEPARATOR)[:KEPT] if 0 < len(value) <= _LONGEST_COOKIE else []


def _decoded(entry: str) -> str | None:
    encoded = entry[_KEY_DIGITS:]
    try:
        text = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError:
        return None
    return text if 0 < len(text) <= LONGEST else None


def _key(secret: str) -> str:
    return form_token(secret)[:_KEY_DIGITS]
