"""The DER records of the demonstration service points. The service points get the examples of this module in turn.

So a brand has sites with solar panels, with a battery and with both, and sites for which no DER is recorded. The
manufacturers and the numbers are invented.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from tenants.cds.resource_ids import ServicePointId
from tenants.imports.records import RESOURCE_RECORDS, Record
from tenants.operations.resources import DER
from tenants.payloads.energy_der_v1 import AcConnection, DerDevice, EnergyDerRecord, ProtectionMode

_PANELS: Final = DerDevice(
    deviceIdentifier=20417,
    count=22,
    manufacturer="Southern Sun",
    modelNumber="SS-410M",
    status="ACTIVE",
    type="SOLAR_PV",
    subtype="Monocrystalline",
    nominalRatedCapacity=0.41,
)
_BATTERY: Final = DerDevice(
    deviceIdentifier=20418,
    count=1,
    manufacturer="Gumtree Storage",
    modelNumber="GS-13",
    status="ACTIVE",
    type="STORAGE",
    subtype="Lithium iron phosphate",
    nominalRatedCapacity=5,
    nominalStorageCapacity=13.5,
)
_OLD_PANELS: Final = DerDevice(
    deviceIdentifier=9022, count=8, status="DECOMMISSIONED", type="SOLAR_PV", nominalRatedCapacity=0
)


def _inverter(number: int, commissioned: date, *devices: DerDevice) -> AcConnection:
    return AcConnection(
        connectionIdentifier=number,
        count=1,
        equipmentType="INVERTER",
        manufacturerName="Wattlebird Inverters",
        inverterSeries="WB",
        inverterModelNumber="WB-8000",
        commissioningDate=commissioned,
        status="ACTIVE",
        inverterDeviceCapacity=8,
        derDevices=list(devices),
    )


_SOLAR_AND_BATTERY: Final = (
    _inverter(7101, date(2022, 10, 14), _PANELS),
    _inverter(7102, date(2024, 2, 6), _BATTERY),
)
_SOLAR: Final = (_inverter(7103, date(2021, 5, 27), _PANELS, _OLD_PANELS),)
_BATTERY_ALONE: Final = (_inverter(7104, date(2025, 8, 19), _BATTERY),)
_ROTATING: Final = (
    AcConnection(
        connectionIdentifier=7105,
        count=1,
        commissioningDate=date(2019, 3, 1),
        status="INACTIVE",
        derDevices=[DerDevice(deviceIdentifier=311, count=1, type="FOSSIL", nominalRatedCapacity=60)],
    ),
)
_PROTECTION: Final = ProtectionMode(
    exportLimitKva=30, underFrequencyProtection=47.5, overFrequencyProtection=52, interTripScheme="Local substation"
)
_CONNECTIONS: Final[tuple[tuple[AcConnection, ...] | None, ...]] = (
    _BATTERY_ALONE,
    _SOLAR,
    None,
    _SOLAR_AND_BATTERY,
    None,
    _ROTATING,
)
"""None: no DER is recorded for the service point. `usage_data` has the meter of each: those with solar export."""


def service_point_data(service_point: str, number: int) -> Iterator[Record]:
    """Yield the data of the service point with that number in its brand. `service_point` is its reference."""
    connections = _CONNECTIONS[number % len(_CONNECTIONS)]
    if connections is None:
        return
    protected = connections is _ROTATING
    yield RESOURCE_RECORDS[DER](
        der=EnergyDerRecord(
            servicePointId=ServicePointId(service_point),
            approvedCapacity=60 if protected else 10,
            availablePhasesCount=3 if protected else 1,
            installedPhasesCount=3 if protected else 1,
            islandableInstallation=connections is _BATTERY_ALONE,
            hasCentralProtectionControl=protected,
            protectionMode=_PROTECTION if protected else None,
            acConnections=list(connections),
        )
    )
