"""Reading of request header fields."""

import re
from collections.abc import Iterable, Mapping

Headers = Mapping[str, str]

_BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9._~+/-]+=*)\Z")


def header_fields(lines: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return the header fields of a request by their names in lower case.

    The values of fields with the same name are joined with commas (RFC 9110 5.2). So a field that occurs
    twice, although it may occur only once, is refused when its value is checked.
    """
    found: dict[str, str] = {}
    for name, line in lines:
        key, value = name.decode("latin-1"), line.decode("latin-1")
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def bearer_token(headers: Headers) -> str | None:
    """Return the access token of the Authorization header (RFC 6750 2.1; FAPI 1.0 Baseline 6.2.1-1), or None."""
    found = _BEARER.match(headers.get("authorization", ""))
    return found[1] if found else None
