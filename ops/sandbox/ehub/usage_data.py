"""Usage of a service point, generated for the records of one page only (CDS, EnergyUsageRead)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final, Literal

import msgspec

from ops.sandbox.ehub.calendar_days import MONTHS_OF_DATA, months_before, next_quarter, quarter_begin
from ops.sandbox.ehub.interval_values import MINUTES_OF_HALF_HOUR, DayOfValues, day_of_values
from ops.sandbox.ehub.models import Meter, ServicePoint

IntervalReads = Literal["NONE", "MIN_30", "FULL"]

_SUFFIXES: Final[dict[Meter, tuple[str, ...]]] = {
    "interval-5": ("E1",),
    "interval-5-controlled-load": ("E1", "E2"),
    "interval-5-solar": ("B1", "E1"),
    "interval-5-solar-battery": ("B1", "E1"),
    "interval-30": ("E1",),
    "interval-30-solar": ("B1", "E1"),
    "basic-daily": ("11",),
    "basic-quarterly": ("11",),
    "none": (),
}
"""The register suffixes in the order of the records of one day."""
_BASIC_INTERVAL: Final = 30


class Window(msgspec.Struct, frozen=True):
    """The days of a request, both included."""

    oldest: date
    newest: date


def suffixes(point: ServicePoint) -> tuple[str, ...]:
    """Return the suffixes of the registers of a service point."""
    return _SUFFIXES[point.meter]


def interval_minutes(meter: Meter) -> int | None:
    """Return the length of the meter's intervals, or None when it has none."""
    return int(meter.split("-")[1]) if meter.startswith("interval-") else None


def meter_id(point: ServicePoint) -> str:
    """Return the serial number of the meter."""
    return f"{int.from_bytes(point.seed[4:8], 'big') % 10**9:09}"


def disclosed_window(point: ServicePoint, window: Window, today: date) -> Window | None:
    """Return the part of a window for which reads of a service point are answered, or None when there is none.

    Reads exist for 24 months and until yesterday. If the date of the last consumer change is in the window, the reads
    before it are left out. Otherwise those are left out that are from before the participant was responsible (C-P7).
    """
    oldest = max(window.oldest, months_before(today, MONTHS_OF_DATA))
    newest = min(window.newest, today - timedelta(days=1))
    changed = point.last_consumer_change_date
    since = point.financially_responsible_since
    if changed is not None and window.oldest <= changed <= window.newest:
        oldest = max(oldest, changed)
    elif since is not None:
        oldest = max(oldest, since)
    return Window(oldest, newest) if oldest <= newest else None


def count_reads(point: ServicePoint, window: Window | None) -> int:
    """Return the number of records of a window, without generating them."""
    if window is None:
        return 0
    if point.meter == "basic-quarterly":
        return sum(1 for _ in _quarters(window))
    return ((window.newest - window.oldest).days + 1) * len(suffixes(point))


def reads(
    point: ServicePoint, window: Window | None, interval_reads: IntervalReads, start: int, stop: int
) -> Iterator[dict[str, Any]]:
    """Yield the records `start` to `stop` of a window: newest first, and by suffix within a day (C-I1)."""
    if window is None:
        return
    if point.meter == "basic-quarterly":
        for begin in list(_quarters(window))[start:stop]:
            yield _basic_read(point, begin, next_quarter(begin) - timedelta(days=1))
        return
    registers = suffixes(point)
    for position in range(start, min(stop, count_reads(point, window))):
        day = window.newest - timedelta(days=position // len(registers))
        suffix = registers[position % len(registers)]
        if point.meter == "basic-daily":
            yield _basic_read(point, day, day)
        else:
            yield _interval_read(point, suffix, day, interval_reads)


def _quarters(window: Window) -> Iterator[date]:
    """Yield the first days of the quarters that begin in the window and have ended, newest first."""
    begin = quarter_begin(window.newest)
    while begin >= window.oldest:
        if next_quarter(begin) <= window.newest + timedelta(days=1):
            yield begin
        begin = months_before(begin, 3)


def _interval_read(point: ServicePoint, suffix: str, day: date, interval_reads: IntervalReads) -> dict[str, Any]:
    values = day_of_values(point.seed, suffix, day, interval_minutes(point.meter) or MINUTES_OF_HALF_HOUR)
    if interval_reads == "MIN_30":
        values = values.in_half_hours()
    read = {"aggregateValue": values.total / 1000}
    if interval_reads != "NONE":
        read |= _intervals(values)
    return _read(point, suffix, day) | {"readUType": "intervalRead", "intervalRead": read}


def _intervals(values: DayOfValues) -> dict[str, Any]:
    return {
        "readIntervalLength": values.minutes,
        "intervalReads": [value / 1000 for value in values.values],
        "readQualities": [
            {"startInterval": first, "endInterval": last, "quality": quality}
            for first, last, quality in values.qualities
        ],
    }


def _basic_read(point: ServicePoint, begin: date, end: date) -> dict[str, Any]:
    days = (end - begin).days + 1
    total = day_of_values(point.seed, "E1", begin, _BASIC_INTERVAL).total * days
    quality = "SUBSTITUTE" if begin.toordinal() % 11 == 0 else "ACTUAL"
    return _read(point, "11", begin) | {
        "readEndDate": end.isoformat(),
        "readUType": "basicRead",
        "basicRead": {"quality": quality, "value": total / 1000},
    }


def _read(point: ServicePoint, suffix: str, day: date) -> dict[str, Any]:
    return {
        "servicePointId": point.nmi,
        "registerId": suffix,
        "registerSuffix": suffix,
        "meterId": meter_id(point),
        "controlledLoad": suffix == "E2",
        "readStartDate": day.isoformat(),
        "unitOfMeasure": "KWH",
    }
