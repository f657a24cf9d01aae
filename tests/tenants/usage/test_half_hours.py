"""`interval-reads=MIN_30`: exact sums, and the worst quality of a half hour (C-Q5, C-U4, decision 0027)."""

import pytest

from tenants.usage.half_hours import half_hour_qualities, half_hour_values
from tenants.usage.models import QualityRange, ReadQuality
from tenants.usage.qualities import quality_ranges

SUBSTITUTE, FINAL = ReadQuality.SUBSTITUTE, ReadQuality.FINAL_SUBSTITUTE


@pytest.mark.parametrize(("minutes", "expected"), [(5, 6), (15, 2), (30, 1)])
def test_a_day_has_48_half_hours(minutes: int, expected: int) -> None:
    assert half_hour_values([1] * (1440 // minutes), minutes) == (expected,) * 48


def test_exports_are_summed_like_consumption() -> None:
    assert half_hour_values([-1, -2] * 48, 15) == (-3,) * 48


@pytest.mark.parametrize(
    ("minutes", "qualities", "expected"),
    [
        (5, [], []),
        (30, [(3, 4, FINAL), (5, 48, SUBSTITUTE)], [(3, 4, FINAL), (5, 48, SUBSTITUTE)]),
        (15, [(2, 2, FINAL)], [(1, 1, FINAL)]),
        (5, [(6, 6, FINAL), (7, 7, SUBSTITUTE)], [(1, 1, FINAL), (2, 2, SUBSTITUTE)]),
        (5, [(1, 3, FINAL), (4, 4, SUBSTITUTE), (5, 12, FINAL)], [(1, 1, SUBSTITUTE), (2, 2, FINAL)]),
        (5, [(288, 288, SUBSTITUTE)], [(48, 48, SUBSTITUTE)]),
        (5, [(2, 2, FINAL), (8, 8, FINAL), (20, 20, FINAL)], [(1, 2, FINAL), (4, 4, FINAL)]),
    ],
)
def test_a_half_hour_has_the_worst_quality_of_its_parts(
    minutes: int,
    qualities: list[tuple[int, int, ReadQuality]],
    expected: list[tuple[int, int, ReadQuality]],
) -> None:
    found = half_hour_qualities([QualityRange(*one) for one in qualities], minutes)
    assert list(found) == expected


def test_ranges_cover_exactly_what_is_not_actual() -> None:
    assert quality_ranges([None, FINAL, FINAL, SUBSTITUTE, None, FINAL]) == (
        QualityRange(2, 3, FINAL),
        QualityRange(4, 4, SUBSTITUTE),
        QualityRange(6, 6, FINAL),
    )
    assert quality_ranges([None] * 48) == ()
