"""The screens of the consent flow: the template of each step and the values for it."""

from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from apps.consent.account_screen import account_values
from apps.consent.code_screens import is_locked, locked_values, verify_values
from apps.consent.review_screen import review_values
from apps.http.code_entry import CodeEntry
from haas.database import Transaction
from tenants.consent import flow as flows
from tenants.consent.account_selection import load_selection
from tenants.consent.errors import FlowStep
from tenants.consent.models import Flow, Review
from tenants.consent.review import build_review
from themes.problems import problem


class Screen(NamedTuple):
    """The name of a template and its values."""

    template: str
    values: dict[str, Any]
    review: Review | None = None
    """What the review page asks the person to authorise. None for the other steps."""


class StepQuery(NamedTuple):
    """The query parameters of a step.

    They are the name of a problem, the text by which accounts are filtered, and whether the person has just changed
    which accounts are chosen or listed. `until` is the time until which no code is sent, in seconds since 1970.
    """

    problem: str | None = None
    find: str | None = None
    changed: str | None = None
    until: str | None = None


async def build_screen(
    tx: Transaction,
    flow: Flow,
    step: FlowStep,
    query: StepQuery,
    *,
    entry: CodeEntry,
    identifier_label: str,
    zone: ZoneInfo,
    now: datetime,
) -> Screen:
    """Return the screen of a step.

    `entry` is what the first two steps need, `identifier_label` is the brand's name for its identifier, and dates are
    shown in the time zone `zone`. Raises StepNotCurrent, FlowClosed.
    """
    flows.require_step(flow, step, now)
    review, template = None, f"consent/{step}"
    match step:
        case "identify" if is_locked(query.problem, query.until, now):
            template = "consent/locked"
            values: dict[str, Any] = {**locked_values(flow, entry, query.until, now), "problem": None}
        case "identify":
            values = {"step": 1, "typed": entry.typed}
        case "verify":
            values = await verify_values(tx, flow, entry, query.problem, now)
        case "customer":
            values = {
                "customers": flow.customers,
                "chosen_customer": flow.attempt.customer_id,
                "not_permitted": flow.not_permitted,
            }
        case "accounts":
            selection = await load_selection(tx, flow, query.find or "", now=now)
            duration = flow.attempt.request.sharing_duration
            values = account_values(selection, duration, changed=query.changed is not None, zone=zone, now=now)
            values["not_permitted"] = [] if flow.customers and flow.attempt.customer_id else flow.not_permitted
        case "review":
            review = await build_review(tx, flow, now=now)
            values = review_values(flow, review, zone=zone, now=now)
    order, back = flows.steps(flow, step), flows.way_back(flow, step, now)
    common = {
        "step": order.index(step) + 1,
        "steps": len(order),
        "back": back,
        "acting_for": flow.customer_name_to_show,
        "amending": flow.amended_arrangement is not None,
        "problem": problem(query.problem, label=identifier_label),
    }
    return Screen(template, {**common, **values}, review)
