"""Reading of request header fields."""

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address, ip_address
from typing import Final

Headers = Mapping[str, str]
CUSTOMER_ADDRESS: Final = "x-fapi-customer-ip-address"

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


def is_customer_present(headers: Headers) -> bool:
    """Return whether the customer uses the software product at the time of the call.

    This is the case "if, and only if, the x-fapi-customer-ip-address header is populated with a valid IP address" (CDS,
    NFR Definitions; clause C-N1).
    """
    value = headers.get(CUSTOMER_ADDRESS)
    return value is not None and is_address(value)


def is_address(value: str) -> bool:
    """Return whether `value` is an IPv4 or IPv6 address.

    An IPv6 zone is refused: it names an interface of one computer and means nothing elsewhere (RFC 4007 11.2).
    """
    try:
        address = ip_address(value.strip())
    except ValueError:
        return False
    return not (isinstance(address, IPv6Address) and address.scope_id is not None)


def bearer_token(headers: Headers) -> str | None:
    """Return the access token of the Authorization header (RFC 6750 2.1; FAPI 1.0 Baseline 6.2.1-1), or None."""
    found = _BEARER.match(headers.get("authorization", ""))
    return found[1] if found else None
