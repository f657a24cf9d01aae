"""The meter reads of a tenant of the benchmark, as rows that are stored in bulk.

Packing the reads of a day takes longer than storing them, so a few days are packed, and used again and again. The same
sizes and the same day give the same rows.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from math import exp
from random import Random
from typing import Final, NamedTuple
from uuid import UUID

from ops.bench.data.sizes import Site, Sizes
from tenants.accounts.internal_ids import service_point_id
from tenants.operations.filters import months_before
from tenants.usage.models import QualityRange, ReadQuality, intervals_of_a_day
from tenants.usage.packed_values import pack_values
from tenants.usage.stored_reads import StoredRead, market_moment, stored_qualities

DAYS_OF_DAILY_READS: Final = 90
_MINUTES: Final = 5
_SCALE: Final = 3
_DIFFERENT_DAYS: Final = 200
_SUBSTITUTED: Final = stored_qualities((QualityRange(100, 120, ReadQuality.SUBSTITUTE),))
_DAYS_FOR_EACH_SUBSTITUTED: Final = 20
_DAY: Final = timedelta(days=1)


class _Values(NamedTuple):
    """The values of a day, in 10^-3 kWh."""

    total: int
    packed: bytes | None = None


class Reads:
    """Makes the reads of service points."""

    def __init__(self, sizes: Sizes, today: date) -> None:
        """Make the reads of the days before `today`."""
        chance = Random(1)  # noqa: S311 - invented reads
        self._sizes = sizes
        self._today = today
        self._consumed = [_day(chance, middle=19, sign=1) for _ in range(_DIFFERENT_DAYS)]
        self._exported = [_day(chance, middle=12.5, sign=-1) for _ in range(_DIFFERENT_DAYS)]

    def of(self, site: Site) -> Iterator[StoredRead]:
        """Yield a row for each day and register of a service point."""
        point = service_point_id(site.nmi)
        if not self._sizes.has_five_minutes(site):
            for day in self._days(self._today - DAYS_OF_DAILY_READS * _DAY):
                yield _read(point, day, "11", _Values(9_000 + day.toordinal() % 7 * 800), None)
            return
        registers: Sequence[tuple[str, list[_Values]]] = [("E1", self._consumed)]
        if site.exports:
            registers = [*registers, ("B1", self._exported)]
        for day in self._days(months_before(self._today, self._sizes.months)):
            which = site.number + day.toordinal()
            qualities = None if which % _DAYS_FOR_EACH_SUBSTITUTED else _SUBSTITUTED
            for suffix, pool in registers:
                yield _read(point, day, suffix, pool[which % _DIFFERENT_DAYS], qualities)

    def _days(self, first: date) -> Iterator[date]:
        return (first + number * _DAY for number in range((self._today - first).days))


def _day(chance: Random, *, middle: float, sign: int) -> _Values:
    """Return a day with a peak at some hour."""
    count = intervals_of_a_day(_MINUTES)
    hours = (24 * number / count for number in range(count))
    values = [sign * round(chance.uniform(10, 20) + 150 * exp(-(((hour - middle) / 3) ** 2))) for hour in hours]
    return _Values(sum(values), pack_values(values))


def _read(point: UUID, day: date, suffix: str, values: _Values, qualities: str | None) -> StoredRead:
    return StoredRead(
        service_point_id=point,
        read_start_date=day,
        register_suffix=suffix,
        read_end_date=day,
        register_id=suffix,
        meter_id=None,
        controlled_load=None,
        unit="KWH",
        scale=_SCALE,
        total=values.total,
        interval_minutes=None if values.packed is None else _MINUTES,
        packed=values.packed,
        qualities=qualities,
        version=market_moment(datetime.combine(day + _DAY, time(12))),
    )
