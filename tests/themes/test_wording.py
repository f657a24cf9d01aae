"""Times and durations as texts."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from tenants.accounts.models import WithholdingReason
from tenants.arrangements.models import EndedBy
from themes import wording

SYDNEY, BRISBANE = ZoneInfo("Australia/Sydney"), ZoneInfo("Australia/Brisbane")
NOW = datetime(2026, 11, 24, 4, 5, tzinfo=UTC)


def test_every_reason_has_a_text() -> None:
    assert {*get_args(WithholdingReason), "no-open-account"} == set(wording.UNAVAILABLE_REASONS)
    assert set(get_args(EndedBy)) == set(wording.END_REASONS)


def test_times_are_written_in_the_given_time_zone() -> None:
    assert wording.date_and_time(NOW, SYDNEY) == "24 November 2026, 3:05 pm AEDT"
    assert wording.date_and_time(NOW, BRISBANE) == "24 November 2026, 2:05 pm AEST"
    assert wording.time_of_day(NOW.replace(hour=14), BRISBANE) == "12:05 am AEST"
    assert wording.time_of_day(NOW.replace(hour=2), BRISBANE) == "12:05 pm AEST"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (31_536_000, "12 months"),
        (90 * 86_400, "90 days"),
        (86_400, "1 day"),
        (36 * 3_600, "36 hours"),
        (600, "10 minutes"),
        (90, "1 minute"),
        (1, "1 second"),
    ],
)
def test_a_duration_uses_the_largest_unit_that_gives_a_whole_number(seconds: int, words: str) -> None:
    assert wording.duration(seconds) == words


@pytest.mark.parametrize(("seconds", "once"), [(0, True), (3_600, True), (86_400, True), (86_401, False)])
def test_data_is_collected_once_for_a_duration_of_up_to_a_day(seconds: int, once: bool) -> None:  # noqa: FBT001 - pytest passes it
    period = wording.period(seconds, NOW, NOW + timedelta(seconds=seconds))
    assert period.once is once
    assert (period.text == "Once only") is once
    assert bool(period.explanation) is once
