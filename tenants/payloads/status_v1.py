"""Get Status, version 1."""

from typing import Literal

from tenants.cds.field_types import DateTimeString, Payload, required_when

Status = Literal["OK", "PARTIAL_FAILURE", "SCHEDULED_OUTAGE", "UNAVAILABLE"]


class CommonDiscoveryStatus(Payload):
    """The status of the implementation. `explanation` is for end customers, and mandatory unless the status is OK."""

    status: Status
    explanation: str | None = None
    detectionTime: DateTimeString | None = None
    expectedResolutionTime: DateTimeString | None = None
    updateTime: DateTimeString

    def __post_init__(self) -> None:
        required_when(self.status != "OK", explanation=self.explanation)
