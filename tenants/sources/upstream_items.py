"""The items in the responses of the retailer's own server, read one by one with internal ids."""

import logging
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from tenants.accounts.internal_ids import internal_id, service_point_id
from tenants.cds.resource_ids import AccountId, AnyId, ServicePointId, read_id
from tenants.operations.models import Resource
from tenants.upstream.errors import UpstreamUnavailable
from tenants.upstream.messages import RefusedAccount, UpstreamResponse

logger = logging.getLogger(__name__)

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Refused(msgspec.Struct, frozen=True):
    """The part of the data that names refused accounts."""

    refused: list[RefusedAccount] = []


_one = msgspec.json.Decoder(UpstreamResponse[msgspec.Raw])
_several = msgspec.json.Decoder(UpstreamResponse[dict[str, msgspec.Raw]])
_refused = msgspec.json.Decoder(UpstreamResponse[_Refused])
_decoders: Final[dict[type[Any], msgspec.json.Decoder[Any]]] = {}
_list = msgspec.json.Decoder(list[msgspec.Raw])


def only_item(operation: str, body: bytes) -> list[msgspec.Raw]:
    """Return the item of a response that contains one, in a list. Raises UpstreamUnavailable."""
    try:
        return [_one.decode(body).data]
    except _UNREADABLE:
        raise unreadable(operation) from None


def listed_items(operation: str, body: bytes, member: str) -> list[msgspec.Raw]:
    """Return the items of a response whose data has a list in this member. Raises UpstreamUnavailable."""
    try:
        return _list.decode(_several.decode(body).data[member])
    except (*_UNREADABLE, KeyError):
        raise unreadable(operation) from None


def refused_accounts(operation: str, body: bytes) -> dict[str, str | None]:
    """Return the accounts that a response says are refused, with the reason codes. Raises UpstreamUnavailable."""
    try:
        return {each.account_id: each.reason for each in _refused.decode(body).data.refused}
    except _UNREADABLE:
        raise unreadable(operation) from None


def valid_items(resource: Resource, kind: type[Any], raw: Iterable[msgspec.Raw]) -> list[Any]:
    """Return the items that follow the standards. One that does not is left out, and the log says so, as in the store.

    Their ids are internal ids.
    """
    found = []
    for each in raw:
        try:
            found.append(_decoder(kind).decode(each))
        except _UNREADABLE as error:
            logger.warning("sources.invalid_item", extra={"resource": resource.name, "problem": str(error)})
    return found


def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    if kind not in _decoders:
        _decoders[kind] = msgspec.json.Decoder(kind, dec_hook=_internal)
    return _decoders[kind]


def _internal(kind: type[AnyId], text: object) -> AnyId:
    """Return the internal id for an id of the retailer. Both sources give an object the same internal id."""
    reference = read_id(kind, text).value
    if issubclass(kind, AccountId):
        return kind(str(internal_id("account", reference)))
    if issubclass(kind, ServicePointId):
        return kind(str(service_point_id(reference)))
    raise TypeError(f"the retailer's server cannot give a {kind.__name__}")


def unreadable(operation: str) -> UpstreamUnavailable:
    """Return the error for a response that cannot be read, and log it."""
    logger.error("upstream.unreadable_answer", extra={"operation": operation})
    return UpstreamUnavailable(f"{operation}: the answer cannot be read")
