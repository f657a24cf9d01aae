"""Get Service Point Detail, version 1, which version 2 extends (`energy_service_point_detail_v2`)."""

from typing import Literal

from tenants.cds.field_types import DateString, NonEmptyString, Payload
from tenants.payloads.address_v1 import CommonPhysicalAddress
from tenants.payloads.energy_service_point_v1 import EnergyServicePointV1


class DistributionLossFactor(Payload):
    """The loss factor of the network up to the service point."""

    code: NonEmptyString
    description: NonEmptyString
    lossValue: NonEmptyString


class RelatedParticipant(Payload):
    """A market participant and its role at the service point."""

    party: str
    role: Literal["FRMP", "LNSP", "DRSP"]


class MeterSpecifications(Payload):
    """Technical characteristics of a meter."""

    status: Literal["CURRENT", "DISCONNECTED"]
    installationType: Literal[
        "BASIC",
        "COMMS1",
        "COMMS2",
        "COMMS3",
        "COMMS4",
        "COMMS4C",
        "COMMS4D",
        "MRAM",
        "MRIM",
        "PROF",
        "SAMPLE",
        "UMCP",
        "VICAMI",
        "NCOLNUML",
    ]
    manufacturer: str | None = None
    model: str | None = None
    readType: str | None = None
    nextScheduledReadDate: DateString | None = None


class MeterRegister(Payload):
    """A register of a meter. Its id is unique within the service point."""

    registerId: str
    registerSuffix: str | None = None
    averagedDailyLoad: float | None = None
    registerConsumptionType: Literal[
        "INTERVAL", "BASIC", "PROFILE_DATA", "ACTIVE_IMPORT", "ACTIVE", "REACTIVE_IMPORT", "REACTIVE"
    ]
    networkTariffCode: str | None = None
    unitOfMeasure: str | None = None
    timeOfDay: (
        Literal["ALLDAY", "INTERVAL", "PEAK", "BUSINESS", "SHOULDER", "EVENING", "OFFPEAK", "CONTROLLED", "DEMAND"]
        | None
    ) = None
    multiplier: float | None = None
    controlledLoad: bool | None = None
    consumptionType: Literal["ACTUAL", "CUMULATIVE"] | None = None


class Meter(Payload):
    """A meter. Its id is unique within the service point."""

    meterId: str
    specifications: MeterSpecifications
    registers: list[MeterRegister] | None = None


class EnergyServicePointDetailV1(EnergyServicePointV1):
    """A service point with its location, participants and meters. A site can have no meter, and a meter no register."""

    distributionLossFactor: DistributionLossFactor
    relatedParticipants: list[RelatedParticipant]
    location: CommonPhysicalAddress
    meters: list[Meter] | None = None
