"""Get Service Points, version 1, which version 2 extends (`energy_service_point_v2`)."""

from typing import Literal

from tenants.cds.field_types import DateString, DateTimeString, ExternalRef, Payload
from tenants.cds.resource_ids import ServicePointId


class ConsumerProfile(Payload):
    """The class of the consumer, and the class of the consumption."""

    classification: Literal["BUSINESS", "RESIDENTIAL"] | None = None
    threshold: Literal["LOW", "MEDIUM", "HIGH"] | None = None


class EnergyServicePointV1(Payload):
    """A point where electricity is supplied. `nationalMeteringId` is its NMI, by which the industry identifies it.

    `validFromDate` is the latest first day of the data sets from which the object is made. `isGenerator` is not about
    the consumer's own generation; without it, the value is false.
    """

    servicePointId: ServicePointId
    nationalMeteringId: ExternalRef
    servicePointClassification: Literal[
        "EXTERNAL_PROFILE",
        "GENERATOR",
        "LARGE",
        "SMALL",
        "WHOLESALE",
        "NON_CONTEST_UNMETERED_LOAD",
        "NON_REGISTERED_EMBEDDED_GENERATOR",
        "DISTRIBUTION_WHOLESALE",
    ]
    servicePointStatus: Literal["ACTIVE", "DE_ENERGISED", "EXTINCT", "GREENFIELD", "OFF_MARKET"]
    jurisdictionCode: Literal["ALL", "ACT", "NEM", "NSW", "QLD", "SA", "TAS", "VIC"]
    isGenerator: bool | None = None
    validFromDate: DateString
    lastUpdateDateTime: DateTimeString
    consumerProfile: ConsumerProfile | None = None


class EnergyServicePointListV1(Payload):
    """The data of Get Service Points, version 1."""

    servicePoints: list[EnergyServicePointV1]
