"""The request body that names accounts or service points (CDS, RequestAccountIdListV1, RequestServicePointIdListV1)."""

import re
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from apps.http.request_headers import Headers
from tenants.cds.errors import EXPECTED, FIELD_INVALID, FIELD_MISSING, CdsError
from tenants.operations.models import NAMED_OWNERS

MAXIMUM_IDS: Final = 1000
"""The most ids that a request may name. The standards define no limit."""
UNSUPPORTED_MEDIA_TYPE: Final = 415
_MISSING: Final = re.compile(r"Object missing required field `(\w+)`\Z")


def _decoder(member: str) -> msgspec.json.Decoder[Any]:
    """Return the decoder of a body whose `data` has a list of ids in this member."""
    data = msgspec.defstruct("_Data", [(member, Annotated[list[str], Meta(max_length=MAXIMUM_IDS)])])
    body = msgspec.defstruct("_Body", [("data", data), ("meta", dict[str, Any] | None, None)])
    return msgspec.json.Decoder(body)


_DECODERS: Final = {owner.ids_member: _decoder(owner.ids_member) for owner in NAMED_OWNERS.values()}


def named_ids(headers: Headers, body: bytes, member: str) -> list[str]:
    """Return the ids in a member of the body's `data`, each once, in their order.

    Raises CdsError: GeneralError/Expected with the status 415 if the Content-Type is not JSON; Field/Missing or
    Field/Invalid if the body is malformed or names more than `MAXIMUM_IDS` ids.
    """
    return list(dict.fromkeys(getattr(decoded_body(headers, body, _DECODERS[member]).data, member)))


def decoded_body(headers: Headers, body: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    """Return the body of a request as the decoder's type.

    Raises CdsError: GeneralError/Expected with the status 415 if the Content-Type is not JSON; Field/Missing or
    Field/Invalid if the body is malformed.
    """
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise CdsError(EXPECTED, "Content-Type is not application/json", status=UNSUPPORTED_MEDIA_TYPE)
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _field_error(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CdsError(FIELD_INVALID, "the body is not JSON in UTF-8") from error


def _field_error(message: str) -> CdsError:
    """Return the error for a message of msgspec, such as "Expected `array`, got `int` - at `$.data.accountIds`"."""
    reason, _, place = message.partition(" - at `$")
    path = place.strip(".`").replace(".", "/")
    missing = _MISSING.match(reason)
    if missing:
        return CdsError(FIELD_MISSING, f"{path}/{missing[1]}" if path else missing[1])
    return CdsError(FIELD_INVALID, path or "the body is not an object")
