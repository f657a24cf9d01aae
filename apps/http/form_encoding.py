"""Decoding of forms and query strings. The app that reads a form checks which fields it has."""

from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Request

from haas.errors import HaasError

MAXIMUM_BODY_BYTES: Final = 64 * 1024
_MEDIA_TYPE: Final = "application/x-www-form-urlencoded"

Fields = list[tuple[str, str]]


class FormUnreadable(HaasError):
    """A request body is not a form, or contains U+0000."""


async def body_fields(request: Request[Any, Any, Any], *, maximum: int) -> Fields:
    """Return the fields of the form in a request body, in their order. Raises FormUnreadable."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _MEDIA_TYPE:
        raise FormUnreadable(f"the content type must be {_MEDIA_TYPE}")
    return decode_fields(await request.body(), maximum=maximum)


def decode_fields(encoded: bytes, *, maximum: int) -> Fields:
    """Return the fields of a form or a query string, in their order. Raises FormUnreadable.

    U+0000 is refused: no OAuth parameter may contain it (RFC 6749 appendix A), and PostgreSQL cannot store it.
    """
    try:
        found = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=maximum)
    except ValueError as error:  # not ASCII, not UTF-8 after percent-decoding, or too many fields
        raise FormUnreadable("the form cannot be read") from error
    if any("\0" in name or "\0" in value for name, value in found):
        raise FormUnreadable("the form contains U+0000")
    return found
