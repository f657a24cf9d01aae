"""Controlled load rates of a contract (EnergyPlanControlledLoadV2)."""

from typing import Literal

from tenants.cds.field_types import (
    AmountString,
    DateString,
    Duration,
    Payload,
    TimeOfDay,
    URIString,
    only_member_of_union,
    required_when,
)
from tenants.payloads.energy_rate import EnergyDay, EnergyRate


class ControlledLoadSingleRate(Payload):
    """One rate at all times."""

    displayName: str
    description: str | None = None
    dailySupplyCharge: AmountString | None = None
    rates: list[EnergyRate]
    period: Duration | None = None


class ControlledLoadTimeOfUse(Payload):
    """A period of the day, or a text about it if the period is not known."""

    days: list[EnergyDay] | None = None
    startTime: TimeOfDay | None = None
    endTime: TimeOfDay | None = None
    additionalInfo: str | None = None
    additionalInfoUri: URIString | None = None

    def __post_init__(self) -> None:
        required_when(self.endTime, startTime=self.startTime)
        required_when(self.startTime, endTime=self.endTime)
        required_when(self.startTime is None or self.additionalInfoUri, additionalInfo=self.additionalInfo)


class ControlledLoadTimeOfUseRate(Payload):
    """A rate for periods of the day."""

    displayName: str
    description: str | None = None
    dailySupplyCharge: AmountString | None = None
    rates: list[EnergyRate]
    period: Duration | None = None
    timeOfUse: list[ControlledLoadTimeOfUse]
    type: Literal["PEAK", "OFF_PEAK", "SHOULDER", "SOLAR_SPONGE"]


class EnergyPlanControlledLoadV2(Payload):
    """A controlled load: a union of a single rate and time of use rates."""

    displayName: str
    rateBlockUType: Literal["singleRate", "timeOfUseRates"]
    startDate: DateString | None = None
    endDate: DateString | None = None
    singleRate: ControlledLoadSingleRate | None = None
    timeOfUseRates: list[ControlledLoadTimeOfUseRate] | None = None

    def __post_init__(self) -> None:
        only_member_of_union(self.rateBlockUType, singleRate=self.singleRate, timeOfUseRates=self.timeOfUseRates)
