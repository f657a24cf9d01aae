"""Ranges of qualities."""

from collections.abc import Iterable
from itertools import groupby
from typing import Final

from tenants.usage.models import QualityRange, ReadQuality

_WORST_FIRST: Final = (ReadQuality.SUBSTITUTE, ReadQuality.FINAL_SUBSTITUTE)
"""The order of decision 0027. A substitute can still be replaced; a final substitute stays."""


def quality_ranges(flags: Iterable[ReadQuality | None]) -> tuple[QualityRange, ...]:
    """Return the ranges of intervals that are not actual. `flags` has one element for each interval, None if actual."""
    ranges = []
    end = 0
    for quality, group in groupby(flags):
        start, end = end + 1, end + len(list(group))
        if quality is not None:
            ranges.append(QualityRange(start, end, quality))
    return tuple(ranges)


def worst(qualities: Iterable[ReadQuality | None]) -> ReadQuality | None:
    """Return the worst of some qualities, None if all of them are actual."""
    found = set(qualities)
    return next((quality for quality in _WORST_FIRST if quality in found), None)
