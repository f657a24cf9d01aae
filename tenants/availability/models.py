"""An outage of a tenant's endpoints."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

EndpointClass = Literal["all", "authenticated", "unauthenticated"]
"""The endpoints that Get Metrics reports together; `all` is both classes."""


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which a tenant's endpoints do not answer reliably."""

    id: UUID
    starts_at: datetime
    ends_at: datetime | None
    """Of a planned outage its end, of an unplanned one None until it is over."""
    expected_end_at: datetime | None = None
    """When an unplanned outage will be over, where somebody can say."""
    endpoint_class: EndpointClass = "all"
    planned: bool
    announced_at: datetime
    """When it was told by Get Outages; of an unplanned outage, when it was detected."""
    partial: bool
    explanation: str
    """For an end customer."""
    opened_by: str
    closed_by: str | None = None
    updated_at: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether the outage has begun and is not over."""
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)
