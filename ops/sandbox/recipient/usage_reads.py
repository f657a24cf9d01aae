"""The figures behind the charts of usage: sums of meter reads by period, by month and by half hour. Exact decimals.

A positive value was consumed, a negative one was exported (C-U3). The registers of a service point are added up, those
for consumption and those for export apart. Days are days of AEST and have 24 hours all year (C-U1, C-U2).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

import msgspec

MARKET_TIME: Final = timezone(timedelta(hours=10), "AEST")
HALF_HOURS: Final = 48
MINUTES: Final = 30
_KWH: Final[Mapping[str, Decimal]] = {"KWH": Decimal(1), "WH": Decimal("0.001"), "MWH": Decimal(1000)}
_ZERO: Final = Decimal(0)
_DAY: Final = timedelta(days=1)
_LONGEST_PERIOD: Final = timedelta(days=1000)
_LARGEST: Final = Decimal(10) ** 12


class _BasicRead(msgspec.Struct, frozen=True):
    value: Decimal
    quality: str | None = None


class _Quality(msgspec.Struct, frozen=True, rename="camel"):
    start_interval: int
    end_interval: int


class _IntervalRead(msgspec.Struct, frozen=True, rename="camel"):
    aggregate_value: Decimal
    read_interval_length: int | None = None
    interval_reads: list[Decimal] | None = None
    read_qualities: list[_Quality] | None = None


class _Read(msgspec.Struct, frozen=True, rename="camel"):
    """The members of EnergyUsageRead that the recipient uses."""

    service_point_id: str
    read_start_date: date
    read_end_date: date | None = None
    unit_of_measure: str | None = None
    controlled_load: bool | None = None
    basic_read: _BasicRead | None = None
    interval_read: _IntervalRead | None = None

    @property
    def last(self) -> date:
        return self.read_end_date or self.read_start_date


class PeriodUse(msgspec.Struct, frozen=True, kw_only=True):
    """The energy of a service point from the day `first` to the day `last`, in kWh.

    `exported` is not negative. `controlled_load` is a part of `consumed`. It is `estimated` if a read was substituted.
    """

    service_point: str
    first: date
    last: date
    consumed: Decimal = _ZERO
    exported: Decimal = _ZERO
    controlled_load: Decimal = _ZERO
    estimated: bool = False


class DayReads(msgspec.Struct, frozen=True, kw_only=True):
    """The energy of a service point in each half hour of a day, in kWh. None: there is no read."""

    service_point: str
    consumed: list[Decimal | None]
    exported: list[Decimal | None]
    estimated: list[bool]


class MonthUse(msgspec.Struct, frozen=True, kw_only=True):
    """The energy of a service point in the days of a month that have reads.

    `of_days` is the number of days of the month until the end of what was requested. `spread` says that a part of a
    read of several months is in it, in proportion to its days. Without `days` there is no read.
    """

    month: date
    days: int
    of_days: int
    consumed: Decimal
    exported: Decimal
    controlled_load: Decimal
    estimated: bool
    spread: bool


class UsageReads(msgspec.Struct, frozen=True):
    """Usable reads in kWh, the units of those that are not energy, and how many do not follow the standards."""

    reads: list[_Read]
    other_units: list[str]
    unusable: int


def usable_reads(items: Iterable[Any]) -> UsageReads:
    """Return the reads among `items`, with their values in kWh. A read without a unit is taken for kWh (C-U8)."""
    reads, units, unusable = [], set(), 0
    for item in items:
        try:
            read = msgspec.convert(item, _Read)
        except msgspec.ValidationError:
            unusable += 1
            continue
        unit = (read.unit_of_measure or "kWh").strip()
        if unit.upper() not in _KWH:
            units.add(unit[:20])
        elif _is_usable(read):
            reads.append(_in_kwh(read, _KWH[unit.upper()]))
        else:
            unusable += 1
    return UsageReads(reads, sorted(units), unusable)


def periods(reads: Iterable[_Read]) -> list[PeriodUse]:
    """Return the sums of all registers, by service point and period, the earliest first."""
    found: dict[tuple[str, date, date], PeriodUse] = {}
    for read in reads:
        value, estimated = _total(read)
        key = (read.service_point_id, read.read_start_date, read.last)
        so_far = found.get(key) or PeriodUse(service_point=key[0], first=key[1], last=key[2])
        consumed = max(value, _ZERO)
        found[key] = msgspec.structs.replace(
            so_far,
            consumed=so_far.consumed + consumed,
            exported=so_far.exported - min(value, _ZERO),
            controlled_load=so_far.controlled_load + (consumed if read.controlled_load else _ZERO),
            estimated=so_far.estimated or estimated,
        )
    return [found[key] for key in sorted(found, key=lambda key: (key[1], key[2], key[0]))]


def half_hours(reads: Iterable[_Read], day: date) -> list[DayReads]:
    """Return the half hours of `day`, by service point. Reads of another day or of other intervals are not used."""
    consumed: dict[str, list[Decimal | None]] = defaultdict(lambda: [None] * HALF_HOURS)
    exported: dict[str, list[Decimal | None]] = defaultdict(lambda: [None] * HALF_HOURS)
    estimated: dict[str, list[bool]] = defaultdict(lambda: [False] * HALF_HOURS)
    for read in reads:
        interval = read.interval_read
        if interval is None or not interval.interval_reads or interval.read_interval_length != MINUTES:
            continue
        if read.read_start_date != day or read.last != day:
            continue
        point = read.service_point_id
        for index, value in enumerate(interval.interval_reads):
            consumed[point][index] = (consumed[point][index] or _ZERO) + max(value, _ZERO)
            exported[point][index] = (exported[point][index] or _ZERO) - min(value, _ZERO)
        for quality in interval.read_qualities or []:
            for index in range(max(quality.start_interval, 1) - 1, min(quality.end_interval, HALF_HOURS)):
                estimated[point][index] = True
    return [
        DayReads(service_point=point, consumed=values, exported=exported[point], estimated=estimated[point])
        for point, values in consumed.items()
    ]


def months(uses: Iterable[PeriodUse], service_point: str, oldest: date, newest: date) -> list[MonthUse]:
    """Return each month from `oldest` to `newest`, also those without reads.

    A period that belongs to several months is divided in proportion to its days. A part outside of the range is left
    out.
    """
    of_point = [use for use in uses if use.service_point == service_point]
    return [_month(of_point, first, max(first, oldest), last) for first, last in _month_ends(oldest, newest)]


def market_day(moment: datetime) -> date:
    """Return the day of AEST at a moment."""
    return moment.astimezone(MARKET_TIME).date()


def first_of_month(day: date, months_before: int = 0) -> date:
    """Return the first day of the month that is `months_before` months before that of `day`."""
    months_since = day.year * 12 + day.month - 1 - months_before
    return date(months_since // 12, months_since % 12 + 1, 1)


def _month_ends(oldest: date, newest: date) -> Iterator[tuple[date, date]]:
    first = first_of_month(oldest)
    while first <= newest:
        following = first_of_month(first, -1)
        yield first, min(following - _DAY, newest)
        first = following


def _month(uses: Sequence[PeriodUse], month: date, first: date, last: date) -> MonthUse:
    consumed = exported = controlled = _ZERO
    days: set[date] = set()
    estimated = spread = False
    for use in uses:
        begin, end = max(use.first, first), min(use.last, last)
        if begin > end:
            continue
        inside, whole = (end - begin).days + 1, (use.last - use.first).days + 1
        consumed += use.consumed * inside / whole
        exported += use.exported * inside / whole
        controlled += use.controlled_load * inside / whole
        days.update(begin + _DAY * number for number in range(inside))
        estimated |= use.estimated
        spread |= inside < whole
    return MonthUse(
        month=month,
        days=len(days),
        of_days=(last - first).days + 1,
        consumed=consumed,
        exported=exported,
        controlled_load=controlled,
        estimated=estimated,
        spread=spread,
    )


def _total(read: _Read) -> tuple[Decimal, bool]:
    if read.basic_read is not None:
        return read.basic_read.value, read.basic_read.quality not in {None, "ACTUAL"}
    interval = read.interval_read
    return (_ZERO, False) if interval is None else (interval.aggregate_value, bool(interval.read_qualities))


def _is_usable(read: _Read) -> bool:
    """Whether a read has one kind of values, which are numbers of a plausible size, and a period."""
    interval = read.interval_read
    values = [] if interval is None else [interval.aggregate_value, *(interval.interval_reads or ())]
    values += [] if read.basic_read is None else [read.basic_read.value]
    return (
        (interval is None) is not (read.basic_read is None)
        and all(value.is_finite() and abs(value) <= _LARGEST for value in values)
        and timedelta() <= read.last - read.read_start_date <= _LONGEST_PERIOD
        and len(values) <= 1 + 24 * 60
        and (interval is None or interval.read_interval_length != MINUTES or len(values) <= 1 + HALF_HOURS)
    )


def _in_kwh(read: _Read, factor: Decimal) -> _Read:
    if factor == 1:
        return read
    basic, interval = read.basic_read, read.interval_read
    if basic is not None:
        basic = msgspec.structs.replace(basic, value=basic.value * factor)
    if interval is not None:
        interval = msgspec.structs.replace(
            interval,
            aggregate_value=interval.aggregate_value * factor,
            interval_reads=[value * factor for value in interval.interval_reads or ()] or None,
        )
    return msgspec.structs.replace(read, basic_read=basic, interval_read=interval, unit_of_measure="kWh")
