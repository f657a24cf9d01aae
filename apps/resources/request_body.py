"""The request body that names accounts (CDS, RequestAccountIdListV1)."""

import re
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from apps.http.request_headers import Headers
from tenants.cds.errors import EXPECTED, FIELD_INVALID, FIELD_MISSING, CdsError

MAXIMUM_IDS: Final = 1000
"""The most ids that a request may name. The standards define no limit."""
UNSUPPORTED_MEDIA_TYPE: Final = 415
_MISSING: Final = re.compile(r"Object missing required field `(\w+)`\Z")


class _Data(msgspec.Struct):
    accountIds: Annotated[list[str], Meta(max_length=MAXIMUM_IDS)]  # noqa: N815 - the standards' name


class _Body(msgspec.Struct):
    data: _Data
    meta: dict[str, Any] | None = None


_decoder: Final = msgspec.json.Decoder(_Body)


def account_ids(headers: Headers, body: bytes) -> list[str]:
    """Return the ids of the body, each once, in their order.

    Raises CdsError: GeneralError/Expected with the status 415 if the Content-Type is not JSON; Field/Missing or
    Field/Invalid if the body is malformed or names more than `MAXIMUM_IDS` ids.
    """
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise CdsError(EXPECTED, "Content-Type is not application/json", status=UNSUPPORTED_MEDIA_TYPE)
    try:
        named = _decoder.decode(body).data.accountIds
    except msgspec.ValidationError as error:
        raise _field_error(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CdsError(FIELD_INVALID, "the body is not JSON in UTF-8") from error
    return list(dict.fromkeys(named))


def _field_error(message: str) -> CdsError:
    """Return the error for a message of msgspec, such as "Expected `array`, got `int` - at `$.data.accountIds`"."""
    reason, _, place = message.partition(" - at `$")
    path = place.strip(".`").replace(".", "/")
    missing = _MISSING.match(reason)
    if missing:
        return CdsError(FIELD_MISSING, f"{path}/{missing[1]}" if path else missing[1])
    return CdsError(FIELD_INVALID, path or "the body is not an object")
