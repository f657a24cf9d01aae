"""Feed-in tariffs of a contract (EnergyPlanSolarFeedInTariffV3)."""

from typing import Annotated, Literal

from msgspec import Meta

from tenants.cds.field_types import DateString, Duration, Payload, TimeOfDay, only_member_of_union
from tenants.payloads.energy_rate import EnergyDay, EnergyRate


class SolarSingleTariff(Payload):
    """A tariff that does not vary."""

    rates: list[EnergyRate]
    period: Duration | None = None


class SolarTimeVariation(Payload):
    """A period of the day on at least one day of the week; the whole day if a time is absent."""

    days: Annotated[list[EnergyDay], Meta(min_length=1)]
    startTime: TimeOfDay | None = None
    endTime: TimeOfDay | None = None


class SolarTimeVaryingTariff(Payload):
    """A tariff for periods of the day."""

    type: Literal["PEAK", "OFF_PEAK", "SHOULDER"] | None = None
    displayName: str
    rates: list[EnergyRate] | None = None
    period: Duration | None = None
    timeVariations: list[SolarTimeVariation]


class EnergyPlanSolarFeedInTariffV3(Payload):
    """A feed-in tariff: a union of a single tariff and time-varying tariffs."""

    displayName: str
    description: str | None = None
    startDate: DateString | None = None
    endDate: DateString | None = None
    scheme: Literal["PREMIUM", "CURRENT", "VARIABLE", "OTHER"]
    payerType: Literal["GOVERNMENT", "RETAILER"]
    tariffUType: Literal["singleTariff", "timeVaryingTariffs"]
    singleTariff: SolarSingleTariff | None = None
    timeVaryingTariffs: list[SolarTimeVaryingTariff] | None = None

    def __post_init__(self) -> None:
        only_member_of_union(
            self.tariffUType, singleTariff=self.singleTariff, timeVaryingTariffs=self.timeVaryingTariffs
        )
