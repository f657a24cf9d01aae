"""The meter reads of the demonstration service points. The service points get the kinds of meters here in turn.

So a brand has sites with reads of 5 and of 30 minutes, with solar panels that export, with a controlled load, and with
an accumulation meter. The sites with export are those for which `service_point_data` records solar panels. The numbers
are invented, and the same for the same service point and day.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from math import cos, exp, tau
from random import Random
from typing import Final, NamedTuple

from tenants.cds.resource_ids import ServicePointId
from tenants.imports.records import Record, UsageRecord
from tenants.operations.filters import months_before
from tenants.payloads.energy_usage_v1 import EnergyBasicRead, EnergyIntervalRead, EnergyReadQuality, EnergyUsageRead

QUARTERS: Final = 8
_DAY: Final = timedelta(days=1)
_PLACES: Final = 3


class _Meter(NamedTuple):
    """A meter with intervals. It has reads of the last `days` days."""

    minutes: int
    days: int
    exports: bool = False
    heats_water: bool = False


_WEEK, _MONTH, _YEAR_AND_MONTH = 7, 30, 396
_METERS: Final[tuple[_Meter | None, ...]] = (
    _Meter(5, _WEEK),
    _Meter(5, _WEEK, exports=True),
    None,
    _Meter(30, _MONTH, exports=True),
    _Meter(30, _MONTH, heats_water=True),
    _Meter(30, _MONTH),
    _Meter(5, _WEEK),
    _Meter(5, _WEEK, exports=True),
    None,
    _Meter(30, _YEAR_AND_MONTH, exports=True),  # one in twelve: with more of them, loading takes too long
    _Meter(30, _MONTH, heats_water=True),
    _Meter(30, _MONTH),
)
"""None: an accumulation meter, which is read each quarter of a year."""


def usage_data(service_point: str, number: int, today: date) -> Iterator[Record]:
    """Yield the reads before `today` of the service point with that number in its brand."""
    site, meter = _Site(service_point, number), _METERS[number % len(_METERS)]
    if meter is None:
        for months in range(3 * QUARTERS, 0, -3):
            first, next_first = months_before(today, months), months_before(today, months - 3)
            yield site.basic_read(first, next_first - _DAY)
        return
    for day in _days_before(today, meter.days):
        yield site.interval_read(day, "E1", meter.minutes, site.household(day, meter.minutes))
        if meter.heats_water:
            yield site.interval_read(day, "E2", meter.minutes, site.hot_water(day), controlled_load=True)
        if meter.exports:
            yield site.interval_read(day, "B1", meter.minutes, site.export(day, meter.minutes))


def _days_before(today: date, number: int) -> Iterator[date]:
    return (today - days * _DAY for days in range(number, 0, -1))


class _Site:
    """Makes the reads of one service point."""

    def __init__(self, service_point: str, number: int) -> None:
        self._service_point = service_point
        self._number = number

    def household(self, day: date, minutes: int) -> list[float]:
        """Return the consumption of a day in kWh: a base load with a peak in the morning and a higher one at night."""
        chance = self._chance(day, "household")
        base, peak = chance.uniform(0.15, 0.4), chance.uniform(1.2, 2.8)
        return [
            _rounded(
                (base + 0.5 * peak * _bell(hour, 7.5, 1.2) + peak * _bell(hour, 19, 2)) * chance.uniform(0.8, 1.2),
                minutes,
            )
            for hour in _hours(minutes)
        ]

    def export(self, day: date, minutes: int) -> list[float]:
        """Return the energy that solar panels export on a day in kWh, as negative numbers: more in summer."""
        chance = self._chance(day, "export")
        peak = chance.uniform(0.5, 4.5) * (1 + 0.4 * cos(tau * day.timetuple().tm_yday / 365))
        return [_rounded(-peak * _bell(hour, 12.5, 2.2) * chance.uniform(0.7, 1), minutes) for hour in _hours(minutes)]

    def hot_water(self, day: date) -> list[float]:
        """Return the consumption of a boiler that heats at night, in kWh."""
        ends = self._chance(day, "hot water").uniform(3, 5)
        return [1.8 if 1 <= hour < ends else 0.0 for hour in _hours(30)]

    def interval_read(
        self, day: date, suffix: str, minutes: int, values: list[float], *, controlled_load: bool | None = None
    ) -> Record:
        """Return a day of interval reads. On the first day of a month, some of them are substituted."""
        substituted = EnergyReadQuality(startInterval=2, endInterval=4, quality="FINAL_SUBSTITUTE")
        read = EnergyUsageRead(
            servicePointId=ServicePointId(self._service_point),
            registerId=suffix,
            registerSuffix=suffix,
            meterId=f"M{self._number:06}",
            controlledLoad=controlled_load,
            readStartDate=day,
            unitOfMeasure="KWH",
            readUType="intervalRead",
            intervalRead=EnergyIntervalRead(
                readIntervalLength=minutes,
                aggregateValue=round(sum(values), _PLACES),
                intervalReads=list(values),
                readQualities=[substituted] if day.day == 1 else [],
            ),
        )
        return UsageRecord(read=read, updated_at=_midday_after(day))

    def basic_read(self, first: date, last: date) -> Record:
        """Return the read of an accumulation meter. That of the first quarter of a year is substituted."""
        read = EnergyUsageRead(
            servicePointId=ServicePointId(self._service_point),
            registerSuffix="11",
            meterId=f"M{self._number:06}",
            readStartDate=first,
            readEndDate=last,
            unitOfMeasure="KWH",
            readUType="basicRead",
            basicRead=EnergyBasicRead(
                value=round(self._chance(first, "basic").uniform(700, 1900), 1),
                quality="SUBSTITUTE" if first.month <= 3 else None,  # noqa: PLR2004 - a quarter
            ),
        )
        return UsageRecord(read=read, updated_at=_midday_after(last))

    def _chance(self, day: date, what: str) -> Random:
        return Random(f"{self._number}:{day}:{what}")  # noqa: S311 - invented reads


def _hours(minutes: int) -> Iterator[float]:
    """Yield the time at which each interval of a day begins, in hours."""
    return (begin / 60 for begin in range(0, 1440, minutes))


def _bell(hour: float, middle: float, width: float) -> float:
    return exp(-(((hour - middle) / width) ** 2))


def _rounded(kilowatts: float, minutes: int) -> float:
    """Return the energy of an interval in kWh, with the decimal places of a meter."""
    return round(kilowatts * minutes / 60, _PLACES) + 0.0


def _midday_after(day: date) -> datetime:
    return datetime.combine(day + _DAY, time(2), UTC)
