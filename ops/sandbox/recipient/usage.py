"""Reads the usage of an arrangement: 13 months without intervals, and the half hours of single days."""

from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Final

import msgspec

from ops.sandbox.recipient.data import USAGE, items_of
from ops.sandbox.recipient.reading import Reader
from ops.sandbox.recipient.records import Fetched, UsageRecord
from ops.sandbox.recipient.usage_reads import first_of_month, half_hours, market_day, periods, usable_reads

MONTHS_BEFORE: Final = 12
"""How many whole months are requested before the current one: a month can be compared to that of a year ago."""
MAXIMUM_DAYS: Final = 31
"""How many days with half hours are stored. They are small, and a holder may limit repeated requests (C-N7)."""


def requested_days(now: datetime) -> tuple[date, date]:
    """Return the first and the last day of the 13 months until yesterday. Reads of today do not exist yet."""
    yesterday = market_day(now) - timedelta(days=1)
    return first_of_month(yesterday, MONTHS_BEFORE), yesterday


async def fetch_periods(reader: Reader, now: datetime) -> tuple[UsageRecord | None, Fetched]:
    """Return the usage of 13 months, and the answer that it is made from. None if that is an error."""
    oldest, newest = requested_days(now)
    answer = await reader.read(USAGE, params=_window(oldest, newest, "NONE"))
    if answer.status != HTTPStatus.OK:
        return None, answer
    found = usable_reads(items_of([answer], USAGE))
    usage = UsageRecord(
        read_at=now,
        oldest=oldest,
        newest=newest,
        periods=periods(found.reads),
        other_units=found.other_units,
        unusable=found.unusable,
        complete=answer.complete,
    )
    return usage, answer


async def add_day(reader: Reader, usage: UsageRecord, day: date) -> tuple[UsageRecord, Fetched]:
    """Return `usage` with the half hours of a day, and the answer of the holder. An error changes nothing."""
    answer = await reader.read(USAGE, params=_window(day, day, "MIN_30"))
    if answer.status != HTTPStatus.OK:
        return usage, answer
    of_day = half_hours(usable_reads(items_of([answer], USAGE)).reads, day)
    latest = list({**usage.days, day.isoformat(): of_day}.items())[-MAXIMUM_DAYS:]
    return msgspec.structs.replace(usage, days=dict(latest)), answer


def newest_read_day(usage: UsageRecord) -> date | None:
    """Return the latest day that has a read of its own. None if there is none."""
    days = (use.first for use in usage.periods if use.first == use.last)
    return max((day for day in days if usage.oldest <= day <= usage.newest), default=None)


def _window(oldest: date, newest: date, interval_reads: str) -> dict[str, str]:
    return {"oldest-date": str(oldest), "newest-date": str(newest), "interval-reads": interval_reads}
