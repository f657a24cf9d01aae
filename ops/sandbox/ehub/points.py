"""The service points that exist, and the participant that is financially responsible for each (FRMP)."""

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from msgspec import UNSET

from ops.sandbox.ehub.models import Meter, PointRange, PointSettings, ServicePoint
from ops.sandbox.ehub.nmi import canonical_nmi
from ops.sandbox.store import Collection, Store

MAXIMUM_RANGES: Final = 1_000
MAXIMUM_SETTINGS: Final = 20_000

METER_BY_LAST_DIGIT: Final[tuple[Meter, ...]] = (
    "interval-5",
    "interval-5",
    "interval-5",
    "interval-5-controlled-load",
    "interval-5-solar",
    "interval-5-solar-battery",
    "interval-30",
    "interval-30-solar",
    "basic-daily",
    "basic-quarterly",
)
"""The meter of a service point whose NMI ends with the digit 0, 1, 2 and so on."""

_FIRST_CHANGE: Final = date(2015, 1, 1)
_DAYS_OF_CHANGES: Final = 8 * 365


class Points:
    """Service points, by NMI. Ranges are not expanded: a service point is made when it is asked for."""

    def __init__(self, store: Store) -> None:
        """Keep ranges and settings in `store`."""
        self._stored_ranges = Collection(store, "ehub-range", PointRange, limit=MAXIMUM_RANGES)
        self._stored_settings = Collection(store, "ehub-point", PointSettings, limit=MAXIMUM_SETTINGS)
        self._ranges: dict[str, PointRange] = {}
        self._settings: dict[str, PointSettings] = {}

    async def load(self, seed: Iterable[PointRange]) -> None:
        """Read what is stored. If no range is stored, begin with those of `seed`."""
        stored = await self._stored_ranges.all()
        for known in stored or seed:
            await self.add_range(known)
        self._settings = await self._stored_settings.by_id()

    async def add_range(self, added: PointRange) -> None:
        """Add a range. Where ranges overlap, the first one that was added decides."""
        key = f"{added.first}+{added.count}"
        await self._stored_ranges.put(key, added)
        self._ranges[key] = added

    async def put(self, nmi: str, settings: PointSettings) -> None:
        """Set the properties of one service point, which need not be in a range. They replace earlier ones."""
        await self._stored_settings.put(nmi, settings)
        self._settings[nmi] = settings

    async def remove(self, nmi: str) -> bool:
        """Remove the settings of one service point. Return whether it had any."""
        self._settings.pop(nmi, None)
        return await self._stored_settings.remove(nmi)

    def ranges(self) -> list[PointRange]:
        """Return every range."""
        return list(self._ranges.values())

    def settings(self) -> dict[str, PointSettings]:
        """Return the service points for which something is set, by NMI."""
        return dict(self._settings)

    def find(self, written: str) -> ServicePoint | None:
        """Return the service point with this NMI, or None. The NMI may have a checksum."""
        nmi = canonical_nmi(written)
        if nmi is None:
            return None
        settings = self._settings.get(nmi) or self._of_a_range(nmi)
        return None if settings is None else _service_point(nmi, settings)

    def _of_a_range(self, nmi: str) -> PointSettings | None:
        if not nmi.isdecimal():
            return None
        number = int(nmi)
        found = next((known for known in self._ranges.values() if number in known), None)
        return None if found is None else PointSettings(participant_id=found.participant_id)


def _service_point(nmi: str, settings: PointSettings) -> ServicePoint:
    seed = hashlib.sha256(nmi.encode()).digest()
    last, changed = nmi[-1], settings.last_consumer_change_date
    meter = settings.meter or METER_BY_LAST_DIGIT[int(last) if last.isdecimal() else 0]
    return ServicePoint(
        nmi=nmi,
        participant_id=settings.participant_id,
        meter=meter,
        status=settings.status or ("GREENFIELD" if meter == "none" else "ACTIVE"),
        last_consumer_change_date=_change_of_consumer(seed) if changed is UNSET else changed,
        financially_responsible_since=settings.financially_responsible_since,
        seed=seed,
    )


def _change_of_consumer(seed: bytes) -> date | None:
    """Return a date that is before every window of usage, or None: half of the service points have none (C-S4)."""
    if seed[0] % 2:
        return None
    return _FIRST_CHANGE + timedelta(days=int.from_bytes(seed[1:3], "big") % _DAYS_OF_CHANGES)
