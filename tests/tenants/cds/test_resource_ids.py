"""Ids inside the product: read from text, and encoded only by an encoder that says how."""

import json
from typing import Any

import msgspec
import pytest

from tenants.cds.resource_ids import AccountId, ResourceId, ServicePointId, read_id
from tenants.operations.endpoints import ENDPOINTS
from tenants.payloads.energy_account_v2 import EnergyAccountV2

IDS = (AccountId("a"), ServicePointId("a"))
ACCOUNT = {
    "accountId": "account",
    "creationDate": "2024-01-01",
    "plans": [{"servicePointIds": ["point"], "planOverview": {"startDate": "2024-01-01"}}],
}


@pytest.mark.parametrize("identifier", IDS, ids=repr)
@pytest.mark.parametrize(
    "encode", [msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins, msgspec.yaml.encode, json.dumps]
)
def test_nothing_encodes_an_id_by_itself(identifier: ResourceId, encode: Any) -> None:
    account = msgspec.convert(ACCOUNT, EnergyAccountV2, dec_hook=read_id)
    for value in (identifier, [identifier], {"id": identifier}, account):
        with pytest.raises(TypeError):
            encode(value)


def test_every_id_of_a_payload_is_read_and_encoded_by_the_hooks() -> None:
    account = msgspec.convert(ACCOUNT, EnergyAccountV2, dec_hook=read_id)
    assert account.accountId == AccountId("account")
    assert account.plans[0].servicePointIds == [ServicePointId("point")]
    encoded = msgspec.json.encode(account, enc_hook=lambda identifier: f"their {identifier.value}")
    assert b'"their account"' in encoded
    assert b'"their point"' in encoded


def test_ids_of_different_kinds_are_different() -> None:
    assert len(set(IDS)) == 2
    assert AccountId("a") != "a"
    assert repr(IDS[0]) == "AccountId('a')"


@pytest.mark.parametrize("text", ["", "é", "a\nb", "\x7f", 1, None])
def test_a_value_that_is_no_ascii_string_is_refused_with_its_path(text: object) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"not of the form: ASCIIString - at `\$.accountId`"):
        msgspec.convert({**ACCOUNT, "accountId": text}, EnergyAccountV2, dec_hook=read_id)


def _fields(kind: msgspec.inspect.Type) -> list[tuple[str, msgspec.inspect.Type]]:
    match kind:
        case msgspec.inspect.StructType(fields=fields):
            return [pair for field in fields for pair in ((field.encode_name, field.type), *_fields(field.type))]
        case msgspec.inspect.ListType(item_type=item):
            return _fields(item)
        case msgspec.inspect.UnionType(types=types):
            return [pair for each in types for pair in _fields(each)]
    return []


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.resource], ids=lambda each: each.operation)
def test_no_payload_has_the_id_of_an_account_or_a_service_point_as_text(endpoint: Any) -> None:
    payloads = {endpoint.resource.item, *(each.payload for each in endpoint.versions if each.payload)}
    found = [pair for payload in payloads for pair in _fields(msgspec.inspect.type_info(payload))]
    assert found
    texts = [name for name, kind in found if name in {"accountId", "servicePointId"} and not _is_id(kind)]
    lists = [(name, kind.item_type) for name, kind in found if name in {"servicePointIds", "servicePoints"}]  # type: ignore[attr-defined]
    # Get Service Points has a list of objects, whose fields are among those found.
    of_texts = [name for name, item in lists if not _is_id(item) and not isinstance(item, msgspec.inspect.StructType)]
    assert texts == of_texts == []


def _is_id(kind: msgspec.inspect.Type) -> bool:
    """Return whether a type is that of an id. The id of an optional field may be None."""
    if isinstance(kind, msgspec.inspect.UnionType):
        return all(_is_id(each) or isinstance(each, msgspec.inspect.NoneType) for each in kind.types)
    return isinstance(kind, msgspec.inspect.CustomType) and issubclass(kind.cls, ResourceId)
