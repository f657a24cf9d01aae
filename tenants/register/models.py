"""Statuses that the Register publishes, and the results of polling them."""

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


class StatusEffects(msgspec.Struct):
    """Counts of the effects that changed statuses had in one or several tenants."""

    changed: int = 0
    """Clients whose statuses changed."""
    removed: int = 0
    """Clients whose registration was ended."""
    arrangements_ended: int = 0

    def add(self, other: "StatusEffects") -> None:
        """Add the counts of `other`."""
        self.changed += other.changed
        self.removed += other.removed
        self.arrangements_ended += other.arrangements_ended


class PollResult(msgspec.Struct, frozen=True):
    """The result of one poll: how many statuses were read, and their effects in the tenants."""

    environment: str
    recipients: int
    products: int
    tenants: int
    tenants_failed: int
    effects: StatusEffects
