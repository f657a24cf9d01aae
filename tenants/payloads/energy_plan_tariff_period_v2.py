"""The tariffs of a contract during a calendar year (EnergyPlanTariffPeriodV2)."""

from typing import Literal

from tenants.cds.field_types import (
    AmountString,
    Duration,
    MonthDay,
    Payload,
    TimeOfDay,
    only_member_of_union,
    required_when,
)
from tenants.payloads.energy_rate import EnergyDay, EnergyRate, MeasureUnit, TimeZone

ChargePeriod = Literal["DAY", "MONTH", "TARIFF_PERIOD"]


class TariffSingleRate(Payload):
    """One rate at all times, in steps by volume."""

    displayName: str
    description: str | None = None
    generalUnitPrice: AmountString | None = None
    rates: list[EnergyRate]
    period: Duration | None = None


class TariffTimeOfUse(Payload):
    """A period of the day on some days of the week."""

    days: list[EnergyDay]
    startTime: TimeOfDay
    endTime: TimeOfDay


class TariffTimeOfUseRate(Payload):
    """A rate for periods of the day."""

    displayName: str
    description: str | None = None
    rates: list[EnergyRate]
    period: Duration | None = None
    timeOfUse: list[TariffTimeOfUse]
    type: Literal["PEAK", "OFF_PEAK", "SHOULDER", "SHOULDER1", "SHOULDER2"]


class TariffDemandCharge(Payload):
    """A charge for the highest demand in a period."""

    displayName: str
    description: str | None = None
    amount: AmountString
    measureUnit: MeasureUnit | None = None
    startTime: TimeOfDay
    endTime: TimeOfDay
    days: list[EnergyDay] | None = None
    minDemand: AmountString | None = None
    maxDemand: AmountString | None = None
    measurementPeriod: ChargePeriod
    chargePeriod: ChargePeriod


class EnergyPlanTariffPeriodV2(Payload):
    """The tariff of a part of the year: a union of a single rate, time of use rates and demand charges."""

    type: Literal["ENVIRONMENTAL", "REGULATED", "NETWORK", "METERING", "RETAIL_SERVICE", "RCTI", "OTHER"] | None = None
    displayName: str
    startDate: MonthDay
    endDate: MonthDay
    dailySupplyChargeType: Literal["SINGLE", "BAND"] | None = None
    dailySupplyCharge: AmountString | None = None
    bandedDailySupplyCharges: list[EnergyRate] | None = None
    timeZone: TimeZone | None = None
    rateBlockUType: Literal["singleRate", "timeOfUseRates", "demandCharges"]
    singleRate: TariffSingleRate | None = None
    timeOfUseRates: list[TariffTimeOfUseRate] | None = None
    demandCharges: list[TariffDemandCharge] | None = None

    def __post_init__(self) -> None:
        only_member_of_union(
            self.rateBlockUType,
            singleRate=self.singleRate,
            timeOfUseRates=self.timeOfUseRates,
            demandCharges=self.demandCharges,
        )
        required_when(self.dailySupplyChargeType == "SINGLE", dailySupplyCharge=self.dailySupplyCharge)
        required_when(self.dailySupplyChargeType == "BAND", bandedDailySupplyCharges=self.bandedDailySupplyCharges)
