"""The state of an attempt on each path through the flow, and the stage at which an abandoned flow ended."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tenants.attempts.models import Stage
from tenants.attempts.state import (
    ABANDONMENT_STAGES,
    FLOW_LIFETIME,
    AttemptOutcome,
    Ending,
    Facts,
    State,
    ending,
    outcome_of_rejection,
    state,
)
from tenants.attempts.tables import attempt
from tests.support.attempts import attempt_at

PUSHED = datetime(2026, 11, 27, 10, tzinfo=UTC)
VISITED, LAPSED = PUSHED + timedelta(seconds=20), PUSHED + FLOW_LIFETIME
AUTHORISED, CODE_EXPIRES = PUSHED + timedelta(minutes=5), PUSHED + timedelta(minutes=6)
REQUEST_EXPIRES = PUSHED + timedelta(seconds=90)


def facts(stage: Stage, **changes: Any) -> Facts:
    values: dict[str, Any] = {
        "stage": stage,
        "stage_at": PUSHED,
        "created_at": PUSHED,
        "visited_at": VISITED,
        "request_expires_at": REQUEST_EXPIRES,
        "code_expires_at": None,
        "outcome": None,
        "ended_at": None,
        **changes,
    }
    return Facts(**values)


ISSUED = {"stage_at": AUTHORISED, "code_expires_at": CODE_EXPIRES}


@pytest.mark.parametrize(
    ("given", "at", "expected"),
    [
        (facts("preIdentification", visited_at=None), PUSHED, "pushed"),
        (facts("preIdentification", visited_at=None), REQUEST_EXPIRES, "ended"),
        (facts("preIdentification"), REQUEST_EXPIRES, "in flow"),
        (facts("preAuthentication"), LAPSED - timedelta(seconds=1), "in flow"),
        (facts("preAuthentication"), LAPSED, "ended"),
        (facts("preTokenExchange", **ISSUED), CODE_EXPIRES - timedelta(seconds=1), "code issued"),
        (facts("preTokenExchange", **ISSUED), CODE_EXPIRES, "ended"),
        (facts("completed"), PUSHED, "ended"),
        (facts("rejected"), PUSHED, "ended"),
    ],
)
def test_an_attempt_is_in_one_state(given: Facts, at: datetime, expected: State) -> None:
    assert state(given, at) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # F-34: nothing began with the consumer
        (facts("preIdentification", visited_at=None), Ending("notBegun", REQUEST_EXPIRES)),
        # F-30, F-33: left at a stage; the flow ends with its lifetime
        (facts("preIdentification"), Ending("preIdentification", LAPSED)),
        (facts("preAuthentication"), Ending("preAuthentication", LAPSED)),
        (facts("preAuthentication", visited_at=None), Ending("preAuthentication", LAPSED)),  # of an earlier release
        (facts("preAccountSelection"), Ending("preAccountSelection", LAPSED)),
        (facts("preAuthorisation"), Ending("preAuthorisation", LAPSED)),
        # F-35: the code was never exchanged. It ended when the code expired, not when housekeeping found that.
        (facts("preTokenExchange", **ISSUED), Ending("failedTokenExchange", CODE_EXPIRES)),
        (facts("failedTokenExchange", **{**ISSUED, "stage_at": LAPSED}), Ending("failedTokenExchange", CODE_EXPIRES)),
        # What was stored is not computed again.
        (facts("rejected", outcome="rejected", ended_at=AUTHORISED), Ending("rejected", AUTHORISED)),
        (facts("rejected", outcome="preIdentification", ended_at=VISITED), Ending("preIdentification", VISITED)),
        (facts("completed", outcome="completed", ended_at=AUTHORISED), Ending("completed", AUTHORISED)),
        # Rows of earlier releases
        (facts("completed", stage_at=AUTHORISED), Ending("completed", AUTHORISED)),
        (facts("rejected", stage_at=AUTHORISED), Ending("rejected", AUTHORISED)),
    ],
)
def test_each_flow_ends_at_one_stage(given: Facts, expected: Ending) -> None:
    assert ending(given, LAPSED + timedelta(days=1)) == expected


@pytest.mark.parametrize(
    ("stage", "denied", "authenticated", "expected"),
    [
        # F-31: only the Deny on the last page is a rejection; who cancels earlier has abandoned the flow there
        ("preAuthorisation", True, False, "rejected"),
        ("preIdentification", True, False, "preIdentification"),
        ("preAuthentication", True, False, "preAuthentication"),
        ("preAccountSelection", True, False, "preAccountSelection"),
        # a flow that fails without a decision of the person
        ("preAuthorisation", False, False, "preAuthorisation"),
        ("preAuthentication", False, True, "preAccountSelection"),
        ("rejected", False, False, "refused"),
    ],
)
def test_a_flow_that_ends_with_an_error_is_counted_where_it_was(
    stage: Stage, *, denied: bool, authenticated: bool, expected: AttemptOutcome
) -> None:
    found = outcome_of_rejection(attempt_at(stage), denied_by_person=denied, authenticated=authenticated)
    assert found == expected


def test_the_table_permits_every_outcome_and_metrics_have_six_stages() -> None:
    (check,) = [each for each in attempt.constraints if str(each.name).endswith("outcome_check")]
    text = str(getattr(check, "sqltext"))  # noqa: B009 - only check constraints have it
    for outcome in (*ABANDONMENT_STAGES, "completed", "notBegun", "refused"):
        assert f"'{outcome}'" in text
    assert len(ABANDONMENT_STAGES) == 6
