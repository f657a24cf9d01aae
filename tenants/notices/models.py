"""Notices of the outbox, and the payload of each kind."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from tenants.keys.credentials import Credential

About = Literal[
    "authorisation-given",
    "authorisation-amended",
    "authorisation-withdrawn",
    "authorisation-ended",
    "authorisation-expired",
    "approval-asked",
    "approval-declined",
    "approval-lapsed",
    "approval-withdrawn",
    "option-changed",
    "option-proposed",
    "option-declined",
    "option-lapsed",
    "receipt-given",
    "receipt-changed",
    "receipt-withdrawn",
    "receipt-ended",
    "receipt-expiring",
    "receipt-expired",
]
"""What a customer is told about an arrangement or about a joint account (CDR Rules 4.28, 4A.7, 4A.8 and 4A.14), or in a
receipt, which is the choice of the brand.

An authorisation is withdrawn by who gave it, on our dashboard or at the recipient. It ends for other reasons, such as
the end of the recipient's accreditation, and expires when its time is over.
"""
RECEIPTS: Final[tuple[About, ...]] = (
    "receipt-given",
    "receipt-changed",
    "receipt-withdrawn",
    "receipt-ended",
    "receipt-expiring",
    "receipt-expired",
)
"""What who has authorised is told, if the brand has chosen it. All else that is told is a duty."""
HELD_BACK: Final = "held back, because it must not be sent any more (CDR Rules 4A.15)"
"""Why a notice is given up that a harm flag conceals. Nobody has to send it in another way."""
TO_BE_POSTED: Final = "to be sent by post"
"""Why a letter is given up: a person sends it."""


class DecidedFor(NamedTuple):
    """Whose sharing or decision a notice tells to somebody else, and the accounts that it concerns.

    A harm flag of this customer on one of the accounts holds the notice back (CDR Rules 4A.15).
    """

    customer_id: UUID
    account_ids: tuple[UUID, ...]


class EmailPayload(msgspec.Struct, frozen=True):
    """An email in plain text."""

    to: str
    subject: str
    text: str


class SmsPayload(msgspec.Struct, frozen=True):
    """A text message."""

    to: str
    text: str


class LetterPayload(msgspec.Struct, frozen=True):
    """A letter to a customer whom the retailer tells on paper. The retailer knows the address."""

    customer_reference: str
    """The id that the retailer uses for the customer."""
    to: str
    """The name of the person, or of the customer."""
    subject: str
    text: str


class ArrangementRevokedPayload(msgspec.Struct, frozen=True):
    """An ended arrangement. There is no notice if its recipient or the Register ended it, or if it expired."""

    arrangement_id: UUID
    client_id: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that is leased for one delivery attempt."""

    id: UUID
    lease: UUID
    kind: str
    payload: Any
    created_at: datetime
    expires_at: datetime | None
    tries: int  # the number of delivery attempts, including the current one
    decided_for: UUID | None = None  # the customer whose harm flag holds it back
    replayed_at: datetime | None = None  # when staff has last sent it again after it was given up


class SmsReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway reports of a text message that it had accepted."""

    reference: UUID
    """The `reference` of the message."""
    status: Literal["delivered", "failed"]
    reason: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}\Z")] | None = None
    """Why it was not delivered, as a code: a sentence could contain a telephone number."""


class ReportCounts(NamedTuple):
    """How many text messages were reported as delivered, and as failed."""

    delivered: int
    failed: int


SmsCredentialKind = Literal["gateway", "reports"]


class SmsCredential(Credential, frozen=True, kw_only=True):
    """What is presented to the gateway, or the key with which the gateway signs its reports.

    `presented` is the user name for HTTP Basic. If it is empty, the secret is a bearer token, or a key.
    """

    kind: SmsCredentialKind


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that was given up, without its contact and its text."""

    id: UUID
    kind: str
    created_at: datetime
    given_up_at: datetime
    tries: int
    last_error: str
    can_be_replayed: bool
    """Whether its payload is still stored."""
    arrangement_id: UUID | None
    client_id: str | None
    """The arrangement of a notice, and the client if it is to a data recipient."""
    about: About | None
    """What a customer is told about the arrangement; None if the notice is to a data recipient."""
    held_back_at: datetime | None
    """When a harm flag held it back."""
    assigned_to: str | None
    handled_at: datetime | None
    handled_by: str | None
    handling: str | None
    """What was done in place of the notice."""


class Letter(LetterPayload, frozen=True, kw_only=True):
    """A letter that is still to be sent, with the id of its notice."""

    id: UUID
