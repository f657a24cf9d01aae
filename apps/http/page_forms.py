"""Forms that a person submits from a page, and the check that the page was served to the same browser.

Each form contains a token that is derived from the secret in the browser's cookie. The headers in which the browser
states the origin of a form are checked too: only pages of the same host may submit it. The server stores nothing for
these checks. They are the same for the pages of every surface.
"""

import hmac
from hashlib import sha256
from typing import Any, Final

from litestar import Request

from apps.http.context import any_context
from apps.http.form_encoding import Fields, FormUnreadable, body_fields
from haas.errors import HaasError

MAXIMUM_FIELDS: Final = 1_100
"""A form can have all accounts of a customer, 1,000 at most (docs/upstream.md), and a few other fields."""
TOKEN_FIELD: Final = "form_token"  # noqa: S105 - the name of a field

_Request = Request[Any, Any, Any]


class FormRefused(HaasError):
    """A form was not submitted from a page that was served to this browser, or it cannot be read."""


class PageForm:
    """The fields of a form that was submitted from a page."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Fields) -> None:
        """Collect the values of each field."""
        self._fields: dict[str, list[str]] = {}
        for name, value in fields:
            self._fields.setdefault(name, []).append(value)

    def single_value(self, name: str) -> str:
        """Return the value of a field, or the empty string if the field is missing or occurs more than once."""
        values = self._fields.get(name, [])
        return values[0] if len(values) == 1 else ""

    def values(self, name: str) -> list[str]:
        """Return all values of a field."""
        return self._fields.get(name, [])


def form_token(secret: str) -> str:
    """Return the token for forms of a page that is served to the browser whose cookie holds `secret`."""
    return hmac.new(secret.encode(), b"form", sha256).hexdigest()


async def read_form(request: _Request, secret: str) -> PageForm:
    """Return the form from the browser whose cookie holds `secret`. Raises FormRefused."""
    _refuse_other_origins(request)
    if not secret:
        raise FormRefused("the form was sent without a cookie, so its token cannot be checked")
    try:
        form = PageForm(await body_fields(request, maximum=MAXIMUM_FIELDS))
    except FormUnreadable as error:
        raise FormRefused(str(error)) from error
    if not hmac.compare_digest(form.single_value(TOKEN_FIELD).encode(), form_token(secret).encode()):
        raise FormRefused("the token of the form does not belong to this browser")
    return form


def _refuse_other_origins(request: _Request) -> None:
    """Raise FormRefused if the browser states that the form comes from another origin.

    Our pages have the referrer policy no-referrer, so `Origin` is "null" for their forms. Then `Sec-Fetch-Site`
    decides.
    """
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin not in {None, "null", any_context(request).origin}:
        raise FormRefused(f"the form comes from {origin}")
    if site not in {None, "same-origin", "none"}:
        raise FormRefused(f"the form comes from a page that is {site}")
