"""The public status and the planned outages of the e-Hub (C-A17; CDS, Get Status and Get Outages)."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

ServiceStatus = Literal["OK", "PARTIAL_FAILURE", "UNAVAILABLE", "SCHEDULED_OUTAGE"]
Explanation = Annotated[str, Meta(min_length=1, max_length=1_000)]


class Outage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A planned outage. `duration` is a period of ISO 8601."""

    outage_time: datetime
    duration: Annotated[str, Meta(pattern=r"^P[0-9DTHM]{1,20}$")]
    is_partial: bool = False
    explanation: Explanation


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """What the e-Hub says about itself. It is only an answer: the other operations are answered whatever it says."""

    status: ServiceStatus = "OK"
    explanation: Explanation | None = None
    detected_at: datetime | None = None
    expected_resolution: datetime | None = None
    updated_at: datetime
    outages: tuple[Outage, ...] = ()

    def as_status(self) -> dict[str, Any]:
        """Return the data of Get Status."""
        members = {
            "status": self.status,
            "explanation": self.explanation,
            "detectionTime": self.detected_at,
            "expectedResolutionTime": self.expected_resolution,
            "updateTime": self.updated_at,
        }
        return {name: value for name, value in members.items() if value is not None}
