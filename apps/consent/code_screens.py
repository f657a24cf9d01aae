"""The screens of the first two steps of the flow: who the person is, and the one-time password."""

from datetime import datetime, timedelta
from typing import Any, Final

from apps.http.code_entry import IDENTIFIER_LOCKED, CodeEntry, code_values, locked_until
from haas.database import Transaction
from tenants.attempts.state import FLOW_LIFETIME
from tenants.authentication.limits import IDENTIFIERS_OF_A_FLOW
from tenants.consent import flow as flows
from tenants.consent.models import Flow

IDENTIFIERS_USED: Final = "identifiers-used"
_TIME_TO_CONTINUE: Final = timedelta(minutes=2)
"""A flow that ends so soon after a lock is too short to go on with."""


def is_locked(problem: str | None, until: str | None, now: datetime) -> bool:
    """Return whether the step `identify` says that no code is sent, instead of asking for an identifier.

    The parameters come from the URL. A lock that is over, or cannot be as long as that, is ignored.
    """
    return problem == IDENTIFIERS_USED or (problem == IDENTIFIER_LOCKED and locked_until(until, now) is not None)


def locked_values(flow: Flow, entry: CodeEntry, until: str | None, now: datetime) -> dict[str, Any]:
    """Return the values of the page for an identifier to which no code is sent."""
    ends_at = locked_until(until, now)
    return {
        "step": 1,
        "typed": entry.typed,
        "locked_until": ends_at,
        "identifiers": IDENTIFIERS_OF_A_FLOW,
        **_rest_of_flow(flow, ends_at),
    }


async def verify_values(
    tx: Transaction, flow: Flow, entry: CodeEntry, problem: str | None, now: datetime
) -> dict[str, Any]:
    """Return the values of the step `verify`."""
    values = await code_values(tx, entry, await flows.current_challenge(tx, flow, now), problem, now=now)
    return {"step": 2, **values, **_rest_of_flow(flow, values["locked_until"])}


def _rest_of_flow(flow: Flow, lock_ends_at: datetime | None) -> dict[str, Any]:
    """Return when the flow ends, and whether the person must start again: the lock lasts longer, or has no end."""
    ends_at = flow.attempt.created_at + FLOW_LIFETIME
    return {
        "flow_ends_at": ends_at,
        "starts_again": lock_ends_at is None or ends_at - _TIME_TO_CONTINUE < lock_ends_at,
    }
