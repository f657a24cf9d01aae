"""One call, as whoever answered it knows it."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from haas.database import Namespace
from tenants.cds import tiers

# Beside the performance tiers of the standards: what they give no threshold.
CallTier = tiers.Tier | Literal["other"]


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was answered. `operation`, `tier` and `error` come from our own catalogues, never from the caller."""

    tenant: Namespace
    at: datetime  # when the call began
    operation: str  # the standards' operation name, or the identity endpoint's
    tier: CallTier
    status: int
    latency: int  # microseconds, without what a secondary data holder took
    interaction_id: str  # x-fapi-interaction-id: a UUID, the caller's where it sent one
    authenticated: bool = True  # of an endpoint that asks for authentication, whether or not it succeeded
    error: str = ""  # the CDS error URN or the OAuth error code
    throttled: bool = False  # refused for a traffic threshold
    token_issued: bool = False  # a session, as Get Metrics counts them
    secondary_latency: int | None = None  # microseconds, where a secondary data holder was needed
    secondary_calls: int = 0  # how often it was called for this one call
    secondary_errors: int = 0  # of those calls: 5xx, timed out, or no connection
    secondary_rejections: int = 0  # of those calls: 429
    client_id: str | None = None  # where it is known
    arrangement_id: UUID | None = None


class DisclosureDay(msgspec.Struct, frozen=True, kw_only=True):
    """That data was disclosed under an arrangement on a day: an entry of the disclosure ledger (CDR Rules 7.9)."""

    arrangement_id: UUID
    account_id: UUID | None
    """None of data about the customer."""
    cluster: str
    """The scope that the data belongs to."""
    day: date
    """In the tenant's time zone."""
    calls: int
    last_at: datetime
    corrected_at: datetime | None = None
    """When the recipient was given corrected data."""
