"""The DER register: what generates or stores electricity at a service point (CDS, EnergyDerRecord)."""

from datetime import date, timedelta
from typing import Any, Final

from ops.sandbox.ehub.models import ServicePoint

_FIRST_INSTALLATION: Final = date(2016, 7, 1)
_DAYS_OF_INSTALLATIONS: Final = 7 * 365


def der_record(point: ServicePoint) -> dict[str, Any]:
    """Return the record of a service point. Without DER, it has zeros and no connections (C-R1)."""
    has_solar = "solar" in point.meter
    return {
        "servicePointId": point.nmi,
        "approvedCapacity": 10.0 if has_solar else 0,
        "availablePhasesCount": 1 if has_solar else 0,
        "installedPhasesCount": 1 if has_solar else 0,
        "islandableInstallation": point.meter.endswith("battery"),
        **({"hasCentralProtectionControl": True, "protectionMode": _PROTECTION} if has_solar else {}),
        "acConnections": [_connection(point)] if has_solar else [],
    }


_PROTECTION: Final = {
    "exportLimitKva": 5.0,
    "underFrequencyProtection": 47.0,
    "underFrequencyProtectionDelay": 1.0,
    "overVoltageProtection": 260.0,
    "overVoltageProtectionDelay": 1.0,
    "interTripScheme": "none",
}


def _connection(point: ServicePoint) -> dict[str, Any]:
    installed = _FIRST_INSTALLATION + timedelta(days=int.from_bytes(point.seed[8:10], "big") % _DAYS_OF_INSTALLATIONS)
    number = int.from_bytes(point.seed[10:12], "big")
    panels = {
        "deviceIdentifier": number * 10 + 1,
        "count": 12 + point.seed[12] % 12,
        "manufacturer": "Sunline",
        "modelNumber": "SL-415",
        "status": "ACTIVE",
        "type": "SOLAR_PV",
        "subtype": "Monocrystalline",
        "nominalRatedCapacity": 0.415,
    }
    battery = {
        "deviceIdentifier": number * 10 + 2,
        "count": 1,
        "manufacturer": "Storewell",
        "modelNumber": "SW-10",
        "status": "ACTIVE",
        "type": "STORAGE",
        "subtype": "Lithium iron phosphate",
        "nominalRatedCapacity": 5.0,
        "nominalStorageCapacity": 10.2,
    }
    return {
        "connectionIdentifier": number,
        "count": 1,
        "equipmentType": "INVERTER",
        "manufacturerName": "Gridform",
        "inverterSeries": "GF5",
        "inverterModelNumber": "GF5-5000",
        "commissioningDate": installed.isoformat(),
        "status": "ACTIVE",
        "inverterDeviceCapacity": 5.0,
        "derDevices": [panels, battery] if point.meter.endswith("battery") else [panels],
    }
