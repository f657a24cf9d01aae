"""How a record changes the periods of a customer and an account; dates that it omits are kept."""

from datetime import date

import pytest
from msgspec import UNSET, UnsetType

from tenants.imports.periods import DatedPeriod, ended, with_period

PAST = DatedPeriod(date(2015, 1, 1), date(2016, 1, 1), "holder")
CLOSED = DatedPeriod(date(2020, 1, 1), date(2024, 6, 30), "holder")
OPEN = DatedPeriod(date(2025, 1, 1), None, "holder")


@pytest.mark.parametrize(
    ("stored", "first", "last", "expected"),
    [
        ([], date(2020, 1, 1), UNSET, (date(2020, 1, 1), None)),
        ([], UNSET, UNSET, (date.min, None)),
        ([CLOSED], date(2020, 1, 1), UNSET, (date(2020, 1, 1), date(2024, 6, 30))),
        ([CLOSED], date(2019, 1, 1), UNSET, (date(2019, 1, 1), date(2024, 6, 30))),
        ([CLOSED], date(2024, 6, 30), UNSET, (date(2024, 6, 30), date(2024, 6, 30))),
        ([CLOSED], date(2024, 7, 1), UNSET, (date(2024, 7, 1), None)),
        ([CLOSED], date(2020, 1, 1), None, (date(2020, 1, 1), None)),
        ([CLOSED], UNSET, UNSET, (date(2020, 1, 1), date(2024, 6, 30))),
        ([CLOSED], UNSET, date(2023, 1, 1), (date(2020, 1, 1), date(2023, 1, 1))),
        ([OPEN], date(2025, 1, 1), UNSET, (date(2025, 1, 1), None)),
        ([OPEN], date(2025, 1, 1), date(2025, 2, 1), (date(2025, 1, 1), date(2025, 2, 1))),
    ],
)
def test_a_new_period_keeps_stored_dates_that_the_record_omits(
    stored: list[DatedPeriod],
    first: date | UnsetType,
    last: date | UnsetType | None,
    expected: tuple[date, date | None],
) -> None:
    assert with_period([PAST, *stored] if stored else [], first, last, "joint-holder") == [
        *([PAST] if stored else []),
        *(period for period in stored if expected[0] > (period.last or date.max)),
        DatedPeriod(*expected, "joint-holder"),
    ]


def test_a_limit_stays_until_a_record_names_another_one() -> None:
    limited = OPEN._replace(scope="see")
    later = date(2026, 1, 1)
    assert with_period([limited], later, UNSET, "holder")[-1].scope == "see"
    assert with_period([limited._replace(last=date(2025, 2, 1))], later, UNSET, "holder")[-1].scope == "see"
    assert with_period([limited], UNSET, UNSET, "holder", None)[-1].scope is None
    assert with_period([], later, UNSET, "holder", "share")[-1].scope == "share"
    assert ended([limited], date(2025, 6, 1)) == [limited._replace(last=date(2025, 6, 1))]


def test_a_period_cannot_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="would end before it begins"):
        with_period([CLOSED], UNSET, date(2019, 1, 1), "holder")


def test_an_end_closes_the_last_period_and_removes_later_ones() -> None:
    assert ended([PAST, CLOSED, OPEN], date(2024, 1, 1)) == [PAST, CLOSED._replace(last=date(2024, 1, 1))]
    assert ended([PAST, CLOSED, OPEN], date(2025, 1, 1)) == [PAST, CLOSED, OPEN._replace(last=date(2025, 1, 1))]
    assert ended([PAST], date(2026, 1, 1)) == [PAST]
