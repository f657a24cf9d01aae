"""The internal ids of the objects of a tenant. They do not depend on the source from which an object was read.

An internal id is derived from what identifies the object in every source: of an account, a customer or a login the
retailer's own id, of a service point its NMI. So importing the same object again updates it and does not create a
second one, and the ids that recipients see stay the same if the tenant changes its source. Recipients never see
internal ids: they get ids that are encrypted for them (tenants/disclosure/ids_for_recipients.py).
"""

from collections.abc import Mapping
from typing import Final, Literal
from uuid import UUID, uuid5

from tenants.cds.resource_ids import AccountId, ServicePointId

_NAMESPACE = UUID("3f1d3c0e-5d0a-5c86-9d0e-0c6f2a5b7a11")
NMI_CHARACTERS: Final = 10
"""The length of an NMI without its check digit (AEMO, National Metering Identifier)."""

InternalIdKind = Literal["customer", "account", "login"]


def internal_id(kind: InternalIdKind, reference: str) -> UUID:
    """Return the internal id of the object of `kind` that the retailer identifies by `reference`."""
    return uuid5(_NAMESPACE, f"{kind}:{reference}")


def nmi_without_check_digit(nmi: str) -> str:
    """Return the ten characters that identify a service point. Some systems write the check digit after them."""
    return nmi[:NMI_CHARACTERS].upper()


def service_point_id(nmi: str) -> UUID:
    """Return the internal id of the service point with this NMI, with or without the check digit."""
    return uuid5(_NAMESPACE, f"service-point:{nmi_without_check_digit(nmi)}")


def internal_id_of(reference: object, service_points: Mapping[str, UUID]) -> UUID:
    """Return the internal id of the object to which a payload of an import refers.

    `service_points` has the internal ids of service points by their references. Raises KeyError for another reference.
    """
    match reference:
        case AccountId():
            return internal_id("account", reference.value)
        case ServicePointId():
            return service_points[reference.value]
    raise TypeError(f"an import cannot contain a {type(reference).__name__}")
