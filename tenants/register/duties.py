"""What a data holder does and must not do for a recipient, by its status (CDS, Data Holder Responsibilities)."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

RecipientStatus = Literal["ACTIVE", "SUSPENDED", "REVOKED", "SURRENDERED"]
ProductStatus = Literal["ACTIVE", "INACTIVE", "REMOVED"]


class Duties(NamedTuple):
    """One line of the standards' table."""

    disclose: bool = False
    authorise: bool = False
    withdraw: bool = False
    invalidate: bool = False
    clean_up: bool = False


_REMOVED: Final = Duties(invalidate=True, clean_up=True)
_NAMED: Final[Mapping[tuple[RecipientStatus, ProductStatus], Duties]] = {
    ("ACTIVE", "ACTIVE"): Duties(disclose=True, authorise=True, withdraw=True),
    ("ACTIVE", "INACTIVE"): Duties(withdraw=True),
    ("ACTIVE", "REMOVED"): _REMOVED,
    ("SUSPENDED", "INACTIVE"): Duties(withdraw=True),
    ("SUSPENDED", "REMOVED"): _REMOVED,
    ("REVOKED", "REMOVED"): _REMOVED,
    ("SURRENDERED", "REMOVED"): _REMOVED,
}
# "When a Data Recipient status is Suspended, Revoked or Surrendered the Software Product status cannot be Active": for
# a while it can, since the two come in separate answers. Such a product is held as the cascade will leave it.
_CASCADE: Final[Mapping[RecipientStatus, ProductStatus]] = {
    "ACTIVE": "INACTIVE",
    "SUSPENDED": "INACTIVE",
    "REVOKED": "REMOVED",
    "SURRENDERED": "REMOVED",
}


def duties(recipient: RecipientStatus, product: ProductStatus) -> Duties:
    """Return what the two statuses together ask of a data holder."""
    return _NAMED.get((recipient, product)) or _NAMED[(recipient, _CASCADE[recipient])]
