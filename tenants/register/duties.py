"""What a data holder must and must not do, by the statuses of a recipient (CDS, Data Holder Responsibilities)."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, get_args

RecipientStatus = Literal["ACTIVE", "SUSPENDED", "REVOKED", "SURRENDERED"]
ProductStatus = Literal["ACTIVE", "INACTIVE", "REMOVED"]


class Duties(NamedTuple):
    """The duties for one combination of statuses: a row of the table in the standards."""

    disclose: bool = False
    """Disclose consumer data."""
    authorise: bool = False
    """Let consumers authorise disclosures."""
    withdraw: bool = False
    """Let consumers withdraw their authorisations."""
    invalidate: bool = False
    """Invalidate the consents."""
    clean_up: bool = False
    """Remove the registration of the software product."""


_REMOVED: Final = Duties(invalidate=True, clean_up=True)
_TABLE: Final[Mapping[tuple[RecipientStatus, ProductStatus], Duties]] = {
    ("ACTIVE", "ACTIVE"): Duties(disclose=True, authorise=True, withdraw=True),
    ("ACTIVE", "INACTIVE"): Duties(withdraw=True),
    ("ACTIVE", "REMOVED"): _REMOVED,
    ("SUSPENDED", "INACTIVE"): Duties(withdraw=True),
    ("SUSPENDED", "REMOVED"): _REMOVED,
    ("REVOKED", "REMOVED"): _REMOVED,
    ("SURRENDERED", "REMOVED"): _REMOVED,
}
# "When a Data Recipient status is Suspended, Revoked or Surrendered the Software Product status cannot be Active". The
# two lists are fetched separately, so such a pair can occur for a short time. The product is then treated as if it had
# the status that follows from the recipient's status.
_PRODUCT_STATUS_BY_RECIPIENT: Final[Mapping[RecipientStatus, ProductStatus]] = {
    "ACTIVE": "INACTIVE",
    "SUSPENDED": "INACTIVE",
    "REVOKED": "REMOVED",
    "SURRENDERED": "REMOVED",
}


def duties(recipient: RecipientStatus, product: ProductStatus) -> Duties:
    """Return the duties of the data holder for the two statuses together."""
    return _TABLE.get((recipient, product)) or _TABLE[(recipient, _PRODUCT_STATUS_BY_RECIPIENT[recipient])]


STATUSES_TO_CLEAN_UP: Final = tuple(
    (recipient, product)
    for recipient in get_args(RecipientStatus)
    for product in get_args(ProductStatus)
    if duties(recipient, product).clean_up
)
"""The pairs of statuses (recipient, product) whose registrations must be removed and whose consents are invalidated."""
