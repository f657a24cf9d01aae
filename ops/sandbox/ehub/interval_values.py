"""The interval values of one register and day, in watt hours: the same for every request (C-U2, C-U3)."""

import hashlib
from datetime import date
from functools import cache
from math import pi, sin
from typing import Final

import msgspec

Quality = tuple[int, int, str]
"""First and last interval, from 1, and their quality (C-U4)."""

MINUTES_OF_HALF_HOUR: Final = 30
MINUTES_OF_DAY: Final = 1440
_HALF_HOURS: Final = 48
_HOUSEHOLD: Final = (
    *(120, 110, 100, 100, 100, 100, 100, 100, 110, 120, 140, 180),  # 00:00 to 06:00
    *(300, 420, 480, 440, 360, 300, 260, 250, 240, 240, 250, 260),  # to 12:00
    *(260, 250, 240, 240, 250, 280, 320, 380, 460, 560, 680, 780),  # to 18:00
    *(840, 860, 820, 760, 700, 640, 560, 480, 400, 320, 240, 160),
)
"""Typical watt hours of each half hour."""
_CONTROLLED: Final = (*(900,) * 10, *(0,) * 34, *(900,) * 4)
_SOLAR: Final = tuple(round(2_000 * max(0.0, sin(pi * (hour - 12) / 26))) for hour in range(_HALF_HOURS))
_AMPLITUDES: Final = {"E1": _HOUSEHOLD, "E2": _CONTROLLED, "B1": _SOLAR}
_SEASON: Final = (115, 110, 95, 85, 95, 115, 125, 120, 95, 85, 90, 105)
_SOLAR_SEASON: Final = (125, 115, 100, 80, 65, 55, 60, 75, 95, 110, 120, 130)
"""Percent of the year's average, in each month."""


class DayOfValues(msgspec.Struct, frozen=True):
    """The values of a day in watt hours, positive if consumed and negative if exported."""

    minutes: int
    values: list[int]
    qualities: tuple[Quality, ...]

    @property
    def total(self) -> int:
        """The sum of the values."""
        return sum(self.values)

    def in_half_hours(self) -> "DayOfValues":
        """Return the day in half hours: sums, with the worst quality of the parts (C-Q5, C-U4)."""
        parts = MINUTES_OF_HALF_HOUR // self.minutes
        values = [sum(self.values[start : start + parts]) for start in range(0, len(self.values), parts)]
        qualities = tuple(
            ((first - 1) // parts + 1, (last - 1) // parts + 1, quality) for first, last, quality in self.qualities
        )
        return DayOfValues(MINUTES_OF_HALF_HOUR, values, qualities)


def day_of_values(seed: bytes, suffix: str, day: date, minutes: int) -> DayOfValues:
    """Return the values of a register on a day, in intervals of `minutes`."""
    key = b"%b%b%d" % (seed, suffix.encode(), day.toordinal())
    count = MINUTES_OF_DAY // minutes
    noise = hashlib.shake_128(key).digest(count + 2)
    amplitudes = _amplitudes(suffix, day.month, minutes)
    sign = -1 if suffix.startswith("B") else 1
    values = [sign * (amplitude * (64 + part) >> 8) for amplitude, part in zip(amplitudes, noise, strict=False)]
    return DayOfValues(minutes, values, _qualities(noise[count], noise[count + 1], count))


@cache
def _amplitudes(suffix: str, month: int, minutes: int) -> tuple[int, ...]:
    season = (_SOLAR_SEASON if suffix.startswith("B") else _SEASON)[month - 1]
    parts = MINUTES_OF_HALF_HOUR // minutes
    return tuple(amplitude * season // (100 * parts) for amplitude in _AMPLITUDES[suffix] for _ in range(parts))


def _qualities(chance: int, where: int, count: int) -> tuple[Quality, ...]:
    """Return the intervals that are not actual: on one day in eight some are substitutes."""
    if chance % 8:
        return ()
    first = where * count // 512 + 1
    return (
        (first, first + 2, "SUBSTITUTE"),
        (first + count // 2, first + count // 2, "FINAL_SUBSTITUTE"),
    )
