"""What happened to an authorisation, and who is told of it."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from tenants.arrangements.models import EndedBy
from tenants.notices.models import DecidedFor
from tenants.parties.models import PreferredChannel

ONCE_OFF: Final = 86_400
"""An authorisation for at most so many seconds is a once-off one for people (K-5)."""
NoticeChoice = Literal["all", "given-and-amended", "none"]
"""Which notices about the others' sharing of an account a holder wants (CDR Rules 4A.14(3)): all; only that an
authorisation was given or amended; or none. What the account holder is told of a secondary user (4.28), and what a
holder is asked, is always sent.
"""


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may act for a customer."""

    login_id: UUID
    name: str
    email: str | None
    mobile: str | None
    channel: PreferredChannel | None
    """How the person wants to be told; None if that is not known."""


class Addressee(msgspec.Struct, frozen=True, kw_only=True):
    """The customer who is told, and the persons to whom it is sent."""

    customer_id: UUID
    reference: str
    """The id that the retailer uses for the customer."""
    name: str
    contacts: tuple[Receiver, ...]
    """Empty if no person is known who can be told in the customer's place: then the customer gets a letter."""


class Written(msgspec.Struct, frozen=True):
    """A notice as it is written for one addressee."""

    subject: str
    text: str
    short: str
    """For a text message."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to the sharing of accounts under one authorisation."""

    arrangement_id: UUID
    decided_for: DecidedFor | None
    """Whose sharing or decision it is, and of which accounts."""
    key: str
    """What tells this event from others that are told about."""
    at: datetime
    recipient: str
    """The name of the data recipient."""
    accounts: tuple[str, ...]
    """The name of each account that is concerned."""
    removed: tuple[str, ...] = ()
    """The name of each account that an amendment has removed."""
    until: datetime | None = None
    """The end of a given or amended authorisation; None if it is a once-off one."""
    due_at: datetime | None = None
    """The time limit for an approval."""
    is_of_user: bool = False
    """Whether a secondary user had authorised, and not another holder."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt tells the person who authorised."""

    at: datetime
    """When it happened. For a receipt before the end: the end."""
    recipient: str
    """The name of the data recipient."""
    customer: str | None
    """The name of the customer whose data it is, if that is not the person."""
    accounts: tuple[str, ...]
    """The name of each account that is shared."""
    pending: tuple[str, ...] = ()
    """The name of each account that waits for the approval of other holders."""
    removed: tuple[str, ...] = ()
    """The name of each account that an amendment has removed."""
    until: datetime | None = None
    """The end of the authorisation; None if it is a once-off one."""
    ended_by: EndedBy | None = None
    withdrawn_by: str | None = None
    """Who has withdrawn it at the brand, as the subject of a sentence; None if that is who gets the receipt."""
