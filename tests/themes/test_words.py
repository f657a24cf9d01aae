from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from themes import wording
from themes.problems import problem

SYDNEY, BRISBANE = ZoneInfo("Australia/Sydney"), ZoneInfo("Australia/Brisbane")
NOW = datetime(2026, 11, 24, 4, 5, tzinfo=UTC)


def test_moments_are_told_in_the_brands_zone() -> None:
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
def test_durations_use_the_largest_unit_that_is_whole(seconds: int, words: str) -> None:
    assert wording.duration(seconds) == words


@pytest.mark.parametrize(("seconds", "once"), [(0, True), (3_600, True), (86_400, True), (86_401, False)])
def test_up_to_a_day_is_one_time_collection(seconds: int, once: bool) -> None:  # noqa: FBT001 - pytest passes it
    period = wording.period(seconds, NOW, NOW + timedelta(seconds=seconds))
    assert period.once is once
    assert (period.text == "Once only") is once
    assert bool(period.explanation) is once


def test_a_leap_day_has_a_day_before_it() -> None:
    assert wording.years_before(datetime(2028, 2, 29, tzinfo=UTC), 2) == datetime(2026, 2, 28, tzinfo=UTC)


def test_problems_are_only_ours() -> None:
    assert problem(None) is None
    assert problem("<script>") is None
    named = problem("identifier-missing", label="Email address")
    assert named is not None
    assert (named.text, named.field) == ("Enter your email address.", "identifier")
    for tries, text in ((0, "cannot be tried again"), (1, "once more"), (3, "3 more times")):
        told = problem("code-wrong", tries_left=tries)
        assert told is not None
        assert text in told.text
