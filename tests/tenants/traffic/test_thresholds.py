"""The numbers of the traffic thresholds (C-N3, C-N5, C-N7)."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tenants.operations.endpoints import ENDPOINTS
from tenants.traffic import thresholds

SYDNEY = ZoneInfo("Australia/Sydney")


@pytest.mark.parametrize(
    ("active", "calls"),
    [
        (0, 150), (1, 150), (10_000, 150), (10_001, 200), (20_000, 200), (20_001, 250), (30_000, 250), (30_001, 300),
        (40_001, 350), (50_000, 350), (50_001, 400), (60_000, 400), (60_001, 450), (10_000_000, 450),
    ],
)  # fmt: skip
def test_the_calls_of_a_brand_depend_on_its_active_authorisations(active: int, calls: int) -> None:
    assert thresholds.all_calls(active) == calls


def test_the_highest_number_of_calls_is_that_of_the_last_step() -> None:
    assert thresholds.all_calls(10_000_000) == thresholds.ALL_CALLS


@pytest.mark.parametrize(
    ("local", "low"),
    [("00:00", True), ("05:59", True), ("06:00", False), ("12:00", False), ("23:59", False)],
)
def test_the_low_traffic_period_is_from_midnight_to_six(local: str, *, low: bool) -> None:
    moment = datetime.fromisoformat(f"2026-11-26T{local}").replace(tzinfo=SYDNEY)
    assert (thresholds.low_traffic(moment) is not None) == low


@pytest.mark.parametrize(("day", "hours"), [("2026-11-26", 6), ("2026-10-04", 5), ("2026-04-05", 7)])
def test_the_period_is_shorter_or_longer_when_clocks_are_changed_in_it(day: str, hours: int) -> None:
    period = thresholds.low_traffic(datetime.fromisoformat(f"{day}T04:30").replace(tzinfo=SYDNEY))
    assert period is not None
    assert period.ends - period.begins == hours * 3600
    assert datetime.fromtimestamp(period.begins, SYDNEY).isoformat()[:16] == f"{day}T00:00"


def test_low_velocity_operations_are_those_of_the_standards() -> None:
    """Get Service Point Detail, usage and DER. Get Service Points is not among them (C-N7)."""
    names = {endpoint.name for endpoint in ENDPOINTS if endpoint.operation in thresholds.LOW_VELOCITY}
    assert names == {
        "Get Service Point Detail",
        "Get Usage For Service Point",
        "Get Bulk Usage",
        "Get Usage For Specific Service Points",
        "Get DER For Service Point",
        "Get Bulk DER",
        "Get DER For Specific Service Points",
    }
    assert len(names) == len(thresholds.LOW_VELOCITY)
