"""Convert records with meter reads, in the form of the standards, to their stored form.

The numbers of a record become exact integers. A JSON number is read as a double, whose shortest text has the digits of
the file if there are at most MAXIMUM_DIGITS.
"""

from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from tenants.cds.field_types import Number
from tenants.imports.day_checks import day_problem, period_problem
from tenants.imports.records import UsageRecord, UsageRemoval
from tenants.payloads.energy_usage_v1 import EnergyBasicRead, EnergyIntervalRead, EnergyReadQuality, EnergyUsageRead
from tenants.usage.models import (
    INTERVAL_LENGTHS,
    MAXIMUM_DIGITS,
    MAXIMUM_SCALE,
    MAXIMUM_SUM,
    IntervalDay,
    QualityRange,
    ReadQuality,
    intervals_of_a_day,
)
from tenants.usage.qualities import quality_ranges
from tenants.usage.stored_reads import (
    RemovedReads,
    StoredRead,
    market_moment,
    market_time,
    stored_day,
    stored_qualities,
)

_ACTUAL = "ACTUAL"


class ConvertedRead(NamedTuple):
    """The stored form of a read, and how it differs from the record, or None."""

    read: StoredRead
    fix: str | None


def converted_read(record: UsageRecord, service_point_id: UUID, now: datetime) -> ConvertedRead:
    """Return the stored form of a record. Raises ValueError if the record cannot be loaded."""
    read = record.read
    version = record.updated_at or market_moment(datetime.combine(read.readStartDate, time()))
    if read.intervalRead is not None:
        return _interval_read(read, read.intervalRead, service_point_id, version, now)
    if read.basicRead is not None:
        return ConvertedRead(_basic_read(read, read.basicRead, service_point_id, version, now), None)
    raise TypeError("the record has neither an interval read nor a basic read")


def removed_reads(record: UsageRemoval, service_point_id: UUID) -> RemovedReads:
    """Return which stored reads a record removes."""
    return RemovedReads(service_point_id, record.oldest_date, record.newest_date, record.register_suffix)


def _interval_read(
    read: EnergyUsageRead, interval: EnergyIntervalRead, service_point_id: UUID, version: datetime, now: datetime
) -> ConvertedRead:
    values, minutes = interval.intervalReads, interval.readIntervalLength
    if values is None or minutes is None:
        raise ValueError("`intervalReads` is mandatory in an import")
    if minutes not in INTERVAL_LENGTHS:
        raise ValueError(f"expected 5, 15 or 30 as `readIntervalLength`, found {minutes}")
    if read.readEndDate not in {None, read.readStartDate}:
        raise ValueError("a record has the interval reads of one day, so `readEndDate` must be `readStartDate`")
    count = intervals_of_a_day(minutes)
    if len(values) != count:
        raise ValueError(f"expected {count} `intervalReads` of {minutes} minutes, found {len(values)}")
    scale, integers = _integers(values)
    day = IntervalDay(
        nmi="",  # the service point is known by its id
        register_suffix=read.registerSuffix,
        read_date=read.readStartDate,
        interval_minutes=minutes,
        unit=read.unitOfMeasure,
        scale=scale,
        values=integers,
        qualities=_qualities(interval.readQualities or (), count),
        version=market_time(version),
        meter_serial=read.meterId,
        register_id=read.registerId,
        controlled_load=read.controlledLoad,
    )
    problem = day_problem(day, now)
    if problem:
        raise ValueError(problem)
    exact = Decimal(day.total).scaleb(-scale)
    given = Decimal(repr(interval.aggregateValue))
    fix = None if given == exact else "aggregateValue replaced by the sum of the intervalReads"
    return ConvertedRead(stored_day(day, service_point_id), fix)


def _basic_read(
    read: EnergyUsageRead, basic: EnergyBasicRead, service_point_id: UUID, version: datetime, now: datetime
) -> StoredRead:
    end = read.readEndDate or read.readStartDate
    if end < read.readStartDate:
        raise ValueError("`readEndDate` is before `readStartDate`")
    problem = period_problem(read.readStartDate, end, version, now)
    if problem:
        raise ValueError(problem)
    scale, (value,) = _integers([basic.value])
    quality = None if basic.quality in {None, _ACTUAL} else ReadQuality(str(basic.quality))
    return StoredRead(
        service_point_id=service_point_id,
        read_start_date=read.readStartDate,
        register_suffix=read.registerSuffix,
        read_end_date=end,
        register_id=read.registerId,
        meter_id=read.meterId,
        controlled_load=read.controlledLoad,
        unit=read.unitOfMeasure,
        scale=scale,
        total=value,
        interval_minutes=None,
        packed=None,
        qualities=stored_qualities((QualityRange(1, 1, quality),) if quality else ()),
        version=version,
    )


def _integers(numbers: Sequence[Number]) -> tuple[int, tuple[int, ...]]:
    """Return the scale of numbers, and the numbers as integers of it. Raises ValueError."""
    decimals = [Decimal(repr(number)) for number in numbers]
    if not all(number.is_finite() for number in decimals):
        raise ValueError("a number is too large")
    exponents = [number.normalize().as_tuple().exponent for number in decimals]
    scale = max(0, *(-exponent for exponent in exponents if isinstance(exponent, int)))
    if scale > MAXIMUM_SCALE:
        raise ValueError(f"expected at most {MAXIMUM_SCALE} decimal places, found {scale}")
    if any(abs(number.scaleb(scale)) > MAXIMUM_SUM for number in decimals):
        raise ValueError(f"expected at most {MAXIMUM_DIGITS} digits with the {scale} decimal places of the read")
    return scale, tuple(int(number.scaleb(scale)) for number in decimals)


def _qualities(given: Sequence[EnergyReadQuality], count: int) -> tuple[QualityRange, ...]:
    """Return the intervals that are not actual, in ascending order. Raises ValueError if ranges overlap."""
    flags: list[ReadQuality | None] = [None] * count
    for each in given:
        start, end = each.startInterval, each.endInterval
        if not start <= end <= count:
            raise ValueError(f"expected intervals from 1 to {count} in `readQualities`, found {start} to {end}")
        if any(flags[start - 1 : end]):
            raise ValueError(f"the `readQualities` for {start} to {end} overlap with others")
        flags[start - 1 : end] = [ReadQuality(each.quality)] * (end - start + 1)
    return quality_ranges(flags)
