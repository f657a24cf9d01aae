"""The ids of accounts and service points as one recipient sees them for one customer (CDS, ID Permanence).

Stable across sessions, consents and registrations, since they are bound to the software product and the customer and to
nothing else; without meaning, and not transferable to another software product or customer.
"""

from typing import Literal
from uuid import UUID

from haas.errors import HaasError
from haas.jose import SealError, Siv

ResourceKind = Literal["account", "service-point"]


class ForeignId(HaasError):
    """The id was not made by us for this software product and customer."""


class ResourceIds:
    """Conceals and reveals ids for one software product and customer of a tenant."""

    __slots__ = ("_customer", "_siv", "_software_id")

    def __init__(self, siv: Siv, software_id: str, customer_id: UUID) -> None:
        """Take the tenant's SIV key and what the ids are bound to."""
        self._siv = siv
        self._software_id = software_id
        self._customer = customer_id.hex

    def conceal(self, kind: ResourceKind, internal: UUID) -> str:
        """Return the id by which this recipient knows `internal`."""
        return self._siv.conceal(internal.hex, kind, self._software_id, self._customer)

    def reveal(self, kind: ResourceKind, identifier: str) -> UUID:
        """Return the internal id. Raises ForeignId for an id that is made up, another kind's, or another's."""
        try:
            return UUID(self._siv.reveal(identifier, kind, self._software_id, self._customer))
        except (SealError, ValueError) as error:
            raise ForeignId("not an id of this recipient and customer") from error
