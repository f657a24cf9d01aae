"""The record of one call, and the entries of the disclosure ledger."""

from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from haas.database import Namespace
from tenants.cds import tiers

# `other` is for calls that the standards assign to no performance tier.
CallTier = tiers.Tier | Literal["other"]


class CalledTenant(NamedTuple):
    """The tenant whose endpoint was called. A later tenant with the same slug has the same namespace and another id."""

    namespace: Namespace
    id: UUID


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An answered call. `operation`, `tier` and `error` come from the product's own lists, never from the caller."""

    tenant: CalledTenant
    at: datetime  # when the call began
    operation: str  # the operation name of the standards, or the name of the identity endpoint
    tier: CallTier
    status: int
    latency: int  # microseconds, without the time of a secondary data holder
    interaction_id: str  # x-fapi-interaction-id: a UUID, from the caller if it sent one
    authenticated: bool = True  # the endpoint requires authentication, whether or not the caller authenticated
    error: str = ""  # the CDS error URN or the OAuth error code
    throttled: bool = False  # refused because a traffic threshold was exceeded
    token_issued: bool = False  # counts as a session in Get Metrics
    secondary_latency: int | None = None  # microseconds; None if no secondary data holder was needed
    secondary_calls: int = 0  # number of calls to the secondary data holder
    secondary_errors: int = 0  # how many of these calls ended with 5xx, a time-out or no connection
    secondary_rejections: int = 0  # how many of these calls ended with 429
    client_id: str | None = None  # None if it is unknown
    arrangement_id: UUID | None = None


class DisclosureDay(msgspec.Struct, frozen=True, kw_only=True):
    """Records that data was disclosed under an arrangement on a day: a row of the disclosure ledger (CDR Rules 7.9)."""

    arrangement_id: UUID
    account_id: UUID | None
    """None if the data is about the customer and not about an account."""
    cluster: str
    """The scope that the data belongs to."""
    day: date
    """In the tenant's time zone."""
    calls: int
    last_at: datetime
    corrected_at: datetime | None = None
    """When corrected data was given to the recipient."""
