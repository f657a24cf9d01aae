"""Get DER For Service Point, and the operations for several DER records, version 1 (EnergyDerRecord)."""

from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import force_setattr

from tenants.cds.field_types import DateString, Number, Payload, PositiveInteger, required_when
from tenants.cds.resource_ids import ServicePointId

EquipmentStatus = Literal["ACTIVE", "INACTIVE", "DECOMMISSIONED"]
PhasesCount = Annotated[int, Meta(ge=0, le=3)]


class DerDevice(Payload):
    """A device, or several with the same attributes.

    A capacity that is not known is 0, as the standards say: null is read as 0, and so is the absent storage capacity of
    a storage device. An absent `subtype` means "other".
    """

    deviceIdentifier: Number
    count: PositiveInteger
    manufacturer: str | None = None
    modelNumber: str | None = None
    status: EquipmentStatus | None = None
    type: Literal["FOSSIL", "HYDRO", "WIND", "SOLAR_PV", "RENEWABLE", "GEOTHERMAL", "STORAGE", "OTHER"]
    subtype: str | None = None
    nominalRatedCapacity: Number | None
    nominalStorageCapacity: Number | None = None

    def __post_init__(self) -> None:
        if self.nominalRatedCapacity is None:
            force_setattr(self, "nominalRatedCapacity", 0)
        if self.type == "STORAGE" and self.nominalStorageCapacity is None:
            force_setattr(self, "nominalStorageCapacity", 0)


class AcConnection(Payload):
    """A connection of devices to the site, or several with the same attributes.

    Without `equipmentType`, it is `OTHER`. The capacity of an inverter that is not known is 0, as the standards say.
    """

    connectionIdentifier: Number
    count: PositiveInteger
    equipmentType: Literal["INVERTER", "OTHER"] | None = None
    manufacturerName: str | None = None
    inverterSeries: str | None = None
    inverterModelNumber: str | None = None
    commissioningDate: DateString
    status: EquipmentStatus
    inverterDeviceCapacity: Number | None = None
    derDevices: list[DerDevice]

    def __post_init__(self) -> None:
        is_inverter = self.equipmentType == "INVERTER"
        required_when(
            is_inverter,
            manufacturerName=self.manufacturerName,
            inverterSeries=self.inverterSeries,
            inverterModelNumber=self.inverterModelNumber,
        )
        if is_inverter and self.inverterDeviceCapacity is None:
            force_setattr(self, "inverterDeviceCapacity", 0)


class ProtectionMode(Payload):
    """The protection in place. A limit that is absent is not in force."""

    exportLimitKva: Number | None = None
    underFrequencyProtection: Number | None = None
    underFrequencyProtectionDelay: Number | None = None
    overFrequencyProtection: Number | None = None
    overFrequencyProtectionDelay: Number | None = None
    underVoltageProtection: Number | None = None
    underVoltageProtectionDelay: Number | None = None
    overVoltageProtection: Number | None = None
    overVoltageProtectionDelay: Number | None = None
    sustainedOverVoltage: Number | None = None
    sustainedOverVoltageDelay: Number | None = None
    frequencyRateOfChange: Number | None = None
    voltageVectorShift: Number | None = None
    interTripScheme: str | None = None
    neutralVoltageDisplacement: Number | None = None

    def __post_init__(self) -> None:
        if all(getattr(self, name) is None for name in self.__struct_fields__):
            raise ValueError("one or more of the protection modes is mandatory here")


class EnergyDerRecord(Payload):
    """The devices of a service point that generate or store energy (distributed energy resources).

    A capacity or a number of phases of 0 means that no DER is recorded for the service point. Capacities are in kVA,
    those of storage in kVAh. Without `hasCentralProtectionControl`, it is false.
    """

    servicePointId: ServicePointId
    approvedCapacity: Number
    availablePhasesCount: PhasesCount
    installedPhasesCount: PhasesCount
    islandableInstallation: bool
    hasCentralProtectionControl: bool | None = None
    protectionMode: ProtectionMode | None = None
    acConnections: list[AcConnection]

    def __post_init__(self) -> None:
        is_protected = bool(self.hasCentralProtectionControl)
        required_when(is_protected, protectionMode=self.protectionMode)
        if self.protectionMode is not None and not is_protected:
            raise ValueError("`protectionMode` is for an installation with `hasCentralProtectionControl` only")

    @classmethod
    def of_nothing(cls, service_point: ServicePointId) -> "EnergyDerRecord":
        """Return the record of a service point for which no DER is recorded: zeros, and no connections."""
        return cls(
            servicePointId=service_point,
            approvedCapacity=0,
            availablePhasesCount=0,
            installedPhasesCount=0,
            islandableInstallation=False,
            acConnections=[],
        )


class EnergyDerListV1(Payload):
    """The data of Get Bulk DER and Get DER For Specific Service Points."""

    derRecords: list[EnergyDerRecord]
