"""Form bodies, as strictly as OAuth reads them."""

from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Request

from tenants.oauth.errors import InvalidRequest

MAXIMUM_BODY_BYTES: Final = 64 * 1024
MAXIMUM_FIELDS: Final = 40
_MEDIA_TYPE: Final = "application/x-www-form-urlencoded"

Form = dict[str, str]


async def read_form(request: Request[Any, Any, Any]) -> Form:
    """Return the form parameters of a request. Raises InvalidRequest.

    "Parameters sent without a value MUST be treated as if they were omitted", and none may come twice (RFC 6749 3.2).
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _MEDIA_TYPE:
        raise InvalidRequest(f"the content type must be {_MEDIA_TYPE}")
    return parsed(await request.body())


def parsed(body: bytes) -> Form:
    """Return the parameters of a form or query string, each of which may be there once. Raises InvalidRequest.

    U+0000 is in no parameter (RFC 6749 appendix A), and no database can look for it.
    """
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAXIMUM_FIELDS)
    except ValueError as error:  # not ASCII, not UTF-8 behind the percent signs, or too many fields
        raise InvalidRequest("the form cannot be read") from error
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise InvalidRequest("the form contains U+0000")
    form = dict(pairs)
    if len(form) != len(pairs):
        raise InvalidRequest("a parameter is there more than once")
    return {name: value for name, value in form.items() if value}
