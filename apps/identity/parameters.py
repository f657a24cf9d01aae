"""The parameters of the authorization server's endpoints: form bodies and query strings (RFC 6749 3.1, 3.2)."""

from typing import Any, Final

from litestar import Request

from apps.http.form_encoding import Fields, FormUnreadable, body_fields, decode_fields
from tenants.oauth.errors import InvalidRequest

MAXIMUM_FIELDS: Final = 40

Parameters = dict[str, str]
"""The parameters by name. Each occurs once, and none is empty."""


async def form_parameters(request: Request[Any, Any, Any]) -> Parameters:
    """Return the parameters in the form body of a request. Raises InvalidRequest."""
    try:
        return _parameters(await body_fields(request, maximum=MAXIMUM_FIELDS))
    except FormUnreadable as error:
        raise InvalidRequest(str(error)) from error


def query_parameters(query: bytes) -> Parameters:
    """Return the parameters of a query string. Raises InvalidRequest."""
    try:
        return _parameters(decode_fields(query, maximum=MAXIMUM_FIELDS))
    except FormUnreadable as error:
        raise InvalidRequest(str(error)) from error


def _parameters(fields: Fields) -> Parameters:
    """Return the parameters without empty ones, which count as absent (RFC 6749 3.1, 3.2).

    Raises InvalidRequest if a parameter occurs more than once.
    """
    found = dict(fields)
    if len(found) != len(fields):
        raise InvalidRequest("a parameter occurs more than once")
    return {name: value for name, value in found.items() if value}
