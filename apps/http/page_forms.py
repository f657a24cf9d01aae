"""Forms that a person sends from a page, and the check that the page was given to the same browser.

Each page contains a token that is derived from the secret in the browser's cookie. The headers in which the browser
says where a form comes from are checked too. Nothing is stored on the server for this.
"""

import hmac
from hashlib import sha256
from typing import Any, Final

from litestar import Request

from apps.http.context import context
from apps.http.form_encoding import Fields, FormUnreadable, body_fields
from haas.errors import HaasError

MAXIMUM_FIELDS: Final = 1_000
TOKEN_FIELD: Final = "form_token"  # noqa: S105 - the name of a field

_Request = Request[Any, Any, Any]


class FormRefused(HaasError):
    """A form did not come from a page that we gave this browser, or cannot be read."""


class PageForm:
    """The fields of a form that was sent from a page."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Fields) -> None:
        """Keep the values of each field."""
        self._fields: dict[str, list[str]] = {}
        for name, value in fields:
            self._fields.setdefault(name, []).append(value)

    def one(self, name: str) -> str:
        """Return a field's value; the empty string where it is missing or there more than once."""
        values = self._fields.get(name, [])
        return values[0] if len(values) == 1 else ""

    def all(self, name: str) -> list[str]:
        """Return every value of a field."""
        return self._fields.get(name, [])


def form_token(secret: str) -> str:
    """Return the token of the forms of a page given to the browser whose cookie holds `secret`."""
    return hmac.new(secret.encode(), b"form", sha256).hexdigest()


async def read_form(request: _Request, secret: str) -> PageForm:
    """Return the form that the browser whose cookie holds `secret` has sent. Raises FormRefused."""
    _refuse_foreign(request)
    if not secret:
        raise FormRefused("no cookie came with the form: anybody can make the token of no secret")
    try:
        form = PageForm(await body_fields(request, maximum=MAXIMUM_FIELDS))
    except FormUnreadable as error:
        raise FormRefused(str(error)) from error
    if not hmac.compare_digest(form.one(TOKEN_FIELD).encode(), form_token(secret).encode()):
        raise FormRefused("the form's token is not this browser's")
    return form


def _refuse_foreign(request: _Request) -> None:
    """Refuse what the browser itself says comes from elsewhere.

    `Origin` is "null" from our own pages, whose referrer policy is no-referrer; `Sec-Fetch-Site` then tells.
    """
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin not in {None, "null", context(request).tenant.issuer}:
        raise FormRefused(f"the form comes from {origin}")
    if site not in {None, "same-origin", "none"}:
        raise FormRefused(f"the form comes from a page that is {site}")
