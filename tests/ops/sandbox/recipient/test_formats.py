"""Formats for people in Australia."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ops.sandbox.recipient.formats import (
    between,
    day,
    day_of,
    dollars,
    energy,
    frequency,
    listed,
    number,
    percentage,
    years,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (day(date(2026, 11, 3)), "3 Nov 2026"),
        (day(None), ""),
        (between(date(2026, 7, 30), date(2026, 10, 28)), "30 Jul to 28 Oct 2026"),
        (between(date(2025, 12, 1), date(2026, 2, 28)), "1 Dec 2025 to 28 Feb 2026"),
        (between(None, date(2026, 2, 28)), ""),
        (dollars(Decimal("1207.99")), "$1,207.99"),
        (dollars(Decimal("-52.1")), "−$52.10"),
        (dollars(Decimal("-0.001")), "$0.00"),
        (energy(Decimal("1234.56")), "1,234.6"),
        (energy(Decimal("0.15"), 3), "0.150"),
        (number(13.5), "13.5"),
        (number(100), "100"),
        (number(-0.0001), "0"),
        (number(float("nan")), ""),
        (number(True), ""),
        (number(10**400), ""),
        (number(float("inf")), ""),
        (percentage("0.175"), "17.5%"),
        (frequency("P1M"), "every month"),
        (frequency("P2W"), "every 2 weeks"),
        (frequency("monthly"), ""),
        (listed(["a", "", "b", "c"]), "a, b and c"),
        (listed([]), ""),
    ],
)
def test_values_have_the_formats_of_australia(text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize("value", [None, 5, "2026-02-30", "yesterday", []])
def test_what_is_no_date_is_read_as_none(value: Any) -> None:
    assert day_of(value) is None


def test_the_year_is_where_it_changes_and_not_where_it_would_overlap() -> None:
    months = [date(2025, 10 + number, 1) for number in range(3)] + [date(2026, number, 1) for number in range(1, 4)]
    assert years(months) == ["", "", "", "2026", "", ""]
    assert years([date(2025, 3 + number, 1) for number in range(6)]) == ["2025", *[""] * 5]
