"""The internal id of what a retailer calls by a reference of its own.

It follows from the reference, so that importing the same thing again changes it and does not make it twice. Recipients
never see it: what they get is concealed (tenants/disclosure/resource_ids.py).
"""

from typing import Literal
from uuid import UUID, uuid5

_NAMESPACE = UUID("3f1d3c0e-5d0a-5c86-9d0e-0c6f2a5b7a11")

IdentityKind = Literal["service-point", "customer", "account", "login"]


def identity(kind: IdentityKind, reference: str) -> UUID:
    """Return the id of the thing of `kind` that the retailer calls `reference`."""
    return uuid5(_NAMESPACE, f"{kind}:{reference}")
