"""Which version of a day is valid."""

from collections.abc import Iterable

from tenants.usage.nem12 import ReadDay


def latest_versions(days: Iterable[ReadDay]) -> list[ReadDay]:
    """Return one version of each day: the one with the latest version time; of equal times, the last one.

    The result needs memory for all days that are passed. For a file of any size, pass one batch after the other and let
    the database compare a batch with what is stored, as decision 0027 describes.
    """
    latest: dict[object, ReadDay] = {}
    for read in days:
        known = latest.get(read.day.key)
        if known is None or known.day.version <= read.day.version:
            latest[read.day.key] = read
    return list(latest.values())
