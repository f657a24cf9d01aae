"""Get Status, version 1."""

from typing import Literal

from tenants.cds.field_types import DateTimeString, Payload, required_when

Status = Literal["OK", "PARTIAL_FAILURE", "SCHEDULED_OUTAGE", "UNAVAILABLE"]


class CommonDiscoveryStatus(Payload):
    """How the implementation does. What is not OK is explained, in words for an end customer."""

    status: Status
    explanation: str | None = None
    detectionTime: DateTimeString | None = None
    expectedResolutionTime: DateTimeString | None = None
    updateTime: DateTimeString

    def __post_init__(self) -> None:
        required_when(self.status != "OK", explanation=self.explanation)
