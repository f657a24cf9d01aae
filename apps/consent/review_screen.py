"""The values of the page on which a person authorises."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from tenants.consent.models import DataPart, Flow, Review, ReviewedAccount, ReviewedCluster
from themes import wording
from themes.consent_wording import (
    ApprovalTime,
    all_must_approve,
    approval_time,
    others_note,
    part_explanation,
    part_heading,
    shared_subjects,
)
from themes.views import AccountView, account_view
from themes.wording import Period


class PartView(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the data."""

    kind: DataPart
    heading: str
    explanation: str
    clusters: list[ReviewedCluster]


def review_values(flow: Flow, review: Review, *, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Return the values of the page."""
    customer, acting_for = flow.customer, flow.customer_name_to_show
    period = wording.period(review.sharing_duration, now, review.ends_at)
    previous = _previous_period(review, now)
    approve = approval_time(review.approve_by, review.sharing_duration, zone)
    return {
        "subjects": shared_subjects(review, acting_for),
        "accounts": [_account(each, approve) for each in review.reviewed_accounts],
        "approvals": _approvals(review, approve),
        "period": period,
        "previous": previous,
        "period_changes": previous is not None and _differs(previous, period, zone),
        "history_from": review.history_from,
        "data_parts": _parts(review, acting_for),
        "about_person": review.includes_person_claims,
        "not_about": None if customer is None or customer.is_self else customer.name,
    }


def _account(reviewed: ReviewedAccount, approve: ApprovalTime) -> AccountView:
    note = None if reviewed.change == "removed" else others_note(reviewed.account, approve)
    return account_view(reviewed.account, change=reviewed.change, note=note)


def _approvals(review: Review, approve: ApprovalTime) -> str | None:
    """Return that the data of some accounts waits for the approval of others, or None."""
    waiting = [each for each in review.accounts if each.part_of_others == "must-approve"]
    return all_must_approve(len(waiting), approve) if waiting else None


def _parts(review: Review, name: str | None) -> list[PartView]:
    """Return the parts of the data. The accounts are in their part also if no data of this part is shared."""
    clusters: dict[DataPart, list[ReviewedCluster]] = {part.kind: list(part.clusters) for part in review.parts}
    if review.reviewed_accounts:
        clusters.setdefault("accounts", [])
    order: tuple[DataPart, ...] = ("customer", "accounts", "electricity")
    return [
        PartView(
            kind=kind,
            heading=part_heading(kind, name),
            explanation=part_explanation(kind, name),
            clusters=clusters[kind],
        )
        for kind in order
        if kind in clusters
    ]


def _previous_period(review: Review, now: datetime) -> Period | None:
    """Return the sharing period before an amendment, or None if the request amends nothing."""
    if review.previous_duration is None or review.previous_ends_at is None:
        return None
    return wording.period(review.previous_duration, now, review.previous_ends_at)


def _differs(previous: Period, period: Period, zone: ZoneInfo) -> bool:
    """Return whether an amendment changes the sharing period (CDS, Changing Attributes).

    An amendment with the same duration ends later than before. This is a change if it ends on another day.
    """
    same_end = period.once or wording.date(previous.ends_at, zone) == wording.date(period.ends_at, zone)
    return previous.text != period.text or not same_end
