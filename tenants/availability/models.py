"""An outage of a tenant's endpoints."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

EndpointClass = Literal["all", "authenticated", "unauthenticated"]
"""The endpoints that an outage affects, in the two classes by which Get Metrics reports; `all` means both classes."""


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """A period in which a tenant's endpoints do not answer reliably."""

    id: UUID
    starts_at: datetime
    ends_at: datetime | None
    """The end of a planned outage. For an unplanned outage, None until it has ended."""
    expected_end_at: datetime | None = None
    """The expected end of an unplanned outage, if it is known."""
    endpoint_class: EndpointClass = "all"
    planned: bool
    announced_at: datetime
    """When Get Outages first showed a planned outage, or when an unplanned outage was detected."""
    partial: bool
    explanation: str
    """Text for end customers."""
    opened_by: str
    closed_by: str | None = None
    updated_at: datetime

    @property
    def is_partial(self) -> bool:
        """Whether "only a subset of normally available endpoints" is affected (CDS, DiscoveryOutage, isPartial)."""
        return self.partial or self.endpoint_class != "all"

    def is_open(self, now: datetime) -> bool:
        """Return whether the outage has begun and has not ended."""
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)


class NewOutage(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody states about an outage."""

    starts_at: datetime
    ends_at: datetime | None
    """The end of a planned outage, or the expected end of an unplanned one if it is known."""
    endpoint_class: EndpointClass = "all"
    planned: bool
    partial: bool = False
    explanation: str
    """Text for end customers, on one line."""
