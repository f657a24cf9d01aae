"""The screens of the consent flow: the template of each step and the values for it."""

from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from haas.database import Transaction
from tenants.authentication.limits import CODE_LIFETIME
from tenants.consent import flow as flows
from tenants.consent.errors import FlowStep
from tenants.consent.models import AccountChoice, Flow, Review
from tenants.consent.review import build_review
from themes import wording
from themes.problems import problem
from themes.views import account_view
from themes.wording import Period


class Screen(NamedTuple):
    """The name of a template and its values."""

    template: str
    values: dict[str, Any]
    review: Review | None = None
    """What the review page asks the person to authorise. None for the other steps."""


class StepQuery(NamedTuple):
    """The query parameters of a step: the name of a problem, and `choose`, which is "all" to select all accounts."""

    problem: str | None = None
    choose: str | None = None


async def build_screen(
    tx: Transaction,
    flow: Flow,
    step: FlowStep,
    query: StepQuery,
    *,
    identifier_label: str,
    zone: ZoneInfo,
    now: datetime,
) -> Screen:
    """Return the screen of a step.

    `identifier_label` is the brand's name for its identifier, and dates are shown in the time zone `zone`. Raises
    StepNotCurrent, FlowClosed.
    """
    flows.require_step(flow, step, now)
    review = None
    match step:
        case "identify":
            values: dict[str, Any] = {"step": 1}
        case "verify":
            values = await _verify(tx, flow, query)
        case "customer":
            values = {"step": 3, "customers": flow.customers}
        case "accounts":
            values = _accounts(await flows.account_choices(tx, flow, now=now), query)
        case "review":
            review = await build_review(tx, flow, now=now)
            values = _review(review, now, zone)
    common = {
        "acting_for": flow.customer_name_to_show,
        "amending": flow.amended_arrangement is not None,
        "problem": problem(query.problem, label=identifier_label),
    }
    return Screen(f"consent/{step}", {**common, **values}, review)


async def _verify(tx: Transaction, flow: Flow, query: StepQuery) -> dict[str, Any]:
    challenge = await flows.current_challenge(tx, flow)
    return {
        "step": 2,
        "challenge": challenge.id.hex,
        "expires_at": challenge.expires_at,
        "lifetime": wording.duration(int(CODE_LIFETIME.total_seconds())),
        "problem": problem(query.problem, tries_left=challenge.tries_left),
    }


def _accounts(choices: list[AccountChoice], query: StepQuery) -> dict[str, Any]:
    views = [account_view(choice.account, chosen=choice.chosen or query.choose == "all") for choice in choices]
    return {
        "step": 3,
        "available": [view for view in views if view.unavailable is None],
        "unavailable": [view for view in views if view.unavailable is not None],
    }


def _review(reviewed: Review, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    period = wording.period(reviewed.sharing_duration, now, reviewed.ends_at)
    return {
        "step": 4,
        "accounts": [account_view(account) for account in reviewed.accounts],
        "joint": reviewed.joint,
        "period": period,
        "previous": _previous_period(reviewed, period, now, zone),
        "history_from": reviewed.history_from,
        "clusters": reviewed.clusters,
        "new_clusters": reviewed.new_clusters,
        "removed_clusters": reviewed.removed_clusters,
        "about_person": reviewed.includes_person_claims,
    }


def _previous_period(reviewed: Review, period: Period, now: datetime, zone: ZoneInfo) -> Period | None:
    """Return the sharing period before an amendment, if it differs from the new one (CDS, Changing Attributes).

    An amendment with the same duration ends later than before. This is a difference if it ends on another day.
    """
    if reviewed.previous_duration is None or reviewed.previous_ends_at is None:
        return None
    previous = wording.period(reviewed.previous_duration, now, reviewed.previous_ends_at)
    same_end = period.once or wording.date(previous.ends_at, zone) == wording.date(period.ends_at, zone)
    return None if previous.text == period.text and same_end else previous
