"""In which state an authorisation attempt is, and how it has ended. Only this module says so.

The consent flow, housekeeping and Get Metrics use it. The stages of an abandoned flow are those of Get Metrics
(abandonmentsByStage): each flow is at exactly one of them, on the day on which it ended.

    pushed → in the flow → code issued → completed
       ↓          ↓             ↓
    not begun  abandoned     abandoned (failedTokenExchange)
"""

from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, get_args

from tenants.attempts.models import FLOW_STAGES, Attempt, Stage

FLOW_LIFETIME: Final = timedelta(hours=1)
"""The maximum time between the pushed request and the authorisation. After this time, the person must start again."""

AbandonmentStage = Literal[
    "preIdentification",
    "preAuthentication",
    "preAccountSelection",
    "preAuthorisation",
    "rejected",
    "failedTokenExchange",
]
AttemptOutcome = Literal[AbandonmentStage, "completed", "notBegun", "refused"]
"""How an attempt ends. notBegun: no browser came with the request_uri, so that nothing began with the consumer.
refused: the request was answered with an error before any page was shown. Neither is a flow (CDS, Get Metrics)."""
ABANDONMENT_STAGES: Final[tuple[AbandonmentStage, ...]] = get_args(AbandonmentStage)
State = Literal["pushed", "in flow", "code issued", "ended"]


class Ending(NamedTuple):
    """How and when an attempt ended."""

    outcome: AttemptOutcome
    at: datetime


class Facts(NamedTuple):
    """What is stored about an attempt and decides its state."""

    stage: Stage
    stage_at: datetime
    created_at: datetime
    visited_at: datetime | None
    """When a browser first came with the request_uri."""
    request_expires_at: datetime
    code_expires_at: datetime | None
    outcome: AttemptOutcome | None
    """The stored outcome, with its time. None: it follows from the other facts, or the attempt has not ended."""
    ended_at: datetime | None


def state(facts: Facts, now: datetime) -> State:
    """Return the state of an attempt."""
    if ending(facts, now) is not None:
        return "ended"
    if facts.stage == "preTokenExchange":
        return "code issued"
    return "pushed" if facts.visited_at is None else "in flow"


def ending(facts: Facts, now: datetime) -> Ending | None:
    """Return how an attempt has ended, or None if it has not ended.

    An attempt that nobody continues ends by itself: at the end of the flow's lifetime, or when its code expires.
    """
    if facts.outcome is not None and facts.ended_at is not None:
        return Ending(facts.outcome, facts.ended_at)
    if facts.stage in FLOW_STAGES:
        return _lapsed(facts, now)
    if facts.stage in {"preTokenExchange", "failedTokenExchange"}:
        expires = facts.code_expires_at or facts.stage_at
        return Ending("failedTokenExchange", expires) if now >= expires else None
    # Rows of earlier releases have no stored outcome. They say nothing about the stage before a rejection.
    return Ending("completed" if facts.stage == "completed" else "rejected", facts.stage_at)


def _lapsed(facts: Facts, now: datetime) -> Ending | None:
    if facts.visited_at is None and facts.stage == "preIdentification":
        expires = facts.request_expires_at
        return Ending("notBegun", expires) if now >= expires else None
    expires = facts.created_at + FLOW_LIFETIME
    if now < expires:
        return None
    # `FLOW_STAGES` are stages of Get Metrics too.
    return Ending(_as_abandonment(facts.stage), expires)


def outcome_of_rejection(attempt: Attempt, *, denied_by_person: bool, authenticated: bool = False) -> AttemptOutcome:
    """Return the outcome of an attempt that ends with an error at its stage.

    It is `rejected` only where the person denies the authorisation on the last page. Somebody who cancels earlier, or
    whose flow fails, has abandoned the flow at that stage. `authenticated` says that the person has just authenticated,
    so that the stage of the attempt is about to change.
    """
    if not attempt.in_flow:
        return "refused"
    if attempt.stage == "preAuthorisation" and denied_by_person:
        return "rejected"
    if authenticated and attempt.stage == "preAuthentication":
        return "preAccountSelection"
    return _as_abandonment(attempt.stage)


def _as_abandonment(stage: Stage) -> AbandonmentStage:
    return next(known for known in ABANDONMENT_STAGES if known == stage)
