"""How far back the data of a closed account is disclosed (C-P5)."""

from datetime import date

import pytest

from tenants.accounts.closed_accounts import first_disclosed_day


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2025, 1, 1), date(2023, 1, 1)),
        (date(2024, 2, 29), date(2022, 2, 28)),
        (date(2026, 2, 28), date(2024, 2, 28)),
    ],
)
def test_data_of_the_two_years_before_the_request_is_disclosed(today: date, first: date) -> None:
    assert first_disclosed_day(today) == first
