"""The reads of a day by half hours: `interval-reads=MIN_30` (C-Q5)."""

from collections.abc import Sequence
from typing import Final

from tenants.usage.models import QualityRange, ReadQuality
from tenants.usage.qualities import quality_ranges, worst

HALF_HOUR: Final = 30
HALF_HOURS_OF_A_DAY: Final = 48


def half_hour_values(values: Sequence[int], interval_minutes: int) -> tuple[int, ...]:
    """Return the 48 exact sums of a day, at the same scale. The first sum is that of 00:00 to 00:30 AEST (C-U1)."""
    parts = HALF_HOUR // interval_minutes
    return tuple(map(sum, zip(*(values[part::parts] for part in range(parts)), strict=True)))


def half_hour_qualities(qualities: Sequence[QualityRange], interval_minutes: int) -> tuple[QualityRange, ...]:
    """Return the ranges of half hours that are not actual. A half hour has the worst quality of its parts (C-U4)."""
    parts = HALF_HOUR // interval_minutes
    found: list[set[ReadQuality | None]] = [set() for _ in range(HALF_HOURS_OF_A_DAY)]
    for start, end, quality in qualities:
        for half_hour in range((start - 1) // parts, (end - 1) // parts + 1):
            found[half_hour].add(quality)
    return quality_ranges(map(worst, found))
