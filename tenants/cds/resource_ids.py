"""The ids of accounts and service points inside this product, as types that msgspec cannot encode by itself.

So a payload with such an id can be encoded only by code that says what to write for the id. The response of a data API
contains the recipient's id (`tenants.disclosure.ids_for_recipients`). A row that is imported contains the internal id
(`tenants.accounts.internal_ids`). Every other attempt to encode the payload raises TypeError. So an internal id cannot
leave the product because somebody forgot to replace it.
"""

from typing import TypeVar


class ResourceId:
    """The id of an account or a service point."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        """Take the internal id as the text of a UUID; in a record of an import, the retailer's reference."""
        self.value = value

    def __eq__(self, other: object) -> bool:
        """Return whether the other id is of the same kind and has the same value."""
        return isinstance(other, ResourceId) and type(self) is type(other) and self.value == other.value

    def __hash__(self) -> int:
        """Return the hash of the value."""
        return hash(self.value)

    def __repr__(self) -> str:
        """Return the constructor's call."""
        return f"{type(self).__name__}({self.value!r})"


class AccountId(ResourceId):
    """The id of an energy account (CDS, EnergyAccountId)."""

    __slots__ = ()


class ServicePointId(ResourceId):
    """The id of a service point (CDS, EnergyServicePointId)."""

    __slots__ = ()


AnyId = TypeVar("AnyId", bound=ResourceId)


def read_id(kind: type[AnyId], text: object) -> AnyId:
    """Return an id from its text: the `dec_hook` with which msgspec reads payloads. Raises ValueError.

    The text must be an ASCIIString of the standards.
    """
    if isinstance(text, str) and text and text.isascii() and text.isprintable():
        return kind(text)
    raise ValueError("not of the form: ASCIIString")
