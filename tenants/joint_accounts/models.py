"""What a holder of a joint account sees: the disclosure option, the effects of another one, and the others' sharing.

Nothing here names or describes another holder (K-25), and nothing is about other accounts or data of the person who
shares (K-12).
"""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from tenants.accounts.models import ApprovalState, DisclosureOption
from tenants.data_language import Cluster
from tenants.parties.acted_by import ActedBy

RESTRICTIVENESS: Final[tuple[DisclosureOption, ...]] = ("pre-approval", "co-approval", "no-disclosure")
"""The disclosure options, the least restrictive first (CDR Rules 4A.5)."""


def is_stricter(option: DisclosureOption, than: DisclosureOption) -> bool:
    """Return whether an option is more restrictive than another one."""
    return RESTRICTIVENESS.index(option) > RESTRICTIVENESS.index(than)


class JointAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account that a customer holds together with others today.

    An account that only this customer holds is one too while the option that its holders have chosen applies: then the
    customer can undo the choice.
    """

    account_id: UUID
    option: DisclosureOption
    has_others: bool
    """Whether there are other holders today."""
    to_answer: int
    """How many proposals and approvals wait for the customer's answer."""
    products: tuple[str, ...]
    """The recipients' software products with which other holders share data of the account now, by name."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal of a less restrictive option that is still open."""

    id: UUID
    option: DisclosureOption
    at: datetime
    due_at: datetime
    is_own: bool
    """Whether the viewer has proposed it."""
    is_answered: bool
    """Whether the viewer has agreed already."""


class OptionState(msgspec.Struct, frozen=True, kw_only=True):
    """The disclosure option of an account, as one of its holders sees it."""

    account_id: UUID
    option: DisclosureOption
    since: datetime | None
    """None if nobody has set an option: then it is the default."""
    offered: tuple[DisclosureOption, ...]
    """The other options that the holder can choose."""
    needs_agreement: tuple[DisclosureOption, ...]
    """Those of `offered` to which all other holders must agree (CDR Rules 4A.8)."""
    has_others: bool
    """Whether there are other holders today."""
    is_protected: bool
    """Whether a harm flag protects what the customer shares, and the customer in person acts: no option applies to it,
    and no other holder is told of it, or of what the customer decides (CDR Rules 4A.15).
    """
    proposal: Proposal | None


Effect = Literal["stops", "resumes", "none"]


class AffectedSharing(msgspec.Struct, frozen=True, kw_only=True):
    """A sharing of the account that is in force, and what another option does to it."""

    recipient: str
    product: str
    until: datetime
    is_own: bool
    """Whether the viewer's customer shares, and not another holder or a secondary user."""
    arrangement_id: UUID | None
    """Of an own sharing."""
    is_shared: bool
    """Whether the account is shared now, as far as it depends on its holders."""
    effect: Effect


class OptionPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen if a holder chose an option, before it is chosen (K-16: the page must say it)."""

    account_id: UUID
    now: DisclosureOption
    chosen: DisclosureOption
    takes_effect: Literal["at-once", "when-all-agree"]
    has_others: bool
    """As in OptionState."""
    is_protected: bool
    """As in OptionState."""
    sharing: tuple[AffectedSharing, ...]

    @property
    def others_are_told(self) -> bool:
        """Whether a change may be told to the other holders (CDS, Joint account notifications: contextual alert).

        A proposal always may: it asks them.
        """
        return self.has_others and not self.is_protected


SharingState = Literal[
    "sharing", "sharing-off", "approval-pending", "approval-declined", "approval-lapsed", "approval-withdrawn", "ended"
]


class SharedByOther(msgspec.Struct, frozen=True, kw_only=True):
    """What another holder or a secondary user shares of one account, as a holder may see it (CDR Rules 1.15, 4A.13)."""

    id: UUID
    """Names the sharing to the holder. It says nothing about the arrangement."""
    arrangement_id: UUID
    """For joining the disclosure ledger. It is not shown."""
    account_id: UUID
    account: str
    recipient: str
    """The name of the legal entity."""
    brand: str
    """The name of the recipient's brand."""
    product: str
    recipient_id: str
    policy_uri: str | None
    """The address of the recipient's CDR policy, as it is in the software statement."""
    data: tuple[Cluster, ...]
    """Only data of the account."""
    authorised_at: datetime
    """When the account was first covered."""
    changed_at: tuple[datetime, ...]
    """When the authorisation was amended."""
    until: datetime
    is_once_off: bool
    ended_at: datetime | None
    state: SharingState
    own_approval: ApprovalState | None
    """The decision for the viewer's customer, if there is one, or `pending`."""
    own_approval_by: ActedBy | None
    """Who has decided for this customer, if that was a person."""
    approve_by: datetime | None
    """The time limit, if the viewer is asked for the approval."""
