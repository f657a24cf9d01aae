"""An account as its customer sees it, and what decides whether its data is disclosed."""

from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

HoldingRole = Literal["holder", "joint-holder", "secondary-user"]
DisclosureOption = Literal["pre-approval", "co-approval", "no-disclosure"]
DEFAULT_OPTION: Final[DisclosureOption] = "pre-approval"
"""The option of an account that nobody has set one for (CDR Rules 4A.5(2))."""
ApprovalState = Literal["pending", "approved", "declined", "lapsed", "withdrawn"]
"""Whether the other holders of an account let an authorisation have it."""
WithholdingReason = Literal[
    "not-held",
    "secondary-user",
    "ineligible",
    "refused",
    "blocked",
    "approval-pending",
    "approval-declined",
    "approval-lapsed",
    "approval-withdrawn",
    "sharing-off",
]
"""Why an account is not disclosed: what `tenants.accounts.service.withholding` says."""
TREATED_AS_NOT_CHOSEN: Final[frozenset[WithholdingReason]] = frozenset(("not-held", "secondary-user"))
"""Reasons by which an account is to a recipient as if it had never been chosen; after any other it may return."""
ProposalState = Literal["open", "agreed", "declined", "lapsed", "withdrawn"]
UnavailabilityReason = WithholdingReason | Literal["no-open-account"]
"""Why an account cannot be chosen for sharing."""

_SHOWN_DIGITS: Final = 4


class DisclosureFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What decides whether an account of a customer is disclosed to a recipient now."""

    role: HoldingRole | None
    """Of the holding that is in force today and began last; None where there is none."""
    option: DisclosureOption = DEFAULT_OPTION
    is_instructed: bool = False
    """Whether a holder has given the customer, as a secondary user, the instruction to share."""
    is_ineligible: bool = False
    is_refused: bool = False
    is_blocked: bool = False
    is_harm_flagged: bool = False
    """Whether the account is disclosed as if the customer held it alone (CDR Rules 4A.15)."""


class HeldAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account of a customer, and whether data about it may be shared."""

    id: UUID
    name: str
    number: str | None
    """Enough of the account's number, or the day it was opened on, to tell it from another."""
    joint: bool
    closed: bool
    disclosure_facts: DisclosureFacts
    unavailable: UnavailabilityReason | None
    """Why nothing can be shared from it, None where it can (CDS, Unavailable Accounts)."""


def account_name(display_name: str | None) -> str:
    """Return what an account is called where its customer has given it no name."""
    return display_name or "Energy account"


def account_hint(account_number: str | None, opened_on: date | None = None) -> str | None:
    """Return "ending in 4401": a whole account number has no business on a screen.

    Of an account without a number, "opened 3 March 2019": whoever has several must be able to tell them apart.
    """
    if account_number:
        return f"ending in {account_number[-_SHOWN_DIGITS:]}"
    return None if opened_on is None else f"opened {opened_on.day} {opened_on:%B %Y}"


class StoredAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's holding of an account, as it is kept."""

    id: UUID
    display_name: str | None
    account_number: str | None
    open_status: Literal["OPEN", "CLOSED"]
    creation_date: date | None
    disclosure_facts: DisclosureFacts


class DisclosureOptionSetting(msgspec.Struct, frozen=True, kw_only=True):
    """The disclosure option that somebody has set for an account."""

    account_id: UUID
    option: DisclosureOption
    since: datetime
    set_by: Literal["import", "holder", "staff"]


class DisclosureProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A less restrictive disclosure option that a holder has proposed (CDR Rules 4A.8)."""

    id: UUID
    account_id: UUID
    option: DisclosureOption
    proposed_by: UUID
    """The holder, as a customer."""
    at: datetime
    due_at: datetime
    state: ProposalState = "open"
    state_at: datetime


class ProposalAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What another holder says of a proposal."""

    proposal_id: UUID
    answered_by: UUID
    answer: Literal["agreed", "declined"]
    at: datetime


class SecondaryUserInstruction(msgspec.Struct, frozen=True, kw_only=True):
    """That a secondary user may share an account's data (CDR Rules 1.13)."""

    account_id: UUID
    customer_id: UUID
    """The secondary user."""
    given_at: datetime
    given_by: UUID
    """A holder, as a customer."""


class Ineligibility(msgspec.Struct, frozen=True, kw_only=True):
    """Why, and on which days, a customer, an account or a customer for an account is not eligible (CDR Rules 1.10B)."""

    id: UUID
    customer_id: UUID | None = None
    account_id: UUID | None = None
    reason: Literal["under-age", "large-consumption", "outside-market", "trial-product", "deceased", "other"]
    valid_from: date
    valid_to: date | None = None
    set_by: Literal["import", "upstream", "staff"]


class SharingBlock(msgspec.Struct, frozen=True, kw_only=True):
    """That sharing of an account was stopped: by a customer or by all, with a recipient or with all."""

    id: UUID
    account_id: UUID
    customer_id: UUID | None = None
    recipient_id: str | None = None
    set_by: Literal["holder", "staff"]
    since: datetime
    until: datetime | None = None


class DisclosureRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """That disclosure is refused (CDR Rules 4.7) for whatever has all of the members that are given."""

    id: UUID
    customer_id: UUID | None = None
    account_id: UUID | None = None
    recipient_id: str | None = None
    reason: Literal["harm", "security", "account-blocked", "account-suspended", "data-standards"]
    rule: str
    """The rule that it relies on, such as "4.7(1)(a)"."""
    refused_by: str
    since: datetime
    until: datetime | None = None


class HarmFlag(msgspec.Struct, frozen=True, kw_only=True):
    """That an account is disclosed as if the customer held it alone (CDR Rules 4A.15)."""

    customer_id: UUID
    account_id: UUID
    since: datetime
    until: datetime | None = None
    set_by: str
    """The staff member's id."""


SharingDecision = (
    DisclosureOptionSetting
    | DisclosureProposal
    | ProposalAnswer
    | SecondaryUserInstruction
    | Ineligibility
    | SharingBlock
    | DisclosureRefusal
    | HarmFlag
)
"""What somebody has decided about the sharing of accounts: a row of its own table."""
