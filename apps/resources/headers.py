"""The request headers of the standards ("HTTP Headers"). Each is read and checked by its own function."""

from base64 import b64decode
from binascii import Error as Base64Error
from datetime import UTC, datetime
from typing import Final

from apps.http.request_headers import CUSTOMER_ADDRESS, Headers, is_address
from apps.resources.media_ranges import accepts_json
from tenants.cds.errors import EXPECTED, HEADER_INVALID, HEADER_MISSING, CdsError

NOT_ACCEPTABLE: Final = 406
_IMF_FIXDATE = "%a, %d %b %Y %H:%M:%S GMT"
_OBSOLETE_DATES = ("%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")


def check_interaction_id(headers: Headers, returned_id: str) -> None:
    """Raise Header/Invalid if x-fapi-interaction-id is present and not a UUID.

    `returned_id` is the id in the response. It is the id of the request, or a new one if that is not a UUID.
    """
    if headers.get("x-fapi-interaction-id", returned_id) != returned_id:
        raise CdsError(HEADER_INVALID, "x-fapi-interaction-id is not a UUID")


def check_auth_date(headers: Headers) -> None:
    """Raise Header/Missing without x-fapi-auth-date, Header/Invalid if it is not an HTTP date (RFC 7231 7.1.1.1)."""
    value = headers.get("x-fapi-auth-date")
    if value is None:
        raise CdsError(HEADER_MISSING, "x-fapi-auth-date")
    if not any(_is_date(value, form) for form in (_IMF_FIXDATE, *_OBSOLETE_DATES)):
        raise CdsError(HEADER_INVALID, "x-fapi-auth-date is not an HTTP date")


def check_customer_ip_address(headers: Headers) -> None:
    """Raise Header/Invalid if x-fapi-customer-ip-address is present and not an IPv4 or IPv6 address."""
    value = headers.get(CUSTOMER_ADDRESS)
    if value is not None and not is_address(value):
        raise CdsError(HEADER_INVALID, f"{CUSTOMER_ADDRESS} is not an IP address without a zone")


def check_client_headers(headers: Headers) -> None:
    """Raise Header/Invalid if x-cds-client-headers is present and not Base64.

    The standards make it mandatory if the customer is present. A call without it is served nevertheless, because
    nothing here depends on it, and a refusal would withhold the data from a waiting customer.
    """
    value = headers.get("x-cds-client-headers")
    if value is not None:
        try:
            b64decode(value, validate=True)
        except (Base64Error, ValueError) as error:
            raise CdsError(HEADER_INVALID, "x-cds-client-headers is not Base64") from error


def check_accept(headers: Headers) -> None:
    """Raise GeneralError/Expected (406) if Accept is present and does not allow application/json in UTF-8.

    CDS, Response Codes, 406; RFC 9110 12.5.1.
    """
    value = headers.get("accept")
    if value is not None and not accepts_json(value):
        raise CdsError(EXPECTED, "Accept does not allow application/json in UTF-8", status=NOT_ACCEPTABLE)


def _is_date(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True
