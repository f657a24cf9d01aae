"""The stored form of reads: the rows of the table `usage_read`."""

from datetime import date, datetime, timedelta, timezone
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from tenants.usage.models import IntervalDay, QualityRange
from tenants.usage.packed_values import pack_values

_MARKET_TIME: Final = timezone(timedelta(hours=10))


class StoredRead(NamedTuple):
    """A row of the table `usage_read`, with the names of its columns."""

    service_point_id: UUID
    read_start_date: date
    register_suffix: str
    read_end_date: date
    register_id: str | None
    meter_id: str | None
    controlled_load: bool | None
    unit: str | None
    scale: int
    total: int
    interval_minutes: int | None
    packed: bytes | None
    qualities: str | None
    """JSON text."""
    version: datetime

    @property
    def key(self) -> tuple[UUID, date, str]:
        """The identity of the read, which all its versions have in common (C-U9)."""
        return self.service_point_id, self.read_start_date, self.register_suffix


class RemovedReads(NamedTuple):
    """The reads of a service point that begin from `first` to `last`, of one register or of all (None)."""

    service_point_id: UUID
    first: date
    last: date
    register_suffix: str | None

    def contains(self, read: StoredRead) -> bool:
        """Return whether a read is removed."""
        is_of_register = self.register_suffix in {None, read.register_suffix}
        return (
            is_of_register
            and read.service_point_id == self.service_point_id
            and self.first <= read.read_start_date <= self.last
        )


def stored_day(day: IntervalDay, service_point_id: UUID) -> StoredRead:
    """Return the row of a day of interval reads."""
    return StoredRead(
        service_point_id=service_point_id,
        read_start_date=day.read_date,
        register_suffix=day.register_suffix,
        read_end_date=day.read_date,
        register_id=day.register_id,
        meter_id=day.meter_serial,
        controlled_load=day.controlled_load,
        unit=day.unit,
        scale=day.scale,
        total=day.total,
        interval_minutes=day.interval_minutes,
        packed=pack_values(day.values),
        qualities=stored_qualities(day.qualities),
        version=market_moment(day.version),
    )


def stored_qualities(qualities: tuple[QualityRange, ...]) -> str | None:
    """Return the JSON of the intervals that are not actual, None if all are actual."""
    return msgspec.json.encode(qualities).decode() if qualities else None


def market_moment(version: datetime) -> datetime:
    """Return the moment of a time in the market's time zone, which has no daylight saving."""
    return version.replace(tzinfo=_MARKET_TIME)


def market_time(moment: datetime) -> datetime:
    """Return a moment as a time in the market's time zone, without a zone, as `IntervalDay.version` is."""
    return moment.astimezone(_MARKET_TIME).replace(tzinfo=None)
