"""A joint account, and what another option would do, in the form in which the pages show them."""

from collections.abc import Sequence
from datetime import datetime
from typing import get_args
from uuid import UUID

import msgspec

from apps.dashboard.joint_addresses import account_path
from apps.dashboard.joint_requests import JointRequest
from apps.dashboard.joint_sharing_views import SharedCard, shared_cards
from haas.language import comma_list, gettext
from tenants.accounts.models import DisclosureOption, HeldAccount
from tenants.holders.models import NoticeChoice
from tenants.joint_accounts.approvals import TIME_TO_APPROVE
from tenants.joint_accounts.models import (
    AffectedSharing,
    Effect,
    OptionPreview,
    OptionState,
    SharedByOther,
    is_stricter,
)
from tenants.joint_accounts.options import TIME_TO_AGREE
from themes.joint_wording import NOTICE_CHOICES, OPTION_DETAILS, OPTION_MEANINGS, OPTION_NAMES


class OptionView(msgspec.Struct, frozen=True, kw_only=True):
    """A disclosure option."""

    key: DisclosureOption
    name: str
    meaning: str
    detail: str


class OptionChoice(msgspec.Struct, frozen=True, kw_only=True):
    """An option that the holder can choose."""

    option: OptionView
    path: str
    at_once: bool
    """Whether it applies at once, and not when all other holders have agreed."""


class ProposalView(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal that is still open."""

    option: OptionView
    path: str
    due_at: datetime
    is_own: bool
    is_answered: bool


class NoticeOption(msgspec.Struct, frozen=True, kw_only=True):
    """A choice of notices."""

    key: NoticeChoice
    name: str
    meaning: str
    chosen: bool


class JointAccountView(msgspec.Struct, frozen=True, kw_only=True):
    """The data that the page of a joint account shows."""

    path: str
    account: HeldAccount
    customer: str | None
    """The customer, if the person does not act for themselves only."""
    represented: str | None
    """The customer for whom the person acts; None if that is the person."""
    summary: str
    """What kind of account it is, with its number and its holder."""
    option: OptionView
    since: datetime | None
    has_others: bool
    is_protected: bool
    may_change: bool
    """Whether the person may decide for the customer, and not only see."""
    choices: Sequence[OptionChoice]
    proposal: ProposalView | None
    waiting: Sequence[SharedCard]
    """What waits for the customer's approval."""
    current: Sequence[SharedCard]
    past: Sequence[SharedCard]
    notices: Sequence[NoticeOption]


class EffectsView(msgspec.Struct, frozen=True, kw_only=True):
    """What an option would do."""

    option: OptionView
    now: OptionView
    at_once: bool
    is_stricter: bool
    has_others: bool
    others_are_told: bool
    is_protected: bool
    stops: Sequence[AffectedSharing]
    resumes: Sequence[AffectedSharing]
    unchanged: Sequence[AffectedSharing]
    """What goes on."""
    days_to_agree: int


def joint_account_view(
    asked: JointRequest,
    account: HeldAccount,
    state: OptionState,
    shared: Sequence[SharedByOther],
    notices: NoticeChoice,
) -> JointAccountView:
    """Return the view of an account. While a proposal is open, no other one can be made, so none is offered."""
    customer_id = asked.acting.customer_id
    path, may_change = account_path(customer_id, account.id), asked.viewer.may_stop(customer_id)
    offered = [each for each in state.offered if state.proposal is None or each not in state.needs_agreement]
    cards = shared_cards(shared, path, asked.now)
    return JointAccountView(
        path=path,
        account=account,
        customer=asked.viewer.acting_for(customer_id),
        represented=asked.viewer.represented(customer_id),
        summary=_summary(asked, account, has_others=state.has_others),
        option=option_view(state.option),
        since=state.since,
        has_others=state.has_others,
        is_protected=state.is_protected,
        may_change=may_change,
        choices=[
            OptionChoice(
                option=option_view(each), path=f"{path}/option/{each}", at_once=each not in state.needs_agreement
            )
            for each in (offered if may_change else [])
        ],
        proposal=_proposal_view(state, path),
        waiting=[each for each in cards if each.approve_by is not None],
        current=[each for each in cards if each.approve_by is None and each.is_current],
        past=[each for each in cards if not each.is_current],
        notices=[
            NoticeOption(
                key=key,
                name=gettext(NOTICE_CHOICES[key][0]),
                meaning=gettext(NOTICE_CHOICES[key][1]),
                chosen=key == notices,
            )
            for key in get_args(NoticeChoice)
        ],
    )


def effects_view(preview: OptionPreview) -> EffectsView:
    """Return the view of what an option would do."""

    def affected(effect: Effect) -> list[AffectedSharing]:
        return [each for each in preview.sharing if each.effect == effect]

    return EffectsView(
        option=option_view(preview.chosen),
        now=option_view(preview.now),
        at_once=preview.takes_effect == "at-once",
        is_stricter=is_stricter(preview.chosen, preview.now),
        has_others=preview.has_others,
        others_are_told=preview.others_are_told,
        is_protected=preview.is_protected,
        stops=affected("stops"),
        resumes=affected("resumes"),
        unchanged=[each for each in affected("none") if each.is_shared],
        days_to_agree=TIME_TO_AGREE.days,
    )


def option_view(option: DisclosureOption) -> OptionView:
    """Return the texts of an option."""
    return OptionView(
        key=option,
        name=gettext(OPTION_NAMES[option]),
        meaning=gettext(OPTION_MEANINGS[option]),
        detail=gettext(OPTION_DETAILS[option], days=TIME_TO_APPROVE.days),
    )


def _summary(asked: JointRequest, account: HeldAccount, *, has_others: bool) -> str:
    """Return for example "Joint account, ending in 4402, closed. Waratah Bakery"."""
    customer = asked.viewer.represented(asked.acting.customer_id)
    if has_others:
        kind = gettext("Joint account")
    elif customer is None:
        kind = gettext("Only you hold this account now")
    else:
        kind = gettext("Only {customer} holds this account now", customer=customer)
    text = comma_list([kind, *filter(None, [account.number, gettext("closed") if account.closed else None])])
    named = asked.viewer.acting_for(asked.acting.customer_id)
    return text if named is None else gettext("{account}. {customer}", account=text, customer=named)


def _proposal_view(state: OptionState, path: str) -> ProposalView | None:
    found = state.proposal
    if found is None:
        return None
    return ProposalView(
        option=option_view(found.option),
        path=_proposal_path(path, found.id),
        due_at=found.due_at,
        is_own=found.is_own,
        is_answered=found.is_answered,
    )


def _proposal_path(path: str, proposal_id: UUID) -> str:
    return f"{path}/proposal/{proposal_id}"
