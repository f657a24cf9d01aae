"""The request headers of the standards ("HTTP Headers"), each read and checked by a function of its own."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Final

from apps.http.request_headers import Headers
from tenants.cds.errors import EXPECTED, HEADER_INVALID, HEADER_MISSING, CdsError

NOT_ACCEPTABLE: Final = 406
_IMF_FIXDATE = "%a, %d %b %Y %H:%M:%S GMT"
_OBSOLETE_DATES = ("%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
_ACCEPTED = frozenset({"*/*", "application/*", "application/json"})


def is_customer_present(headers: Headers) -> bool:
    """Whether the call is made while the customer uses the software product."""
    return "x-fapi-customer-ip-address" in headers


def check_interaction_id(headers: Headers, played_back: str) -> None:
    """x-fapi-interaction-id, when given, is a UUID: only such a one is what we play back."""
    if headers.get("x-fapi-interaction-id", played_back) != played_back:
        raise CdsError(HEADER_INVALID, "x-fapi-interaction-id is not a UUID")


def check_auth_date(headers: Headers) -> None:
    """x-fapi-auth-date is there, as an HTTP date (RFC 7231 7.1.1.1)."""
    value = headers.get("x-fapi-auth-date")
    if value is None:
        raise CdsError(HEADER_MISSING, "x-fapi-auth-date")
    if not any(_is_date(value, form) for form in (_IMF_FIXDATE, *_OBSOLETE_DATES)):
        raise CdsError(HEADER_INVALID, "x-fapi-auth-date is not an HTTP date")


def check_customer_ip_address(headers: Headers) -> None:
    """x-fapi-customer-ip-address, when given, is an IPv4 or IPv6 address."""
    value = headers.get("x-fapi-customer-ip-address")
    if value is not None:
        try:
            ip_address(value.strip())
        except ValueError as error:
            raise CdsError(HEADER_INVALID, "x-fapi-customer-ip-address is not an IP address") from error


def check_client_headers(headers: Headers) -> None:
    """x-cds-client-headers, when given, is Base64.

    The standards make it mandatory of a customer-present call. A call without it is answered all the same: nothing here
    depends on it, and a refusal would keep from the customer what they are waiting for.
    """
    value = headers.get("x-cds-client-headers")
    if value is not None:
        try:
            b64decode(value, validate=True)
        except (Base64Error, ValueError) as error:
            raise CdsError(HEADER_INVALID, "x-cds-client-headers is not Base64") from error


def check_accept(headers: Headers) -> None:
    """Accept, when given, allows application/json in UTF-8 (CDS, Response Codes, 406)."""
    value = headers.get("accept")
    if value is not None and not any(_is_acceptable(media_range) for media_range in value.split(",")):
        raise CdsError(EXPECTED, "Accept allows no application/json in UTF-8", status=NOT_ACCEPTABLE)


def _is_acceptable(media_range: str) -> bool:
    kind, *parameters = (part.strip().lower() for part in media_range.split(";"))
    return kind in _ACCEPTED and not _refuses(parameters)


def _refuses(parameters: Iterable[str]) -> bool:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in {"utf-8", "utf8"}:
            return True
        if name == "q" and re.fullmatch(r"0(\.0*)?", value):
            return True
    return False


def _is_date(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True
