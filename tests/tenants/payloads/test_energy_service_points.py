"""The conditional fields, defaults and enumerations of service points and DER records."""

from typing import Any

import msgspec
import pytest

from tenants.cds.resource_ids import ServicePointId, read_id
from tenants.payloads.energy_der_v1 import EnergyDerRecord
from tenants.payloads.energy_service_point_detail_v1 import EnergyServicePointDetailV1, MeterRegister
from tenants.payloads.energy_service_point_detail_v2 import EnergyServicePointDetailV2
from tenants.payloads.energy_service_point_v1 import EnergyServicePointV1
from tenants.payloads.energy_service_point_v2 import EnergyServicePointV2
from tests.support.service_points import NO_DER, SOLAR, detail_of

CONNECTION = SOLAR["acConnections"][0]
PANELS, BATTERY = CONNECTION["derDevices"]
OTHER = {"connectionIdentifier": 1, "count": 1, "commissioningDate": "2020-01-01", "status": "ACTIVE", "derDevices": []}


def read(value: dict[str, Any], kind: Any = EnergyDerRecord) -> Any:
    return msgspec.convert({"servicePointId": "SP-1", **value}, kind, dec_hook=read_id)


def written(value: msgspec.Struct) -> Any:
    return msgspec.to_builtins(value, enc_hook=lambda identifier: identifier.value)


def without(value: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: member for name, member in value.items() if name not in names}


def connected(**connection: Any) -> dict[str, Any]:
    return {**NO_DER, "acConnections": [{**OTHER, **connection}]}


def with_device(**device: Any) -> dict[str, Any]:
    return connected(derDevices=[{"deviceIdentifier": 1, "count": 1, "type": "OTHER", **device}])


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (without(NO_DER, "acConnections"), "acConnections"),
        ({**NO_DER, "approvedCapacity": None}, r"approvedCapacity"),
        ({**NO_DER, "approvedCapacity": "10"}, r"approvedCapacity"),
        ({**NO_DER, "availablePhasesCount": 4}, "availablePhasesCount"),
        ({**NO_DER, "installedPhasesCount": -1}, "installedPhasesCount"),
        ({**NO_DER, "installedPhasesCount": 1.5}, "installedPhasesCount"),
        ({**NO_DER, "hasCentralProtectionControl": True}, "`protectionMode` is mandatory here"),
        ({**NO_DER, "protectionMode": {"exportLimitKva": 5}}, "`protectionMode` is for"),
        ({**NO_DER, "hasCentralProtectionControl": False, "protectionMode": {"exportLimitKva": 5}}, "is for"),
        ({**NO_DER, "hasCentralProtectionControl": True, "protectionMode": {}}, "one or more of the protection modes"),
        (connected(count=0), "count"),
        (connected(commissioningDate=None), "commissioningDate"),
        (connected(status="GONE"), "status"),
        (connected(equipmentType="INVERTER"), "`manufacturerName` is mandatory here"),
        (connected(**without(CONNECTION, "inverterSeries")), "`inverterSeries` is mandatory here"),
        (connected(**without(CONNECTION, "inverterModelNumber")), "`inverterModelNumber` is mandatory here"),
        (with_device(), "nominalRatedCapacity"),
        (with_device(nominalRatedCapacity=1, type="NUCLEAR"), "type"),
        (with_device(nominalRatedCapacity=1, count=0), "count"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_der_record_that_violates_the_standards_is_refused(value: dict[str, Any], where: str) -> None:
    """C-R2, C-R3, C-R4."""
    with pytest.raises(msgspec.ValidationError, match=where):
        read(value)


def test_the_equipment_is_no_inverter_if_its_type_is_absent() -> None:
    """C-R3: the absent type decides what else is mandatory."""
    assert written(read(connected()))["acConnections"] == [OTHER]


def test_a_capacity_that_is_not_known_is_0() -> None:
    """C-D4, C-R3: only for the fields for which the standards say so."""
    battery = {**without(BATTERY, "nominalStorageCapacity"), "nominalRatedCapacity": None}
    connection = {**CONNECTION, "inverterDeviceCapacity": None, "derDevices": [battery, PANELS]}
    [found] = written(read(connected(**connection)))["acConnections"]
    assert found["inverterDeviceCapacity"] == 0
    assert found["derDevices"] == [{**BATTERY, "nominalRatedCapacity": 0, "nominalStorageCapacity": 0}, PANELS]
    del connection["inverterDeviceCapacity"]
    assert written(read(connected(**connection)))["acConnections"] == [found]


def test_a_record_keeps_its_numbers_as_they_are_written() -> None:
    content = msgspec.json.encode({"servicePointId": "SP-1", **SOLAR})
    record = msgspec.json.decode(content, type=EnergyDerRecord, dec_hook=read_id)
    assert msgspec.json.decode(msgspec.json.encode(record, enc_hook=lambda each: each.value)) == {
        "servicePointId": "SP-1",
        **SOLAR,
    }
    assert b'"connectionIdentifier":7101,' in msgspec.json.encode(record, enc_hook=lambda each: each.value)


def test_the_record_of_no_der_has_the_mandatory_fields_only() -> None:
    """C-R1."""
    assert written(EnergyDerRecord.of_nothing(ServicePointId("SP-1"))) == {"servicePointId": "SP-1", **NO_DER}


def test_version_1_of_a_service_point_lacks_only_the_date_of_the_consumers_change() -> None:
    """C-V2."""
    detail = read(detail_of("4103000001", "SP-1"), EnergyServicePointDetailV2)
    assert type(detail.version_1()) is EnergyServicePointDetailV1
    assert written(detail.version_1()) == detail_of("4103000001", "SP-1", lastConsumerChangeDate=None)
    listed = read(
        {name: value for name, value in written(detail).items() if name in EnergyServicePointV2.__struct_fields__},
        EnergyServicePointV2,
    )
    assert type(listed.version_1()) is EnergyServicePointV1
    assert written(listed.version_1()) == without(written(listed), "lastConsumerChangeDate")


@pytest.mark.parametrize("other", ["OFF_PEAK", "ALL_DAY", "SOLAR_SPONGE"])
def test_registers_have_an_enumeration_of_times_of_their_own(other: str) -> None:
    """C-D25, C-K6: bills and tariffs write other values."""
    register = {"registerId": "E1", "registerConsumptionType": "INTERVAL"}
    assert msgspec.convert({**register, "timeOfDay": "OFFPEAK"}, MeterRegister).timeOfDay == "OFFPEAK"
    with pytest.raises(msgspec.ValidationError, match="timeOfDay"):
        msgspec.convert({**register, "timeOfDay": other}, MeterRegister)


def test_a_service_point_of_another_jurisdiction_is_refused_by_an_import() -> None:
    """C-S1: data of the market's operator can have other values (C-D2), but imported data follows the standards."""
    with pytest.raises(msgspec.ValidationError, match="jurisdictionCode"):
        read(detail_of("4103000001", "SP-1", jurisdictionCode="ISO"), EnergyServicePointDetailV2)
