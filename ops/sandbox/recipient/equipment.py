"""Solar panels, batteries and other devices behind a service point, in plain words (CDS, EnergyDerRecord)."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from ops.sandbox.recipient.formats import day, day_of, listed, number, objects, words

_NAMES: Final = {
    "SOLAR_PV": ("Solar panels", "panel"),
    "STORAGE": ("Battery", "unit"),
    "WIND": ("Wind turbine", "turbine"),
    "HYDRO": ("Water turbine", "turbine"),
    "FOSSIL": ("Generator with fuel", "generator"),
}
_IN_USE: Final = "ACTIVE"


class Device(NamedTuple):
    """A group of like devices: its name, sentences about it, and its state, which is empty while it is in use."""

    name: str
    kind: str
    facts: list[str]
    state: str


class Equipment(NamedTuple):
    """What is recorded for one service point. Without `devices`, nothing is."""

    service_point: str
    devices: list[Device]
    notes: list[str]


def equipment(records: Iterable[dict[str, Any]]) -> list[Equipment]:
    """Return what each record says. A record of zeros says that nothing is recorded (C-R1)."""
    return [_equipment(record) for record in records]


def _equipment(record: dict[str, Any]) -> Equipment:
    devices = [
        _device(device, connection)
        for connection in objects(record.get("acConnections"))
        for device in objects(connection.get("derDevices"))
    ]
    return Equipment(str(record.get("servicePointId") or ""), devices, _notes(record) if devices else [])


def _device(device: dict[str, Any], connection: dict[str, Any]) -> Device:
    kind = str(device.get("type"))
    name, unit = _NAMES.get(kind, ("Other device", "device"))
    facts = [_size(device, unit, stores=kind == "STORAGE"), _made_by(device)]
    if connection.get("equipmentType") == "INVERTER":
        capacity = _known(connection.get("inverterDeviceCapacity"))
        maker = connection.get("manufacturerName")
        facts.append(
            " ".join(
                part
                for part in (
                    "Connected by an inverter",
                    f"of {capacity} kVA" if capacity else "",
                    f"from {maker}" if isinstance(maker, str) and maker else "",
                )
                if part
            )
        )
    since = day(day_of(connection.get("commissioningDate")))
    facts.append(f"Installed on {since}" if since else "")
    status = next(
        (value for value in (device.get("status"), connection.get("status")) if value not in {None, _IN_USE}), _IN_USE
    )
    return Device(
        name, kind, [fact for fact in facts if fact], "" if status == _IN_USE else f"Not in use: {words(status)}"
    )


def _size(device: dict[str, Any], unit: str, *, stores: bool) -> str:
    """Return how many devices there are, and their capacity. 0 means that a capacity is not known (C-R3)."""
    count = device.get("count")
    count = count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 1
    parts = []
    if stores and (stored := _known(device.get("nominalStorageCapacity"), count)):
        parts.append(f"stores up to {stored} kVAh")
    if rated := _known(device.get("nominalRatedCapacity"), count):
        parts.append(f"{'delivers' if stores else 'produces'} up to {rated} kVA")
    how_many = f"{count} {unit}{'' if count == 1 else 's'}"
    together = " together" if count > 1 and parts else ""
    return f"{how_many}, {listed(parts)}{together}" if parts else how_many


def _made_by(device: dict[str, Any]) -> str:
    named = [device.get(name) for name in ("manufacturer", "modelNumber")]
    return " ".join(text for text in named if isinstance(text, str) and text)


def _notes(record: dict[str, Any]) -> list[str]:
    approved = _known(record.get("approvedCapacity"))
    protection = record.get("protectionMode")
    limit = _known(protection.get("exportLimitKva")) if isinstance(protection, dict) else ""
    return [
        note
        for note in (
            f"Your network has approved {approved} kVA of generation." if approved else "",
            f"At most {limit} kVA may flow to the grid." if limit else "",
            "It can supply your home when the grid is off."
            if record.get("islandableInstallation") is True
            else "It switches off when the grid is off.",
            "1 kVA is about 1 kW.",
        )
        if note
    ]


def _known(value: Any, count: int = 1) -> str:
    """Return a capacity of `count` devices. It is empty when the value is 0 or none."""
    text = number(value)
    return number(round(value * count, 6)) if text not in {"", "0"} else ""
