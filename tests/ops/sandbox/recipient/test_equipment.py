"""Solar panels, batteries and other devices in plain words."""

from typing import Any

from ops.sandbox.recipient.equipment import equipment
from tests.ops.sandbox.recipient.shared_data import BATTERY, DER_RECORDS, HOUSE_POINT, INVERTER, SOLAR


def record(*devices: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"servicePointId": HOUSE_POINT, "acConnections": [{**INVERTER, "derDevices": list(devices), **changes}]}


def test_panels_and_a_battery_have_their_capacities_of_all_devices() -> None:
    house, _ = equipment(DER_RECORDS)
    panels, battery = house.devices
    assert (panels.name, panels.facts[0]) == ("Solar panels", "22 panels, produces up to 9.02 kVA together")
    assert panels.facts[1:] == [
        "Southern Sun SS-410M",
        "Connected by an inverter of 8 kVA from Wattlebird Inverters",
        "Installed on 14 Oct 2022",
    ]
    assert battery.facts[0] == "1 unit, stores up to 13.5 kVAh and delivers up to 5 kVA"
    assert house.notes == [
        "Your network has approved 10 kVA of generation.",
        "At most 5 kVA may flow to the grid.",
        "It can supply your home when the grid is off.",
        "1 kVA is about 1 kW.",
    ]


def test_a_record_of_zeros_says_that_nothing_is_recorded() -> None:
    """C-R1."""
    _, flat = equipment(DER_RECORDS)
    assert (flat.devices, flat.notes) == ([], [])


def test_a_capacity_of_zero_is_not_known_and_not_shown() -> None:
    """C-R3, C-D4."""
    [found] = equipment(
        [record({**BATTERY, "nominalRatedCapacity": 0, "nominalStorageCapacity": 0}, inverterDeviceCapacity=0)]
    )
    assert found.devices[0].facts[0] == "1 unit"
    assert found.devices[0].facts[2] == "Connected by an inverter from Wattlebird Inverters"


def test_devices_that_are_not_in_use_say_so() -> None:
    [found] = equipment([record({**SOLAR, "status": "DECOMMISSIONED"}, BATTERY)])
    assert [device.state for device in found.devices] == ["Not in use: decommissioned", ""]
    [found] = equipment([record(SOLAR, status="INACTIVE")])
    assert found.devices[0].state == "Not in use: inactive"


def test_members_of_other_types_are_left_out() -> None:
    broken = {"type": 5, "count": "many", "nominalRatedCapacity": "10", "manufacturer": {}}
    [found] = equipment([{"acConnections": ["x", {"derDevices": [broken, None], "commissioningDate": 7}]}])
    assert (found.devices[0].name, found.devices[0].facts) == ("Other device", ["1 device"])
    assert equipment([{"acConnections": None}])[0].devices == []
