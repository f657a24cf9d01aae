"""A day of interval reads of one register of a service point."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

MINUTES_OF_A_DAY: Final = 1440
INTERVAL_LENGTHS: Final = (5, 15, 30)
"""The lengths of an interval in minutes: those of a meter in the market, and of `readIntervalLength`."""
MAXIMUM_SCALE: Final = 9
"""The maximum number of decimal places of a value."""
MAXIMUM_DIGITS: Final = 15
"""The maximum number of decimal digits of a value, those after the point included.

A number with so many digits is the same after it was written as a JSON number and read as a double.
"""
MAXIMUM_SUM: Final = 10**MAXIMUM_DIGITS - 1
"""The maximum of the sum of a day's absolute values, so that the same is true for every sum of them."""


class ReadQuality(StrEnum):
    """The quality of a read that is not actual, as in `readQualities` of EnergyUsageRead."""

    SUBSTITUTE = "SUBSTITUTE"
    FINAL_SUBSTITUTE = "FINAL_SUBSTITUTE"


class QualityRange(NamedTuple):
    """The quality of the intervals from `start` to `end`. The first interval is 1, and `end` is included."""

    start: int
    end: int
    quality: ReadQuality


class IntervalDay(msgspec.Struct, frozen=True, kw_only=True):
    """The interval reads of one register on one day.

    A day begins at 00:00 AEST and has 24 hours, in every state and on every day of the year (C-U1, C-U2). `key`
    identifies it. Of two versions of the same day, the one with the later `version` is valid.
    """

    nmi: str
    """The National Metering Identifier of the service point, ten characters without the check digit."""
    register_suffix: str
    read_date: date
    interval_minutes: int
    """One of INTERVAL_LENGTHS."""
    unit: str | None
    """The unit of measure, spelled as in the source, for example `KWH` or `kWh` (C-U8)."""
    scale: int
    """The number of decimal places of the values, from 0 to MAXIMUM_SCALE."""
    values: tuple[int, ...]
    """One integer for each interval, in 10^-scale of the unit: 1.25 kWh at scale 3 is 1250. Exports are negative."""
    qualities: tuple[QualityRange, ...]
    """The intervals that are not actual, in ascending order. No two ranges overlap, or touch with the same quality."""
    version: datetime
    """When the meter data provider made or changed the data. Market time, which is UTC+10 all year, without a zone."""
    meter_serial: str | None = None
    register_id: str | None = None
    controlled_load: bool | None = None
    """Whether the register is of a controlled load. NEM12 does not say it, and a suffix does not imply it (C-U7)."""

    @property
    def key(self) -> tuple[str, str, date]:
        """The identity of the day, which all versions of it have in common (C-U9)."""
        return self.nmi, self.register_suffix, self.read_date

    @property
    def total(self) -> int:
        """The exact sum of the values, in 10^-scale of the unit: `aggregateValue` (C-U5)."""
        return sum(self.values)


def intervals_of_a_day(interval_minutes: int) -> int:
    """Return the number of intervals of a day: 288, 96 or 48."""
    return MINUTES_OF_A_DAY // interval_minutes
