"""The internal ids of objects that a retailer identifies by its own references.

An internal id is derived from the reference, so importing the same object again updates it and does not create a second
one. Recipients never see internal ids: they get ids that are encrypted for them
(tenants/disclosure/ids_for_recipients.py).
"""

from typing import Final, Literal
from uuid import UUID, uuid5

from tenants.cds.resource_ids import AccountId, ResourceId, ServicePointId

_NAMESPACE = UUID("3f1d3c0e-5d0a-5c86-9d0e-0c6f2a5b7a11")

InternalIdKind = Literal["service-point", "customer", "account", "login"]
_KINDS: Final[dict[type, InternalIdKind]] = {AccountId: "account", ServicePointId: "service-point"}


def internal_id(kind: InternalIdKind, reference: str) -> UUID:
    """Return the internal id of the object of `kind` that the retailer identifies by `reference`."""
    return uuid5(_NAMESPACE, f"{kind}:{reference}")


def internal_id_of(reference: ResourceId) -> UUID:
    """Return the internal id of the account or service point to which a payload of an import refers."""
    return internal_id(_KINDS[type(reference)], reference.value)
