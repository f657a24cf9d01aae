"""The person who did something for a customer, and how that is said to who reads of it.

A representative is named by role only, to every reader: the name is personal data of another person, who may also be
another holder of the account (K-25, decision 0071).
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from haas.language import gettext, gettext_noop
from tenants.parties.models import RepresentationRole


class ActedBy(msgspec.Struct, frozen=True, kw_only=True):
    """The person who did something for a customer."""

    login_id: UUID
    role: RepresentationRole | None
    """By which authority, on the day of the act; None if the retailer has no authority on record for that day."""


_TO_THE_CUSTOMER: Final[Mapping[RepresentationRole | None, str]] = {
    "nominated-representative": gettext_noop("Your nominated representative"),
    "attorney": gettext_noop("Your attorney"),
    "guardian": gettext_noop("Your guardian"),
    "administrator": gettext_noop("An administrator who acts for you"),
    None: gettext_noop("Somebody who acted for you"),
}
_TO_OTHERS: Final[Mapping[RepresentationRole | None, str]] = {
    "nominated-representative": gettext_noop("A nominated representative of {customer}"),
    "attorney": gettext_noop("An attorney of {customer}"),
    "guardian": gettext_noop("A guardian of {customer}"),
    "administrator": gettext_noop("An administrator who acts for {customer}"),
    None: gettext_noop("Somebody who acted for {customer}"),
}


_UNKNOWN: Final = gettext_noop("You or somebody who may act for you")


def acted_by_in_records(acted: ActedBy | None) -> str:
    """Return who did something for a customer, as the subject of a sentence in the customer's own records."""
    if acted is None:
        return gettext(_UNKNOWN)
    return gettext("You") if acted.role == "self" else gettext(_TO_THE_CUSTOMER[acted.role])


def acted_by_text(acted: ActedBy | None, reader_id: UUID, customer: str, *, reader_is_customer: bool) -> str | None:
    """Return who did something for a customer, as the subject of a sentence, or None if `reader_id` did it.

    `customer` is the name of the customer, and `reader_is_customer` says whether the login `reader_id` is the customer
    in person. `acted` is None if nobody has stored who it was.
    """
    if acted is None:
        if reader_is_customer:
            return gettext(_UNKNOWN)
        return gettext("{customer} or somebody who may act for {customer}", customer=customer)
    if acted.login_id == reader_id:
        return None
    if acted.role == "self":
        return customer
    return gettext((_TO_THE_CUSTOMER if reader_is_customer else _TO_OTHERS)[acted.role], customer=customer)
