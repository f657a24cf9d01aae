"""Statuses, as the Register gives them."""

from collections.abc import Mapping
from typing import Final, get_args

import msgspec

from tenants.register.duties import ProductStatus, RecipientStatus

RECIPIENT_STATUSES: Final[frozenset[str]] = frozenset(get_args(RecipientStatus))
PRODUCT_STATUSES: Final[frozenset[str]] = frozenset(get_args(ProductStatus))


class Statuses(msgspec.Struct, frozen=True):
    """Statuses of data recipients by legal entity id, and of software products by their id."""

    recipients: Mapping[str, RecipientStatus]
    products: Mapping[str, ProductStatus]


class FannedOut(msgspec.Struct):
    """What a change of statuses came to in one tenant, or in several."""

    changed: int = 0
    removed: int = 0
    arrangements_ended: int = 0

    def add(self, other: "FannedOut") -> None:
        """Add the counts of `other`."""
        self.changed += other.changed
        self.removed += other.removed
        self.arrangements_ended += other.arrangements_ended


class Polled(msgspec.Struct, frozen=True):
    """What one poll found and did."""

    environment: str
    recipients: int
    products: int
    tenants: int
    tenants_failed: int
    effects: FannedOut
