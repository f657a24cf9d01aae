"""The encoding of every form that reaches us, read in one way; what its fields must be, each face says itself."""

from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Request

from haas.errors import HaasError

MAXIMUM_BODY_BYTES: Final = 64 * 1024
_MEDIA_TYPE: Final = "application/x-www-form-urlencoded"

Fields = list[tuple[str, str]]


class FormUnreadable(HaasError):
    """A body is no form, or has what no form of ours has."""


async def body_fields(request: Request[Any, Any, Any], *, maximum: int) -> Fields:
    """Return the fields of the form that a request carries, as they come. Raises FormUnreadable."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _MEDIA_TYPE:
        raise FormUnreadable(f"the content type must be {_MEDIA_TYPE}")
    return fields(await request.body(), maximum=maximum)


def fields(encoded: bytes, *, maximum: int) -> Fields:
    """Return the fields of a form or query string, as they come. Raises FormUnreadable.

    U+0000 is in no parameter (RFC 6749 appendix A), nobody can type it, and no database can look for it.
    """
    try:
        found = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=maximum)
    except ValueError as error:  # not ASCII, not UTF-8 behind the percent signs, or too many fields
        raise FormUnreadable("the form cannot be read") from error
    if any("\0" in name or "\0" in value for name, value in found):
        raise FormUnreadable("the form contains U+0000")
    return found
