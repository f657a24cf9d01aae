"""Accounts as their customer sees them, and the facts that decide whether their data is disclosed."""

from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from haas.language import day_text, gettext

HoldingRole = Literal["holder", "joint-holder", "secondary-user"]
DisclosureOption = Literal["pre-approval", "co-approval", "no-disclosure"]
DEFAULT_OPTION: Final[DisclosureOption] = "pre-approval"
"""The disclosure option of an account for which nobody has set one (CDR Rules 4A.5(2))."""
ApprovalState = Literal["pending", "approved", "declined", "lapsed", "withdrawn"]
"""Whether the other holders of an account approve its disclosure under an authorisation."""
WithholdingReason = Literal[
    "not-held",
    "secondary-user",
    "ineligible",
    "refused-harm",
    "refused-security",
    "refused-account-blocked",
    "refused-account-suspended",
    "refused-data-standards",
    "blocked",
    "approval-pending",
    "approval-declined",
    "approval-lapsed",
    "approval-withdrawn",
    "sharing-off",
]
"""Why an account is not disclosed, as `tenants.accounts.disclosure_rule.withholding_reason` returns it."""
RefusalReason = Literal["harm", "security", "data-standards", "account-blocked", "account-suspended"]
"""Why a data holder refuses to disclose data (CDR Rules 4.7(1)).

If several apply to the same data, the first one of this list is the reason on which the holder relies: it decides the
answer and is counted (CDR Rules 9.4; decision 0010). Those with the strictest answers (`ANSWERS`) are first, and those
that refuse a whole request are before those that refuse accounts only.
"""
RequestRefusal = RefusalReason | Literal["traffic-threshold"]
"""Why a request of a recipient was refused, or an authorisation was not asked for (CDR Rules 4.7, 9.4)."""
RULE_OF_REFUSAL: Final[dict[RequestRefusal, str]] = {
    "harm": "4.7(1)(a)",
    "security": "4.7(1)(b)",
    "account-blocked": "4.7(1)(c)",
    "account-suspended": "4.7(1)(c)",
    "data-standards": "4.7(1)(d)",
    "traffic-threshold": "4.7(1)(d)",  # the data standards permit it (CDS, Traffic Thresholds)
}
"""The rule that permits each refusal."""
Answer = Literal["invalid", "unavailable", "forbidden", "too-many-requests"]
"""What a recipient is told about an account of its arrangement: that it is not part of the arrangement; that its data
is not available now, but may be later; that the holder refuses to disclose it; or that the holder does not answer now.
"""
ANSWERS: Final[dict[WithholdingReason, Answer]] = {
    "not-held": "invalid",
    "secondary-user": "invalid",
    "ineligible": "unavailable",
    "refused-harm": "forbidden",
    "refused-security": "too-many-requests",
    "refused-account-blocked": "unavailable",
    "refused-account-suspended": "unavailable",
    "refused-data-standards": "too-many-requests",
    "blocked": "unavailable",
    "approval-pending": "unavailable",
    "approval-declined": "unavailable",
    "approval-lapsed": "unavailable",
    "approval-withdrawn": "unavailable",
    "sharing-off": "unavailable",
}
"""The answer for each reason. Those for refusals are in the guidance of the ACCC (CDR Support Portal 4523876174863)."""
TREATED_AS_NOT_CHOSEN: Final[frozenset[WithholdingReason]] = frozenset(
    reason for reason, answer in ANSWERS.items() if answer == "invalid"
)
"""For these reasons the recipient gets the answers that it would get if the account had not been chosen for sharing."""
IneligibilityReason = Literal["under-age", "large-consumption", "outside-market", "trial-product", "deceased", "other"]
"""Why data must not be shared (CDR Rules 1.10B and Schedule 4)."""
ProposalState = Literal["open", "agreed", "declined", "lapsed", "withdrawn"]
PartOfOthers = Literal["may-be-told", "must-approve", "not-told"]
"""What the other holders of an account have to do with its sharing: they may be told of it; their approval is needed;
or they are not told, because of a harm flag (CDR Rules 4A.10, 4A.14, 4A.15)."""
UnavailabilityReason = WithholdingReason | Literal["no-open-account"]
"""Why an account cannot be chosen for sharing."""

_SHOWN_DIGITS: Final = 4


class DisclosureFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts that decide whether an account of a customer is disclosed to a recipient now."""

    role: HoldingRole | None
    """The role in the holding that is in force today; of several, the one that began last. None where there is none."""
    option: DisclosureOption = DEFAULT_OPTION
    is_instructed: bool = False
    """Whether a holder has instructed that the customer, a secondary user, may share the account's data."""
    is_ineligible: bool = False
    refusal: RefusalReason | None = None
    """Why the holder refuses to disclose the account; of several reasons, the first one of `RefusalReason`."""
    is_blocked: bool = False
    is_protected: bool = False
    """Whether the account is disclosed as if the customer were its only holder (CDR Rules 4A.15): there is a harm flag,
    and the customer has authorised, or authorises, in person."""


class HeldAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account of a customer, and whether its data can be shared."""

    id: UUID
    name: str
    """The title: a nickname, or the address that it supplies (`tenants.accounts.descriptions`)."""
    number: str | None
    """The last digits of the account number or the opening date, as `account_hint` returns it."""
    account_number: str | None = None
    """The whole number. People can search for it, but no page shows it."""
    address: str | None = None
    """The address that it supplies, if the title is another one."""
    plan: str | None = None
    fuel: str | None = None
    town: str | None = None
    state: str | None = None
    joint: bool
    closed: bool
    needs_approval: bool = False
    """Whether it is shared only after its other holders have approved that (CDR Rules 4A.10)."""
    disclosure_facts: DisclosureFacts
    unavailable: UnavailabilityReason | None
    """Why its data cannot be shared; None where it can (CDS, Unavailable Accounts)."""

    @property
    def part_of_others(self) -> PartOfOthers | None:
        """What its holders besides the customer have to do with the sharing; None if there are none, or nothing."""
        is_used = self.disclosure_facts.role == "secondary-user"
        if self.disclosure_facts.is_protected and (self.joint or is_used):
            return "not-told"
        if self.needs_approval:
            return "must-approve"
        return "may-be-told" if self.joint else None


def account_name(display_name: str | None) -> str:
    """Return the display name of an account, or a general name where the account has none."""
    return display_name or gettext("Energy account")


def account_hint(account_number: str | None, opened_on: date | None = None) -> str | None:
    """Return for example "ending in 4401", so that no page shows a whole account number.

    For an account without a number, return for example "opened 3 March 2019", so that a person with several accounts
    can distinguish them. Return None where neither is known.
    """
    if account_number:
        return gettext("ending in {digits}", digits=account_number[-_SHOWN_DIGITS:])
    return None if opened_on is None else gettext("opened {day}", day=day_text(opened_on))


class KnownAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What the tables have of an account by which people recognise it."""

    id: UUID
    display_name: str | None
    account_number: str | None
    creation_date: date | None
    plans: Any
    """The plans as in Get Energy Accounts, as JSON."""
    fuels: tuple[str, ...] = ()
    """The values of `fuelType` of the plans that are known in full."""
    has_several_people: bool
    """Whether several customers hold or use the account, or have done so."""


class StoredAccount(KnownAccount, frozen=True, kw_only=True):
    """An account that a customer holds or may use, as the tables have it."""

    open_status: Literal["OPEN", "CLOSED"]
    has_other_holder: bool
    """Whether another customer holds it today."""
    disclosure_facts: DisclosureFacts


class DisclosureOptionSetting(msgspec.Struct, frozen=True, kw_only=True):
    """The disclosure option that was set for an account."""

    account_id: UUID
    option: DisclosureOption
    since: datetime
    set_by: Literal["import", "holder", "staff"]


class DisclosureProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A less restrictive disclosure option that a joint holder has proposed (CDR Rules 4A.8)."""

    id: UUID
    account_id: UUID
    option: DisclosureOption
    proposed_by: UUID
    """The customer id of the holder who proposed it."""
    at: datetime
    due_at: datetime
    state: ProposalState = "open"
    state_at: datetime


class ProposalAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of another joint holder to a proposal."""

    proposal_id: UUID
    answered_by: UUID
    answer: Literal["agreed", "declined"]
    at: datetime


class SecondaryUserInstruction(msgspec.Struct, frozen=True, kw_only=True):
    """An account holder's instruction that a secondary user may share the account's data (CDR Rules 1.13)."""

    account_id: UUID
    customer_id: UUID
    """The secondary user."""
    given_at: datetime
    given_by: UUID
    """The customer id of the holder who gave the instruction."""


class Ineligibility(msgspec.Struct, frozen=True, kw_only=True):
    """A period in which a customer, an account, or a customer for one account is not eligible (CDR Rules 1.10B)."""

    id: UUID
    customer_id: UUID | None = None
    account_id: UUID | None = None
    reason: IneligibilityReason
    valid_from: date
    valid_to: date | None = None
    set_by: Literal["import", "upstream", "staff"]


class SharingBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A decision to stop the sharing of an account.

    It applies to one customer, or to all where `customer_id` is None; and to one recipient, or to all where
    `recipient_id` is None.
    """

    id: UUID
    account_id: UUID
    customer_id: UUID | None = None
    recipient_id: str | None = None
    set_by: Literal["holder", "staff"]
    since: datetime
    until: datetime | None = None


class DisclosureRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """A decision to refuse disclosure (CDR Rules 4.7).

    It applies to the requests that match every one of `customer_id`, `account_id` and `recipient_id` that is not None.
    """

    id: UUID
    customer_id: UUID | None = None
    account_id: UUID | None = None
    recipient_id: str | None = None
    reason: RefusalReason
    rule: str
    """The rule that permits the refusal, such as "4.7(1)(a)"."""
    refused_by: str
    since: datetime
    until: datetime | None = None


class HarmFlag(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that an account is disclosed as if the customer were its only holder (CDR Rules 4A.15)."""

    customer_id: UUID
    account_id: UUID
    since: datetime
    until: datetime | None = None
    set_by: str
    """The id of the staff member."""


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
"""A decision about the sharing of accounts. Each kind is stored in a table of its own."""
