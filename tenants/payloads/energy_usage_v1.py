"""Get Usage For Service Point, and the operations for the usage of several service points, version 1."""

from typing import Annotated, Literal

from msgspec import Meta

from tenants.cds.field_types import (
    DateString,
    ExternalRef,
    Number,
    Payload,
    PositiveInteger,
    only_member_of_union,
    required_when,
)
from tenants.cds.resource_ids import ServicePointId


class EnergyBasicRead(Payload):
    """The read of an accumulation meter: consumption, or export if it is negative. Without `quality`, it is actual."""

    quality: Literal["ACTUAL", "SUBSTITUTE", "FINAL_SUBSTITUTE"] | None = None
    value: Number


class EnergyReadQuality(Payload):
    """The quality of the reads from one interval to another. The first interval is 1, and both are included."""

    startInterval: PositiveInteger
    endInterval: PositiveInteger
    quality: Literal["SUBSTITUTE", "FINAL_SUBSTITUTE"]


class EnergyIntervalRead(Payload):
    """The reads of a day, or their sum alone (`interval-reads=NONE`). Positive is consumption, negative is export.

    `readQualities` lists what is not actual. A list without elements says that all reads are actual, and so does an
    absent list beside reads: the standards say both (C-Q5).
    """

    readIntervalLength: PositiveInteger | None = None
    aggregateValue: Number
    intervalReads: list[Number] | None = None
    readQualities: list[EnergyReadQuality] | None = None

    def __post_init__(self) -> None:
        required_when(self.intervalReads is not None, readIntervalLength=self.readIntervalLength)
        required_when(
            self.readIntervalLength is not None or self.readQualities is not None, intervalReads=self.intervalReads
        )


class EnergyUsageRead(Payload):
    """The reads of one register from `readStartDate` to `readEndDate`, days in AEST. Without the latter: of one day."""

    servicePointId: ServicePointId
    registerId: str | None = None
    registerSuffix: Annotated[str, Meta(min_length=1, max_length=50)]
    meterId: str | None = None
    controlledLoad: bool | None = None
    readStartDate: DateString
    readEndDate: DateString | None = None
    unitOfMeasure: ExternalRef | None = None
    readUType: Literal["basicRead", "intervalRead"]
    basicRead: EnergyBasicRead | None = None
    intervalRead: EnergyIntervalRead | None = None

    def __post_init__(self) -> None:
        only_member_of_union(self.readUType, basicRead=self.basicRead, intervalRead=self.intervalRead)


class EnergyUsageListV1(Payload):
    """The data of the three operations: reads by NMI, of each NMI the newest first."""

    reads: list[EnergyUsageRead]
