"""Form bodies, as strictly as OAuth reads them."""

from typing import Any, Final

from litestar import Request

from apps.http.form_fields import Fields, FormUnreadable, body_fields, fields
from tenants.oauth.errors import InvalidRequest

MAXIMUM_FIELDS: Final = 40

Form = dict[str, str]


async def read_form(request: Request[Any, Any, Any]) -> Form:
    """Return the form parameters of a request. Raises InvalidRequest."""
    try:
        return _parameters(await body_fields(request, maximum=MAXIMUM_FIELDS))
    except FormUnreadable as error:
        raise InvalidRequest(str(error)) from error


def parsed(query: bytes) -> Form:
    """Return the parameters of a query string. Raises InvalidRequest."""
    try:
        return _parameters(fields(query, maximum=MAXIMUM_FIELDS))
    except FormUnreadable as error:
        raise InvalidRequest(str(error)) from error


def _parameters(pairs: Fields) -> Form:
    """None may come twice; "sent without a value MUST be treated as if they were omitted" (RFC 6749 3.1, 3.2)."""
    form = dict(pairs)
    if len(form) != len(pairs):
        raise InvalidRequest("a parameter is there more than once")
    return {name: value for name, value in form.items() if value}
