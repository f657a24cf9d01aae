"""How the store gives meter reads: the rows of one page are read at once, and expanded while the response is sent.

A row is small, because the values of a day are compressed. So a page of rows fits into memory, no connection is held
while a recipient reads, and only the day that is being sent is expanded.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from haas.database import Transaction
from tenants.cds.field_types import Number
from tenants.cds.resource_ids import ServicePointId
from tenants.operations.resources import INTERVAL_READS, USAGE
from tenants.payloads.energy_usage_v1 import EnergyBasicRead, EnergyIntervalRead, EnergyReadQuality, EnergyUsageRead
from tenants.sources.contract import ResourceQuery
from tenants.sources.item_stream import ItemStream
from tenants.usage.errors import DamagedValues
from tenants.usage.half_hours import HALF_HOUR, half_hour_qualities, half_hour_values
from tenants.usage.models import QualityRange, ReadQuality, intervals_of_a_day
from tenants.usage.packed_values import unpack_values
from tenants.usage.store import ReadWindow, read_page

logger = logging.getLogger(__name__)

IntervalReads = Literal["NONE", "MIN_30", "FULL"]
"""The values of `interval-reads`: the sum of a day alone, with its half hours, or with the meter's own intervals."""
ReadRow = Mapping[str, Any]
"""A row of `tenants.usage.store.read_page`."""
_NONE: Final[IntervalReads] = "NONE"
_HALF_HOURS: Final[IntervalReads] = "MIN_30"


async def read_usage(tx: Transaction, query: ResourceQuery) -> ItemStream:
    """Return one page of meter reads, in the order of C-I1. The stream needs neither the transaction nor a connection.

    A read whose stored values are damaged is left out, and the log says so.
    """
    windows = [
        ReadWindow(point, window.first, window.last, window.control.first, window.control.last)
        for point, of_point in (query.windows or {}).items()
        for window in of_point
    ]
    form: IntervalReads = query.filters[INTERVAL_READS]  # type: ignore[assignment]
    offset, size = (0, None) if query.page is None else (query.page.offset, query.page.size)
    page = await read_page(tx, windows, offset=offset, size=size, with_values=form != _NONE)
    return await ItemStream.held(page.total_records, _valid(page.rows, form))


def _valid(rows: Iterable[ReadRow], form: IntervalReads) -> Iterator[EnergyUsageRead]:
    for row in rows:
        try:
            yield usage_read(row, form)
        except DamagedValues as error:
            logger.warning("sources.invalid_item", extra={"resource": USAGE.name, "problem": str(error)})


def usage_read(row: ReadRow, form: IntervalReads) -> EnergyUsageRead:
    """Return the read of a row in the form of `interval-reads`. Raises DamagedValues."""
    is_basic = row["interval_minutes"] is None
    start, end = row["read_start_date"], row["read_end_date"]
    return EnergyUsageRead(
        servicePointId=ServicePointId(str(row["service_point_id"])),
        registerId=row["register_id"],
        registerSuffix=row["register_suffix"],
        meterId=row["meter_id"],
        controlledLoad=row["controlled_load"],
        readStartDate=start,
        readEndDate=None if end == start else end,
        unitOfMeasure=row["unit"],
        readUType="basicRead" if is_basic else "intervalRead",
        basicRead=_basic_read(row) if is_basic else None,
        intervalRead=None if is_basic else _interval_read(row, form),
    )


def _basic_read(row: ReadRow) -> EnergyBasicRead:
    [quality] = [quality for _, _, quality in row["qualities"] or ()] or [None]
    return EnergyBasicRead(quality=quality, value=_number(row["total"], row["scale"]))


def _interval_read(row: ReadRow, form: IntervalReads) -> EnergyIntervalRead:
    total, scale, minutes = row["total"], row["scale"], row["interval_minutes"]
    if form == _NONE:
        return EnergyIntervalRead(aggregateValue=_number(total, scale))
    values = unpack_values(row["packed"], intervals_of_a_day(minutes))
    qualities = tuple(QualityRange(start, end, ReadQuality(quality)) for start, end, quality in row["qualities"] or ())
    if form == _HALF_HOURS:
        values, qualities = half_hour_values(values, minutes), half_hour_qualities(qualities, minutes)
        minutes = HALF_HOUR
    divisor = 10**scale
    return EnergyIntervalRead(
        readIntervalLength=minutes,
        aggregateValue=_number(total, scale),
        intervalReads=[value / divisor for value in values] if scale else list(values),
        readQualities=[
            EnergyReadQuality(startInterval=start, endInterval=end, quality=quality.value)
            for start, end, quality in qualities
        ],
    )


def _number(value: int, scale: int) -> Number:
    """Return an integer in 10^-scale as a number.

    The double is written with the digits of the exact number, because it has at most MAXIMUM_DIGITS digits.
    """
    return value / 10**scale if scale else value
