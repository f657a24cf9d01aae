"""The screens of the consent flow: from where the flow stands to what a template shows."""

from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from haas.database import Transaction
from tenants.authentication.models import CODE_LIFETIME
from tenants.consent import flow as flows
from tenants.consent.errors import FlowStep
from tenants.consent.models import AccountChoice, Flow, Review
from tenants.consent.review import review
from themes import wording
from themes.problems import problem
from themes.views import account_view
from themes.wording import Period

HISTORY_YEARS = 2
"""How far back billing and usage are shared (CDR Rules, Schedule 4)."""


class Screen(NamedTuple):
    """A template and its values."""

    template: str
    values: dict[str, Any]


class Query(NamedTuple):
    """What the address of a step may say: a problem by its name, and that all accounts are to be chosen."""

    problem: str | None = None
    choose: str | None = None


async def screen(
    tx: Transaction, flow: Flow, step: FlowStep, query: Query, *, label: str, zone: ZoneInfo, now: datetime
) -> Screen:
    """Return the screen of a step; `label` is what the brand calls its identifier, `zone` where its days are told.

    Raises StepNotCurrent, FlowOver.
    """
    flows.require(flow, step, now)
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
            values = await _review(tx, flow, now, zone)
    common = {
        "acting_for": flow.acting_for,
        "amending": flow.amended is not None,
        "problem": problem(query.problem, label=label),
    }
    return Screen(f"consent/{step}", {**common, **values})


async def _verify(tx: Transaction, flow: Flow, query: Query) -> dict[str, Any]:
    challenge = await flows.challenge_of(tx, flow)
    return {
        "step": 2,
        "challenge": challenge.id.hex,
        "expires_at": challenge.expires_at,
        "lifetime": wording.duration(int(CODE_LIFETIME.total_seconds())),
        "problem": problem(query.problem, tries_left=challenge.tries_left),
    }


def _accounts(choices: list[AccountChoice], query: Query) -> dict[str, Any]:
    views = [account_view(choice.account, chosen=choice.chosen or query.choose == "all") for choice in choices]
    return {
        "step": 3,
        "available": [view for view in views if view.unavailable is None],
        "unavailable": [view for view in views if view.unavailable is not None],
    }


async def _review(tx: Transaction, flow: Flow, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    asked = await review(tx, flow, now=now)
    period = wording.period(asked.sharing_duration, now, asked.ends_at)
    return {
        "step": 4,
        "accounts": [account_view(account) for account in asked.accounts],
        "joint": asked.joint,
        "period": period,
        "previous": _previous(asked, period, now, zone),
        "history_from": wording.years_before(now, HISTORY_YEARS) if asked.history else None,
        "clusters": asked.clusters,
        "new_clusters": asked.new_clusters,
        "removed_clusters": asked.removed_clusters,
        "about_person": asked.about_person,
    }


def _previous(asked: Review, period: Period, now: datetime, zone: ZoneInfo) -> Period | None:
    """Return the period before an amendment, where it differs from the new one (CDS, Changing Attributes).

    The same length agreed to later ends later, which is another duration; on the same day it reads as the same.
    """
    if asked.previous_duration is None or asked.previous_ends_at is None:
        return None
    before = wording.period(asked.previous_duration, now, asked.previous_ends_at)
    same_end = period.once or wording.date(before.ends_at, zone) == wording.date(period.ends_at, zone)
    return None if before.text == period.text and same_end else before


def redirect_origin(flow: Flow) -> str:
    """Return the origin of the redirect URI, which a form of the flow may end at."""
    parts = urlsplit(flow.attempt.request.redirect_uri)
    return f"{parts.scheme}://{parts.netloc}"
