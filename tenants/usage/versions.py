"""Which version of a day is valid."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from tenants.usage.nem12 import ReadDay
from tenants.usage.stored_reads import StoredRead

_Read = TypeVar("_Read")


def latest_versions(days: Iterable[ReadDay]) -> list[ReadDay]:
    """Return one version of each day: the one with the latest version time; of equal times, the last one.

    The result needs memory for all days that are passed. For a file of any size, pass one batch after the other and let
    the database compare a batch with what is stored, as decision 0027 describes.
    """
    return _latest(days, lambda read: (read.day.key, read.day.version))


def latest_reads(reads: Iterable[StoredRead]) -> list[StoredRead]:
    """Return one version of each stored read, chosen in the same way."""
    return _latest(reads, lambda read: (read.key, read.version))


def _latest(reads: Iterable[_Read], key_and_version: Callable[[_Read], tuple[object, datetime]]) -> list[_Read]:
    latest: dict[object, tuple[datetime, _Read]] = {}
    for read in reads:
        key, version = key_and_version(read)
        known = latest.get(key)
        if known is None or known[0] <= version:
            latest[key] = version, read
    return [read for _, read in latest.values()]
