"""The ids of accounts and service points that one recipient sees for one customer (CDS, ID Permanence).

An id is the internal id, encrypted and bound to the software product and the customer. So it stays the same across
sessions, consents and registrations, has no meaning, and is not valid for another software product or customer.
"""

from typing import Final
from uuid import UUID

from haas.errors import HaasError
from haas.jose import SealError, Siv
from tenants.cds.resource_ids import AccountId, ResourceId, ServicePointId

_KINDS: Final[dict[type[ResourceId], str]] = {AccountId: "account", ServicePointId: "service-point"}


class InvalidResourceId(HaasError):
    """The id was not made for this software product and customer."""


class ResourceIds:
    """Encrypts and decrypts ids for one software product and one customer of a tenant.

    An object is made for one call. It keeps the ids that it has made, because many records of a page have the same one.
    """

    __slots__ = ("_concealed", "_customer", "_siv", "_software_id")

    def __init__(self, siv: Siv, software_id: str, customer_id: UUID) -> None:
        """Take the tenant's SIV key, and the software product and the customer that ids are bound to."""
        self._siv = siv
        self._software_id = software_id
        self._customer = customer_id.hex
        self._concealed: dict[type[ResourceId], dict[str, str]] = {kind: {} for kind in _KINDS}

    def conceal(self, internal: object) -> str:
        """Return the id of `internal` for this recipient: the `enc_hook` with which msgspec encodes a response.

        Raises TypeError if `internal` is not the id of an account or a service point.
        """
        if not isinstance(internal, ResourceId):
            raise TypeError(f"a response cannot contain a {type(internal).__name__}")
        known = self._concealed[type(internal)]
        found = known.get(internal.value)
        if found is None:
            value, kind = internal.value.replace("-", ""), _KINDS[type(internal)]
            found = known[internal.value] = self._siv.conceal(value, kind, self._software_id, self._customer)
        return found

    def reveal(self, kind: type[ResourceId], identifier: str) -> UUID:
        """Return the internal id. Raises InvalidResourceId if the id is invalid or was made for something else."""
        try:
            return UUID(self._siv.reveal(identifier, _KINDS[kind], self._software_id, self._customer))
        except (SealError, ValueError) as error:
            raise InvalidResourceId("the id was not made for this recipient and customer") from error
