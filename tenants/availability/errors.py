"""A call in an outage, and an outage that cannot be opened or closed."""

from datetime import datetime
from math import ceil
from typing import Final

from haas.errors import HaasError, Unavailable
from tenants.availability.models import Outage

LONGEST_RETRY: Final = 300
"""The longest Retry-After in seconds, because an outage can end earlier than planned."""


class OutageRefused(HaasError):
    """An outage cannot be opened or closed as asked. The message says why."""


class InOutage(Unavailable):
    """The operation is in an outage, planned or not (CDS, Error Codes, Service/Unavailable; clause C-E14)."""

    def __init__(self, outage: Outage, now: datetime) -> None:
        """Take the outage. `retry_after` is in seconds, or None if the end is not known."""
        super().__init__(f"an outage has begun at {outage.starts_at.isoformat()}")
        self.explanation = outage.explanation
        ends_at = outage.ends_at or outage.expected_end_at
        left = 0 if ends_at is None else ceil((ends_at - now).total_seconds())
        self.retry_after = min(left, LONGEST_RETRY) if left > 0 else None
