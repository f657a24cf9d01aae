"""What other holders share of a joint account, in the form in which the pages show it (CDR Rules 4A.13; K-12, K-25)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from apps.dashboard.disclosed import DisclosedEntry
from apps.dashboard.labels import joined
from haas.language import gettext, gettext_noop
from tenants.accounts.models import ApprovalState
from tenants.joint_accounts.models import SharedByOther, SharingState
from tenants.joint_accounts.sharing import awaits_answer
from themes.joint_wording import STATE_REASONS, STATES

_CAN_BE_REMOVED: Final[frozenset[SharingState]] = frozenset({"sharing", "sharing-off", "approval-pending"})
_DECISIONS: Final[dict[ApprovalState, str]] = {
    "approved": gettext_noop("You approved this sharing."),
    "declined": gettext_noop("You declined this sharing."),
    "withdrawn": gettext_noop("You removed the approval."),
}
_DECISIONS_OF_OTHERS: Final[dict[ApprovalState, str]] = {
    "approved": gettext_noop("{who} approved this sharing."),
    "declined": gettext_noop("{who} declined this sharing."),
    "withdrawn": gettext_noop("{who} removed the approval."),
}


class SharedCard(msgspec.Struct, frozen=True, kw_only=True):
    """What the list of an account shows of one sharing."""

    path: str
    product: str
    recipient: str
    is_current: bool
    """Whether it has not ended."""
    is_shared: bool
    """Whether data is shared now."""
    status: str
    authorised_at: datetime
    until: datetime
    is_once_off: bool
    ended_at: datetime | None
    data: str
    approve_by: datetime | None
    """The time limit, if it waits for the customer's approval."""


class SharedView(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of one sharing shows."""

    card: SharedCard
    shared: SharedByOther
    reason: str | None
    """Why nothing is shared."""
    decision: str | None
    """What was decided for the customer, and by whom."""
    too_late: bool
    """Whether the customer was asked for the approval, and the time is over."""
    may_change: bool
    """Whether the person may decide for the customer, and not only see."""
    can_remove: bool
    disclosed: Sequence[DisclosedEntry]


def shared_cards(shared: Sequence[SharedByOther], path: str, now: datetime) -> list[SharedCard]:
    """Return the cards of what others share. `path` is the address of the account's page."""
    return [_card(each, path, now) for each in shared]


def shared_view(
    shared: SharedByOther,
    path: str,
    decided_by: str | None,
    disclosed: Sequence[DisclosedEntry],
    now: datetime,
    *,
    may_change: bool,
) -> SharedView:
    """Return the view of one sharing.

    `decided_by` is who has decided for the customer, as the subject of a sentence, or None if that is the person who
    reads. `may_change` says whether this person may decide for the customer.
    """
    card = _card(shared, path, now)
    decisions = _DECISIONS if decided_by is None else _DECISIONS_OF_OTHERS
    decision = None if shared.own_approval is None else decisions.get(shared.own_approval)
    reason = STATE_REASONS.get(shared.state)
    is_asked = shared.own_approval == "pending" and shared.state == "approval-pending"
    return SharedView(
        card=card,
        shared=shared,
        reason=None if reason is None else gettext(reason),
        decision=None if decision is None else gettext(decision, who=decided_by),
        too_late=is_asked and card.approve_by is None,
        may_change=may_change,
        can_remove=may_change and shared.state in _CAN_BE_REMOVED and not is_asked,
        disclosed=disclosed,
    )


def _card(shared: SharedByOther, path: str, now: datetime) -> SharedCard:
    return SharedCard(
        path=f"{path}/sharing/{shared.id}",
        product=shared.product,
        recipient=shared.recipient,
        is_current=shared.ended_at is None,
        is_shared=shared.state == "sharing",
        status=gettext(STATES[shared.state]),
        authorised_at=shared.authorised_at,
        until=shared.until,
        is_once_off=shared.is_once_off,
        ended_at=shared.ended_at,
        data=joined([each.title for each in shared.data], "kind"),
        approve_by=shared.approve_by if awaits_answer(shared, now) else None,
    )
